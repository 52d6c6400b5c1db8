// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of vCPUs other than the first (CONFIG_SMP): made when a vCPU is
 * first started, parked when the kernel takes it away, and woken again.
 */
#include <host/proc.h>
#include <host/thread.h>
#include <host/upcall.h>
#include <host/vcpu.h>
#include "sys.h"
#include "this_vcpu.h"
#include "vcpu_internal.h"

/* A stopped vCPU's thread sleeps on this word; its stack when it goes on. */
static void *start_stack[UM_VCPUS_MAX];
static __u32 started[UM_VCPUS_MAX];

static void __attribute__((noreturn)) enter_kernel(void *stack)
{
	__asm__ volatile("movq %0, %%rsp\n\t"
			 "xorl %%ebp, %%ebp\n\t"
			 "call upcall_vcpu_start"
			 : : "r" (stack) : "memory");
	__builtin_unreachable();
}

static void __attribute__((noreturn)) wait_for_start(struct um_vcpu *v)
{
	while (!__atomic_exchange_n(&started[v->cpu], 0, __ATOMIC_ACQUIRE))
		os_futex_wait(&started[v->cpu], 0);
	enter_kernel(start_stack[v->cpu]);
}

static void vcpu_thread(void *arg)
{
	struct um_vcpu *v = arg;

	if (vcpu_become(v))
		os_die("cannot set up vCPU %u", v->cpu);
	wait_for_start(v);
}

int os_vcpu_start(struct um_vcpu *v, void *stack)
{
	struct os_thread *thread;
	int err = 0;

	start_stack[v->cpu] = stack;
	__atomic_store_n(&started[v->cpu], 1, __ATOMIC_RELEASE);
	if (v->tid)
		os_futex_wake(&started[v->cpu], 1);
	else
		err = os_thread_start("uml-vcpu", vcpu_thread, v, &thread);
	return err;
}

void os_vcpu_park(void)
{
	wait_for_start(this_vcpu());
}
