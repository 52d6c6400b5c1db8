// SPDX-License-Identifier: GPL-2.0
/*
 * A thread that is late: one that runs on or sleeps elsewhere strays, whatever it does with signals;
 * one that is stopped does not; of one that cannot be looked at the worst is thought.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <thread_host.h>
#include "chan_tap.h"

enum { LOOKS = 200, LOOK_US = 10000, MAY_RUN = 20 };

static bool no_descriptors;

bool sys_fault_hook(long nr, long *ret);

bool sys_fault_hook(long nr, long *ret)
{
	if (!no_descriptors || (nr != SYS_open && nr != SYS_openat))
		return false;
	*ret = -EMFILE;
	return true;
}

static void spin(void)
{
	for (;;)
		;
}

static void sleep_on(void)
{
	for (;;)
		pause();
}

static void block_and_spin(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	spin();
}

static pid_t start(void (*what)(void))
{
	pid_t pid = fork();

	if (!pid)
		what();
	usleep(50000);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Return: after how many looks it strays, 0 if it does not. */
static int looks_until_stray(pid_t pid)
{
	struct thread_watch watch = { .may_run = MAY_RUN };

	for (int i = 1; i <= LOOKS; i++) {
		if (thread_strays(pid, pid, &watch))
			return i;
		usleep(LOOK_US);
	}
	return 0;
}

int main(void)
{
	pid_t pid = start(spin);
	int looks = looks_until_stray(pid);

	ok(looks > 1, "one that runs on strays, but not at once (%d looks)", looks);
	kill(pid, SIGSTOP);
	ok(!looks_until_stray(pid), "one that was stopped does not");
	no_descriptors = true;
	ok(looks_until_stray(pid) == 1, "without descriptors nobody is trusted");
	no_descriptors = false;
	end(pid);
	ok(looks_until_stray(pid) == 1, "nor is one that is gone");

	pid = start(block_and_spin);
	ok(looks_until_stray(pid) > 1, "one that blocks them strays");
	end(pid);

	pid = start(sleep_on);
	looks = looks_until_stray(pid);
	ok(looks > 1 && looks < 10, "one that sleeps elsewhere strays, seen more than once");
	end(pid);
	return tap_done();
}
