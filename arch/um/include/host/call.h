/* SPDX-License-Identifier: GPL-2.0 */
/* Calls of host code which the host may hold up, without holding up a vCPU. */
#ifndef UM_HOST_CALL_H
#define UM_HOST_CALL_H

#include <host/types.h>

struct os_thread;

/**
 * struct os_call - one such call
 * @fn: host code that needs no vCPU: no heap, no kernel code
 * @arg: its argument
 * @cookie: an interrupt number, raised when @fn has returned
 * @done: nonzero then
 * @thread: of os_call_start()
 */
struct os_call {
	void (*fn)(void *arg);
	void *arg;
	__u32 cookie;
	__u32 done;
	struct os_thread *thread;
};

/**
 * os_call_start() - have a thread of its own call a function
 * @call: @fn, @arg and @cookie are set, the rest is zero. Owns: nothing; it has
 *	to stay until os_call_end()
 *
 * Context: process. Return: 0 or -errno.
 */
int os_call_start(struct os_call *call);

/**
 * os_call_end() - tidy up after a call that is done
 * @call: its @done was seen
 *
 * Context: process; what it waits for is at hand.
 */
void os_call_end(struct os_call *call);

#endif
