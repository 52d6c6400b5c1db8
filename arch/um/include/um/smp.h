/* SPDX-License-Identifier: GPL-2.0 */
/* The vCPUs, for the port's own code. */
#ifndef UM_SMP_H
#define UM_SMP_H

#include <linux/processor.h>
#include <asm/barrier.h>
#include <host/vcpu.h>

#ifndef CONFIG_SMP
/* There is nobody to wait for. */
static inline void um_spin_relax(unsigned int *spins)
{
	cpu_relax();
}
#endif

/* Make another vCPU stop the guest it is running. */
static inline void um_vcpu_kick(unsigned int cpu)
{
	os_vcpu_kick(&os_vcpus[cpu], VCPU_IRQ_KICK);
}

/* How many vCPUs there will be: ncpus=, or 1. Set before the kernel starts. */
extern unsigned int um_ncpus;

/* Give the calling vCPU its clock event device. */
void um_clock_start(void);

#endif
