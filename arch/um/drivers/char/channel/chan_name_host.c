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

/*
 * @used: taken
 * @ready: to be removed at the end
 * @fd: what had the name when it was given; its inode is not another's so long
 * @path: the name
 */
static struct name {
	bool used;
	bool ready;
	int fd;
	char path[CHAN_TEXT_MAX];
} names[NAMES_MAX];

/* Somebody may have removed it meanwhile and given the name to another thing. */
static bool still_there(const struct name *n)
{
	struct stat a, b;

	return !sys_fstatat(AT_FDCWD, n->path, &a, AT_SYMLINK_NOFOLLOW) &&
	       !sys_fstat(n->fd, &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static void remove_one(struct name *n)
{
	if (__atomic_exchange_n(&n->ready, false, __ATOMIC_ACQ_REL) &&
	    still_there(n))
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
	int fd;

	if (!registered)
		os_at_exit(remove_all);
	registered = true;
	for (n = names; n < names + NAMES_MAX; n++) {
		if (n->used)
			continue;
		fd = sys_open(path, O_PATH | O_NOFOLLOW, 0);
		if (fd < 0)
			goto err_unlink;
		n->used = true;
		n->fd = fd;
		strncpy(n->path, path, sizeof(n->path) - 1);
		__atomic_store_n(&n->ready, true, __ATOMIC_RELEASE);
		return n - names;
	}
	fd = -ENOSPC;
err_unlink:
	sys_unlink(path);
	return fd;
}

void chan_name_host_remove(int ticket)
{
	if (ticket < 0)
		return;
	remove_one(&names[ticket]);
	sys_close(names[ticket].fd);
	names[ticket].used = false;
}
