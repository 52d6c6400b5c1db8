// SPDX-License-Identifier: GPL-2.0
/* The idle vCPU. */
#include <linux/cpu.h>
#include <linux/sched/idle.h>
#include <linux/thread_info.h>
#include <host/vcpu.h>

/*
 * Look for work a while. The tick still runs.
 *
 * Others could give us work without an interrupt, as the idle loop says that
 * this CPU polls. They are to interrupt us nevertheless: with that left out,
 * stress-ng on a kernel with lockdep twice ended with a vCPU that got no more
 * ticks, for a reason not yet found.
 */
void arch_cpu_idle_enter(void)
{
	__current_clr_polling();
	os_vcpu_poll(&current_thread_info()->flags, _TIF_NEED_RESCHED);
}

/* Sleep on the host until something is pending. */
void arch_cpu_idle(void)
{
	os_vcpu_idle();
}
