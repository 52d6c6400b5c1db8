/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the host says about a stub thread that does not do what it should: does
 * it do something else, or has it not been let?
 */
#ifndef UM_SECCOMP_THREAD_HOST_H
#define UM_SECCOMP_THREAD_HOST_H

#include <host/types.h>

/**
 * struct thread_look - a thread at one time
 * @state: as in /proc: R (would run), S (sleeps), T (was stopped) and so on
 * @ticks: how long it has run, in hundredths of a second
 * @blocked: mask of blocked signals, 1 to 31
 */
struct thread_look {
	char state;
	__u64 ticks;
	__u64 blocked;
};

/**
 * thread_look() - look at a thread
 * @pid: its process
 * @tid: the thread
 * @look: what was seen
 *
 * Context: async-signal-safe. Return: false if there is no such thread.
 */
bool thread_look(int pid, int tid, struct thread_look *look);

/**
 * thread_strays() - does it do something that is not the stub's business?
 * @then: an earlier look
 * @now: a later one, milliseconds at least
 *
 * The stub's way to its stop takes microseconds and does not sleep. A thread
 * which the host does not run, or which somebody has stopped, is only late.
 */
bool thread_strays(const struct thread_look *then, const struct thread_look *now);

#endif
