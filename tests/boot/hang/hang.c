// SPDX-License-Identifier: GPL-2.0
/*
 * A module whose initialisation never ends, to see what a watchdog makes of a
 * kernel that hangs. how=irq: with interrupts disabled, on one CPU. how=lock:
 * waiting for a lock it holds itself. how=all: interrupts disabled on all CPUs.
 * how=interrupt: so is the second CPU, but the initialisation ends.
 */
#include <linux/module.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>

static char *how = "irq";
module_param(how, charp, 0);
MODULE_PARM_DESC(how, "irq, lock, all or interrupt");

static noinline void hang_with_interrupts_off(void *unused)
{
	local_irq_disable();
	for (;;)
		cpu_relax();
}

static noinline void hang_on_a_lock(void)
{
	static DEFINE_RAW_SPINLOCK(lock);

	raw_spin_lock(&lock);
	raw_spin_lock(&lock);
}

static int __init hang_init(void)
{
	if (!strcmp(how, "irq"))
		hang_with_interrupts_off(NULL);
	else if (!strcmp(how, "lock"))
		hang_on_a_lock();
	else if (!strcmp(how, "all"))
		on_each_cpu(hang_with_interrupts_off, NULL, 0);
	else if (!strcmp(how, "interrupt"))
		return smp_call_function_single(1, hang_with_interrupts_off,
						NULL, 0);
	return -EINVAL;
}
module_init(hang_init);

MODULE_DESCRIPTION("Hang the kernel");
MODULE_LICENSE("GPL");
