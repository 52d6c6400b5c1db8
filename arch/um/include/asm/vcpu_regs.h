/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Access to the words of this vCPU (struct um_vcpu) as single instructions
 * through the GS segment, so that neither an interrupt nor a move of the task
 * to another vCPU can come between finding the structure and using it.
 */
#ifndef __ASM_UM_VCPU_REGS_H
#define __ASM_UM_VCPU_REGS_H

#include <host/vcpu.h>

#define vcpu_read(field) ({						\
	typeof(((struct um_vcpu *)0)->field) __v;			\
									\
	asm volatile("mov %%gs:%c1, %0" : "=r" (__v)			\
		     : "i" (offsetof(struct um_vcpu, field)) : "memory"); \
	__v;								\
})

/* For words which do not change under the feet of a task. */
#define vcpu_read_stable(field) ({					\
	typeof(((struct um_vcpu *)0)->field) __v;			\
									\
	asm("mov %%gs:%c1, %0" : "=r" (__v)				\
	    : "i" (offsetof(struct um_vcpu, field)));			\
	__v;								\
})

/* For 32-bit words. */
#define vcpu_write32(field, val)					\
	asm volatile("movl %1, %%gs:%c0" :				\
		     : "i" (offsetof(struct um_vcpu, field)),		\
		       "ri" ((__u32)(val)) : "memory")

#define vcpu_write64(field, val)					\
	asm volatile("movq %1, %%gs:%c0" :				\
		     : "i" (offsetof(struct um_vcpu, field)),		\
		       "r" ((__u64)(val)) : "memory")

static __always_inline struct um_vcpu *vcpu_self(void)
{
	return vcpu_read(self);
}

#endif
