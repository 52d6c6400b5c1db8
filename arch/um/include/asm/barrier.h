/* SPDX-License-Identifier: GPL-2.0 */
/*
 * x86's barriers. Who waits for another vCPU lets the host run something else
 * now and then: there may be more vCPUs than host cores.
 */
#ifndef __ASM_UM_BARRIER_H
#define __ASM_UM_BARRIER_H

#ifdef CONFIG_SMP
/* @spins counts the rounds of one wait. */
void um_spin_relax(unsigned int *spins);

#define smp_cond_load_relaxed(ptr, cond_expr) ({			\
	typeof(ptr) __PTR = (ptr);					\
	__unqual_scalar_typeof(*ptr) VAL;				\
	unsigned int __spins = 0;					\
									\
	for (;;) {							\
		VAL = READ_ONCE(*__PTR);				\
		if (cond_expr)						\
			break;						\
		um_spin_relax(&__spins);				\
	}								\
	(typeof(*ptr))VAL;						\
})
#endif

#include_next <asm/barrier.h>

#undef smp_mb__after_switch_mm
/* On x86 it comes with the load of CR3; our switch_mm() does nothing. */
#define smp_mb__after_switch_mm()	smp_mb()

#endif
