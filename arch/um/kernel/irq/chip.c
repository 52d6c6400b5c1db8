// SPDX-License-Identifier: GPL-2.0
/*
 * Interrupts. A host signal leaves bits in the vCPU's pending word; they are
 * delivered here: from the signal handler, when interrupts are enabled again,
 * or in the name of a guest that was stopped for it.
 * Numbers: the timer's is fixed, drivers get theirs from um_irq_alloc().
 */
#include <linux/entry-common.h>
#include <linux/hardirq.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/jiffies.h>
#include <linux/smp.h>
#include <asm/irq_regs.h>
#include <host/event.h>
#include <host/upcall.h>
#include <um/guest_loop.h>
#include <um/irq.h>
#include <um/smp.h>

enum {
	SETTLE_JIFFIES = HZ / 10,
};

#ifdef CONFIG_SMP
static void handle_other_vcpus(u32 bits)
{
	if (bits & VCPU_IRQ_RESCHEDULE)
		scheduler_ipi();
	if (bits & VCPU_IRQ_CALL)
		generic_smp_call_function_interrupt();
	if (bits & VCPU_IRQ_STOP) {
		set_cpu_online(smp_processor_id(), false);
		os_vcpu_park();
	}
}
#else
static inline void handle_other_vcpus(u32 bits) { }
#endif

/* On a vCPU which is never idle: see idle.c. */
static void settle_guests(void)
{
	static unsigned long last;

	if (um_ncpus > 1 || time_before(jiffies, last + SETTLE_JIFFIES))
		return;
	last = jiffies;
	um_backend->settle(UM_SETTLE_OLD);
}

static void handle_pending(struct pt_regs *regs)
{
	struct um_vcpu *v = vcpu_self();
	struct pt_regs *old;
	u32 bits;

	irq_enter_rcu();
	old = set_irq_regs(regs);
	while ((bits = xchg(&v->pending, 0))) {
		if (bits & VCPU_IRQ_TIMER) {
			generic_handle_irq(UM_IRQ_TIMER);
			settle_guests();
		}
		if (bits & VCPU_IRQ_EVENT)
			os_event_dispatch();
		handle_other_vcpus(bits);
	}
	set_irq_regs(old);
	irq_exit_rcu();
}

void um_irq_handle(struct pt_regs *regs)
{
	handle_pending(regs);
}

/* The kernel itself was interrupted; may come back on another vCPU. */
static noinstr void interrupt_kernel(struct pt_regs *regs)
{
	irqentry_state_t state;

	do {
		arch_local_irq_disable();
		state = irqentry_enter(regs);
		instrumentation_begin();
		handle_pending(regs);
		instrumentation_end();
		irqentry_exit(regs, state);
		vcpu_write32(irqs_off, 0);
	} while (vcpu_read(pending));
}

noinstr void upcall_interrupt(__u64 ip, __u64 sp, __u64 bp)
{
	struct pt_regs regs = { .ip = ip, .sp = sp, .bp = bp };

	interrupt_kernel(&regs);
}

noinstr void um_irq_deliver_pending(void)
{
	struct pt_regs regs = {
		.ip = _RET_IP_,
		.bp = (unsigned long)__builtin_frame_address(0),
		.sp = (unsigned long)__builtin_frame_address(0),
	};

	interrupt_kernel(&regs);
}
EXPORT_SYMBOL(um_irq_deliver_pending);

void upcall_event_ready(__u32 cookie)
{
	generic_handle_irq(cookie);
}

int um_irq_alloc(const char *name)
{
	int irq = irq_alloc_desc_from(UM_IRQ_FIRST_DYNAMIC, NUMA_NO_NODE);

	if (irq < 0 || irq >= OS_EVENT_MAX) {
		pr_err("no interrupt number left for %s\n", name);
		if (irq >= 0)
			irq_free_desc(irq);
		return -ENOSPC;
	}
	irq_set_chip_and_handler_name(irq, &dummy_irq_chip, handle_simple_irq,
				      "event");
	return irq;
}
EXPORT_SYMBOL_GPL(um_irq_alloc);

void um_irq_free(int irq)
{
	irq_free_desc(irq);
}
EXPORT_SYMBOL_GPL(um_irq_free);

void __init init_IRQ(void)
{
	irq_alloc_desc_at(UM_IRQ_TIMER, NUMA_NO_NODE);
	irq_set_chip_and_handler_name(UM_IRQ_TIMER, &dummy_irq_chip,
				      handle_percpu_irq, "timer");
}
