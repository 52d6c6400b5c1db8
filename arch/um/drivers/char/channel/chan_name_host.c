// SPDX-License-Identifier: GPL-2.0
/*
 * The table of names in the file system that are ours. Signal safety: an entry
 * is complete before it says so; taking that back decides who removes.
 */
#include <stdbool.h>
#include <string.h>
#include <os-Linux/exit.h>
#include <os-Linux/sys.h>
#include "chan_host.h"
#include "chan_name_host.h"

enum {
	/* One for each line there can be. */
	NAMES_MAX = 80,
};

static struct name {
	bool used;
	bool ready;
	char path[CHAN_TEXT_MAX];
} names[NAMES_MAX];

static void remove_one(struct name *n)
{
	if (__atomic_exchange_n(&n->ready, false, __ATOMIC_ACQ_REL))
		sys_unlink(n->path);
}

static void remove_all(void)
{
	struct name *n;

	for (n = names; n < names + NAMES_MAX; n++)
		remove_one(n);
}

int chan_name_host_keep(const char *path)
{
	static bool registered;
	struct name *n;

	if (!registered)
		os_at_exit(remove_all);
	registered = true;
	for (n = names; n < names + NAMES_MAX; n++) {
		if (n->used)
			continue;
		n->used = true;
		strncpy(n->path, path, sizeof(n->path) - 1);
		__atomic_store_n(&n->ready, true, __ATOMIC_RELEASE);
		return n - names;
	}
	sys_unlink(path);
	return -ENOSPC;
}

void chan_name_host_remove(int ticket)
{
	if (ticket < 0)
		return;
	remove_one(&names[ticket]);
	names[ticket].used = false;
}
