/* SPDX-License-Identifier: GPL-2.0 */
/* For host code: the vCPU of the calling thread, and keeping it undisturbed. */
#ifndef UM_OS_LINUX_THIS_VCPU_H
#define UM_OS_LINUX_THIS_VCPU_H

#include <host/vcpu.h>

/*
 * NULL in helper threads, whose GS base is zero: they may not ask. All who
 * call this are reached only from a vCPU or hold a flag that says so.
 */
static inline struct um_vcpu *this_vcpu(void)
{
	struct um_vcpu *v;

	__asm__ volatile("movq %%gs:0, %0" : "=r" (v));
	return v;
}

/* Keep interrupt handlers away; returns what to restore. */
static inline __u32 vcpu_irqs_hold(void)
{
	struct um_vcpu *v = this_vcpu();
	__u32 old = v->irqs_off;

	__atomic_store_n(&v->irqs_off, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return old;
}

/*
 * What became pending meanwhile is delivered at the latest when the kernel
 * next enables interrupts or takes one.
 */
static inline void vcpu_irqs_release(__u32 old)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&this_vcpu()->irqs_off, old, __ATOMIC_RELAXED);
	if (!old && this_vcpu()->pending)
		os_vcpu_kick(this_vcpu(), 0);
}

#endif
