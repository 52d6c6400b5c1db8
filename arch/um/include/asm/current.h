/* SPDX-License-Identifier: GPL-2.0 */
/* The running task: a word of the vCPU, read through GS. */
#ifndef __ASM_UM_CURRENT_H
#define __ASM_UM_CURRENT_H

#include <asm/vcpu_regs.h>

struct task_struct;

static __always_inline struct task_struct *get_current(void)
{
	return vcpu_read_stable(current_task);
}

#define current get_current()

#endif
