// SPDX-License-Identifier: GPL-2.0
/*
 * Offsets which the port's assembler needs. Kbuild turns this file into
 * include/generated/asm-offsets.h; it is never linked.
 */
#define COMPILE_OFFSETS

#include <linux/kbuild.h>
#include <linux/sched.h>
#include <host/vcpu.h>

int main(void);

int main(void)
{
	OFFSET(VCPU_CURRENT, um_vcpu, current_task);
	OFFSET(TASK_THREAD_SP, task_struct, thread.sp);
	return 0;
}
