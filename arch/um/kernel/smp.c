// SPDX-License-Identifier: GPL-2.0
/*
 * Several vCPUs (ncpus=): each is a host thread which runs the kernel. They
 * are brought up, interrupt each other by directed host signals, and can be
 * taken away and brought back (CPU hot-plug).
 */
#include <linux/cpu.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/sched/hotplug.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/smp.h>
#include <linux/stop_machine.h>
#include <asm/switch_to.h>
#include <host/upcall.h>
#include <host/vcpu.h>
#include <um/boot.h>
#include <um/option.h>
#include <um/smp.h>

enum {
	/* A wait this long is for a vCPU which the host does not run. */
	SPINS_BEFORE_NAP = 2048,
	/* Not longer than 0.2 ms: others may wait behind whoever naps. */
	NAP_TURN_MAX = 3,
	/* All wait for all: half a millisecond. */
	STOP_NAP_TURN = 5,
	BRING_UP_MS = 10000,
};

static int __init parse_ncpus(const char *value)
{
	const unsigned int max = CONFIG_NR_CPUS;
	unsigned int n;

	if (kstrtouint(value, 10, &n) || !n || n > max)
		return um_option_error("ncpus=%s: expected a number from 1 to %u",
				       value, max);
	um_ncpus = n;
	return 0;
}

UM_OPTION(ncpus, "ncpus=", 0, parse_ncpus,
"ncpus=<number>\n"
"    How many processors the guest has, 1 if not given. More than one needs\n"
"    the seccomp backend; more than the host has is no gain.\n");

void um_spin_relax(unsigned int *spins)
{
	cpu_relax();
	if (++*spins >= SPINS_BEFORE_NAP)
		os_vcpu_nap(min(*spins - SPINS_BEFORE_NAP, NAP_TURN_MAX));
}
EXPORT_SYMBOL(um_spin_relax);

/* All vCPUs wait for each other, and not all of them may have a core. */
notrace void stop_machine_yield(const struct cpumask *cpumask)
{
	static DEFINE_PER_CPU(unsigned int, spins);

	cpu_relax();
	if (__this_cpu_inc_return(spins) % SPINS_BEFORE_NAP == 0)
		os_vcpu_nap(STOP_NAP_TURN);
}

/* --- bringing up ----------------------------------------------------------- */

void __init smp_prepare_boot_cpu(void)
{
	vcpu_write64(percpu_offset, per_cpu_offset(0));
}

void __init smp_prepare_cpus(unsigned int max_cpus)
{
	unsigned int cpu;

	for (cpu = 1; cpu < um_ncpus; cpu++)
		set_cpu_present(cpu, true);
}

void __init smp_cpus_done(unsigned int max_cpus)
{
}

/* Boot: which vCPUs there can ever be. */
void __init um_smp_setup(void)
{
	unsigned int cpu;

	for (cpu = 0; cpu < um_ncpus; cpu++)
		set_cpu_possible(cpu, true);
}

int __cpu_up(unsigned int cpu, struct task_struct *idle)
{
	struct um_vcpu *v = &os_vcpus[cpu];
	unsigned long end = jiffies + msecs_to_jiffies(BRING_UP_MS);
	int err;

	v->current_task = idle;
	v->percpu_offset = per_cpu_offset(cpu);
	v->cpu = cpu;
	v->irqs_off = 1;
	v->pending = 0;
	err = os_vcpu_start(v, task_stack_page(idle) + THREAD_SIZE - 16);
	if (err)
		return err;
	while (!cpu_online(cpu)) {
		if (time_after(jiffies, end))
			return -EIO;
		schedule_timeout_uninterruptible(1);
	}
	return 0;
}

void upcall_vcpu_start(void)
{
	unsigned int cpu = raw_smp_processor_id();

	mmgrab(&init_mm);
	current->active_mm = &init_mm;
	notify_cpu_starting(cpu);
	um_clock_start();
	set_cpu_online(cpu, true);
	local_irq_enable();
	cpu_startup_entry(CPUHP_AP_ONLINE_IDLE);
	/* The idle loop does not end. */
	BUG();
}

/* --- taking away ------------------------------------------------------------ */

#ifdef CONFIG_HOTPLUG_CPU
/* Host descriptors interrupt the first one. */
bool arch_cpu_is_hotpluggable(int cpu)
{
	return cpu > 0;
}

int __cpu_disable(void)
{
	set_cpu_online(smp_processor_id(), false);
	return 0;
}

void __noreturn arch_cpu_idle_dead(void)
{
	idle_task_exit();
	cpuhp_ap_report_dead();
	os_vcpu_park();
}
#endif

/* --- interrupts between vCPUs ------------------------------------------------ */

void arch_smp_send_reschedule(int cpu)
{
	os_vcpu_kick(&os_vcpus[cpu], VCPU_IRQ_RESCHEDULE);
}

void arch_send_call_function_single_ipi(int cpu)
{
	os_vcpu_kick(&os_vcpus[cpu], VCPU_IRQ_CALL);
}

void arch_send_call_function_ipi_mask(const struct cpumask *mask)
{
	int cpu;

	for_each_cpu(cpu, mask)
		os_vcpu_kick(&os_vcpus[cpu], VCPU_IRQ_CALL);
}

void smp_send_stop(void)
{
	int cpu;

	for_each_online_cpu(cpu)
		if (cpu != raw_smp_processor_id())
			os_vcpu_kick(&os_vcpus[cpu], VCPU_IRQ_STOP);
}
