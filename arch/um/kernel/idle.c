// SPDX-License-Identifier: GPL-2.0
/* The idle vCPU. */
#include <linux/cpu.h>
#include <linux/thread_info.h>
#include <asm/vcpu_regs.h>
#include <host/vcpu.h>
#include <um/guest_loop.h>

enum {
	SETTLE_MS = 50,
};

/*
 * Look for work a while. The tick still runs. The idle loop says that this CPU
 * polls, so others who give it work set the flag and send no interrupt.
 */
void arch_cpu_idle_enter(void)
{
	os_vcpu_poll(&current_thread_info()->flags, _TIF_NEED_RESCHED);
}

/*
 * Sleep on the host until something is pending. If that takes longer, guests
 * are to wait in a way that is easy on the host.
 */
void __cpuidle arch_cpu_idle(void)
{
	if (!um_backend->settle(UM_SETTLE_NONE)) {
		os_vcpu_idle(-1);
		return;
	}
	os_vcpu_idle(SETTLE_MS);
	if (!vcpu_read(pending))
		um_backend->settle(UM_SETTLE_ALL);
}
