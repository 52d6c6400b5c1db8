// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R8: while the kernel copies a name, another thread replaces the NUL at its end. If the
 * kernel looks for the end first and copies then, its copy has no end and goes on with what lay in
 * that buffer before: names that other programs used.
 * Harm: a symbolic link has more in it than was written.
 */
#include <limits.h>

#include "attack.h"

enum { NAME = 6, ROUND_MS = 3000 };

static volatile char *name;

static void *flip(void *arg)
{
	(void)arg;
	use_slot(1);
	for (;;) {
		name[NAME] = 0;
		name[NAME] = 'X';
	}
	return NULL;
}

/* Somebody else, whose names are nobody's business. */
static void use_names(void)
{
	char private[80];

	use_slot(0);
	for (unsigned int i = 0;; i++) {
		snprintf(private, sizeof(private), "/nowhere/very-private-%u-password=hunter2", i % 9);
		close(open(private, O_RDONLY));
	}
}

int main(void)
{
	u64 end = now_ns() + ROUND_MS * NSEC_PER_MSEC;
	unsigned int leaks = 0, tries = 0;
	char text[PATH_MAX];
	pthread_t thread;
	pid_t pid;

	attack_begin();
	need_two_cpus();
	name = map_shared(PAGE);
	memset((void *)name, 'A', NAME);
	pid = fork_child();
	if (pid == 0)
		use_names();
	use_slot(0);
	need(!pthread_create(&thread, NULL, flip, NULL));
	for (; now_ns() < end; tries++) {
		ssize_t n;

		unlink("/tmp/name");
		if (symlink((const char *)name, "/tmp/name"))
			continue;
		n = readlink("/tmp/name", text, sizeof(text) - 1);
		if (n <= NAME + 1)
			continue;
		text[n] = 0;
		if (!leaks++)
			tap_note("read: %s", text);
	}
	outcome(pid, 0);
	tap_note("%u tries", tries);
	ok_eq(leaks, 0, "no name goes on behind its end");
	return tap_done();
}
