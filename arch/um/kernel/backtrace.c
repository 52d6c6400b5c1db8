// SPDX-License-Identifier: GPL-2.0
/*
 * What the CPUs do, said by themselves: when one hangs, for a stall of RCU, for
 * sysrq l. Others get a host signal, which nothing in the kernel keeps away; so
 * it is what other machines have a non-maskable interrupt for.
 */
#include <linux/cpu.h>
#include <linux/hardirq.h>
#include <linux/nmi.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <asm/stacktrace.h>
#include <host/upcall.h>
#include <host/vcpu.h>

static void ask(cpumask_t *mask)
{
	int cpu;

	for_each_cpu(cpu, mask)
		os_vcpu_backtrace(&os_vcpus[cpu]);
}

void arch_trigger_cpumask_backtrace(const cpumask_t *mask, int exclude_cpu)
{
	nmi_trigger_cpumask_backtrace(mask, exclude_cpu, ask);
}

static bool find_idle(void *cookie, unsigned long addr)
{
	struct pt_regs *regs = cookie;

	if (!cpu_in_idle(addr))
		return true;
	regs->ip = addr;
	return false;
}

void upcall_backtrace(const struct guest_regs *guest)
{
	bool idle = is_idle_task(current) && !in_interrupt();
	struct pt_regs regs;

	memcpy(&regs, guest, sizeof(regs));
	regs.cs = 0;
	nmi_enter();
	/* A CPU that idles is in the host: say so, in place of the trace. */
	if (idle)
		um_walk_stack(current, &regs, find_idle, &regs);
	nmi_cpu_backtrace(&regs);
	nmi_exit();
}
