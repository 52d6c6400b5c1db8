// SPDX-License-Identifier: GPL-2.0
/* The idle vCPU. */
#include <linux/cpu.h>
#include <linux/thread_info.h>
#include <host/vcpu.h>

#ifndef TIF_POLLING_NRFLAG
#error "Nobody would see that an idle CPU polls."
#endif

/*
 * Look for work a while, which others can give us without an interrupt, as the
 * idle loop says that this CPU polls. The tick still runs.
 */
void arch_cpu_idle_enter(void)
{
	os_vcpu_poll(&current_thread_info()->flags, _TIF_NEED_RESCHED);
}

/* Sleep on the host until something is pending. */
void arch_cpu_idle(void)
{
	os_vcpu_idle();
}
