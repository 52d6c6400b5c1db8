/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU data: the offset of this vCPU's copy is a word of the vCPU. */
#ifndef __ASM_UM_PERCPU_H
#define __ASM_UM_PERCPU_H

#ifdef CONFIG_SMP
#include <asm/vcpu_regs.h>

#define __my_cpu_offset vcpu_read(percpu_offset)
#endif

#include <asm-generic/percpu.h>

#endif
