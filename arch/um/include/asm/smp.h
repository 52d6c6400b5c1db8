/* SPDX-License-Identifier: GPL-2.0 */
/* Which vCPU this is, and interrupts between vCPUs. */
#ifndef __ASM_UM_SMP_H
#define __ASM_UM_SMP_H

#include <asm/vcpu_regs.h>

#define raw_smp_processor_id()	((int)vcpu_read(cpu))

#ifdef CONFIG_SMP
struct cpumask;

void arch_send_call_function_single_ipi(int cpu);
void arch_send_call_function_ipi_mask(const struct cpumask *mask);
int __cpu_disable(void);

/* Generic code waits for the vCPU to say that it is dead. */
static inline void __cpu_die(unsigned int cpu) { }
#endif

#endif
