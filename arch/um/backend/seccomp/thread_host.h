/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest thread that does not do what it should: does it do something else, or
 * has the host not let it run?
 */
#ifndef UM_SECCOMP_THREAD_HOST_H
#define UM_SECCOMP_THREAD_HOST_H

#include <host/types.h>

/**
 * struct thread_watch - a thread that is late, seen several times
 * @may_run: how long it may run from the first look on, hundredths of a second
 * @looks: how often it was looked at
 * @sleeps: how often it was asleep then
 * @ticks: how long it had run at the first look
 *
 * The caller sets the first one, the others to 0.
 */
struct thread_watch {
	__u64 may_run;
	unsigned int looks;
	unsigned int sleeps;
	__u64 ticks;
};

/**
 * thread_strays() - look at a thread once more
 * @pid: its process
 * @tid: the thread
 * @watch: what was seen before, and now
 *
 * A thread which the host does not run, or which somebody has stopped, is only
 * late. One that runs on, or is found asleep more than twice, is where it
 * should not be.
 * Context: any thread. Return: true if it is, and if that cannot be told,
 * because there is no /proc or no such thread.
 */
bool thread_strays(int pid, int tid, struct thread_watch *watch);

#endif
