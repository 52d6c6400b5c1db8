/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_SMP_H
#define __ASM_UM_SMP_H

#include <asm/vcpu_regs.h>

#define raw_smp_processor_id()	((int)vcpu_read(cpu))

#endif
