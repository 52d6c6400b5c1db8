// SPDX-License-Identifier: GPL-2.0
/*
 * Calls which the host may hold up: a thread makes each, and raises an interrupt
 * when it is done. The kernel's end is kernel/host_call.c.
 */
#include <host/call.h>
#include <host/event.h>
#include <host/thread.h>

static void make_call(void *arg)
{
	struct os_call *call = arg;

	call->fn(call->arg);
	__atomic_store_n(&call->done, 1, __ATOMIC_SEQ_CST);
	os_event_raise(call->cookie);
}

int os_call_start(struct os_call *call)
{
	return os_thread_start("uml-call", make_call, call, &call->thread);
}

void os_call_end(struct os_call *call)
{
	os_thread_join(call->thread);
}
