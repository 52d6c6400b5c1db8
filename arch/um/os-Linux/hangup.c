// SPDX-License-Identifier: GPL-2.0
/*
 * Standard input and output that lead to another program, which ends: that is
 * to us what a closed terminal is, and no signal tells of it. A thread waits
 * until nobody reads our output any more and no input can come, and then sends
 * SIGHUP (stop_signal.c).
 * Not here: channels, which go on without readers (drivers/char/channel).
 */
#include <string.h>

#include <host/proc.h>
#include <host/thread.h>
#include "sys.h"

enum {
	NAME_MAX_LEN = 64,
};

static bool begins(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* A pipe or socket without a name: who lets it go will not come back. */
static bool leads_to_program(const char *link)
{
	char name[NAME_MAX_LEN] = "";

	sys_readlink(link, name, sizeof(name) - 1);
	return begins(name, "pipe:") || begins(name, "socket:");
}

static bool gives_nothing(const char *link)
{
	char name[NAME_MAX_LEN] = "";

	sys_readlink(link, name, sizeof(name) - 1);
	return !strcmp(name, "/dev/null");
}

/* Wait for each that is not there any more; @fds: -1 for one without input. */
static void wait_for_all(struct pollfd *fds, int nr)
{
	int i, left = nr;

	while (left) {
		if (sys_retry(SYS_poll, fds, nr, -1) < 0)
			return;
		for (left = 0, i = 0; i < nr; i++) {
			if (fds[i].revents & (POLLHUP | POLLERR))
				fds[i].fd = -1;
			left += fds[i].fd >= 0;
		}
	}
}

static void watch(void *arg)
{
	/* Hangups and errors are told of unasked. */
	struct pollfd fds[] = {
		{ .fd = gives_nothing("/proc/self/fd/0") ? -1 : STDIN_FILENO },
		{ .fd = STDOUT_FILENO },
	};

	wait_for_all(fds, sizeof(fds) / sizeof(fds[0]));
	sys_kill(sys_getpid(), SIGHUP);
}

int os_hangup_init(void)
{
	struct os_thread *thread;

	if (!leads_to_program("/proc/self/fd/1") ||
	    !(leads_to_program("/proc/self/fd/0") ||
	      gives_nothing("/proc/self/fd/0")))
		return 0;
	return os_thread_start("uml-hangup", watch, NULL, &thread);
}
