// SPDX-License-Identifier: GPL-2.0
/* The idle vCPU. */
#include <linux/cpu.h>
#include <linux/thread_info.h>
#include <host/vcpu.h>

/*
 * Look for work a while. The tick still runs. The idle loop says that this CPU
 * polls, so others who give it work set the flag and send no interrupt.
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
