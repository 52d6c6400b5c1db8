/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_IRQ_H
#define __ASM_UM_IRQ_H

/* Interrupt numbers: the timer, then whatever um_irq_alloc() hands out. */
enum {
	UM_IRQ_TIMER = 0,
	UM_IRQ_FIRST_DYNAMIC = 1,
};

#define NR_IRQS 256

#include <asm-generic/irq.h>

struct cpumask;

/* linux/nmi.h: have CPUs say what they do, even with interrupts disabled. */
void arch_trigger_cpumask_backtrace(const struct cpumask *mask,
				    int exclude_cpu);
#define arch_trigger_cpumask_backtrace arch_trigger_cpumask_backtrace

#endif
