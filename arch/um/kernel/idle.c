// SPDX-License-Identifier: GPL-2.0
/* The idle vCPU sleeps on the host until something is pending. */
#include <linux/cpu.h>
#include <host/vcpu.h>

void arch_cpu_idle(void)
{
	os_vcpu_idle();
}
