/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Host processes of guests which may end at any time, because somebody on the
 * host kills them: whoever waits for one must be told. Each vCPU waits for one
 * at a time.
 */
#ifndef UM_CHILD_HOST_H
#define UM_CHILD_HOST_H

#include <host/types.h>

/**
 * struct host_child - a process
 * @pid: its host pid, 0 if there is none
 * @lost: it has ended, and nothing it was asked for will happen
 * @seen: how many deaths there had been when it was last found alive
 * @on_death: called once it is lost, for the vCPU which waits for it;
 *	async-signal-safe, on any thread
 * @owner: for @on_death
 */
struct host_child {
	int pid;
	bool lost;
	__u32 seen;
	void (*on_death)(struct host_child *c, unsigned int cpu);
	void *owner;
};

/* Boot: hear of the ends of children. Return: 0 or -errno. */
int child_init(void);

/**
 * child_begin() - there is a new process
 * @c: describes it from now on
 * @pid: its pid
 */
void child_begin(struct host_child *c, int pid);

/**
 * child_watch() - this vCPU is going to wait for something a process does
 * @c: the process, or NULL for none any more
 *
 * If it has ended already, @on_death was called when this returns; otherwise it
 * is called as soon as it ends.
 * Context: vCPU, interrupts disabled. Return: what was watched before.
 */
struct host_child *child_watch(struct host_child *c);

/**
 * child_gone() - has a process ended?
 * @c: it
 *
 * Context: any. It is not reaped.
 */
bool child_gone(const struct host_child *c);

/**
 * child_kill() - end a process
 * @c: it; none is fine
 *
 * Does not wait. Context: any.
 */
void child_kill(const struct host_child *c);

/**
 * child_reap() - wait for the end of a process which was killed
 * @c: it; none is fine; there is none afterwards
 *
 * Context: vCPU.
 */
void child_reap(struct host_child *c);

/**
 * child_try_reap() - see whether a process which was killed has ended
 * @c: it; none is fine
 *
 * Context: vCPU. Return: whether there is none any more.
 */
bool child_try_reap(struct host_child *c);

#endif
