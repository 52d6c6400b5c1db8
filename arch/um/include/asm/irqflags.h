/* SPDX-License-Identifier: GPL-2.0 */
/*
 * "Interrupts disabled" is a word of the vCPU: no host call. Host signals go
 * on arriving; while the word is set their handler only leaves a pending bit,
 * which enabling looks at.
 */
#ifndef __ASM_UM_IRQFLAGS_H
#define __ASM_UM_IRQFLAGS_H

#include <asm/vcpu_regs.h>

/* The flags word: nonzero means disabled. */
static __always_inline unsigned long arch_local_save_flags(void)
{
	return vcpu_read(irqs_off);
}

static __always_inline void arch_local_irq_disable(void)
{
	vcpu_write32(irqs_off, 1);
}

/* Delivers what came while interrupts were disabled; enabled on return. */
void um_irq_deliver_pending(void);

static __always_inline void arch_local_irq_enable(void)
{
	vcpu_write32(irqs_off, 0);
	if (__builtin_expect(vcpu_read(pending) != 0, 0))
		um_irq_deliver_pending();
}

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = arch_local_save_flags();

	arch_local_irq_disable();
	return flags;
}

static __always_inline bool arch_irqs_disabled_flags(unsigned long flags)
{
	return flags != 0;
}

static __always_inline bool arch_irqs_disabled(void)
{
	return arch_irqs_disabled_flags(arch_local_save_flags());
}

static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (!arch_irqs_disabled_flags(flags))
		arch_local_irq_enable();
	else
		arch_local_irq_disable();
}

#endif
