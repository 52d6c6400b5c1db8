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

/* One instruction: between two, the task could move to another vCPU. */
static inline __u32 vcpu_irqs_set(__u32 off)
{
	__asm__ volatile("xchgl %0, %%gs:%c1"
			 : "+r" (off)
			 : "i" (offsetof(struct um_vcpu, irqs_off)) : "memory");
	return off;
}

static inline __u32 vcpu_irqs_get(void)
{
	__u32 off;

	__asm__ volatile("movl %%gs:%c1, %0"
			 : "=r" (off)
			 : "i" (offsetof(struct um_vcpu, irqs_off)) : "memory");
	return off;
}

/* Keep interrupt handlers away; returns what to restore. */
static inline __u32 vcpu_irqs_hold(void)
{
	return vcpu_irqs_set(1);
}

/*
 * What became pending meanwhile is delivered at the latest when the kernel
 * next enables interrupts or takes one.
 */
static inline void vcpu_irqs_release(__u32 old)
{
	struct um_vcpu *v = this_vcpu();

	vcpu_irqs_set(old);
	/* Of the vCPU that held them, wherever we are now. */
	if (!old && v->pending)
		os_vcpu_kick(v, 0);
}

#endif
