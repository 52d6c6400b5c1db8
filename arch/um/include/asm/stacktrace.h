/* SPDX-License-Identifier: GPL-2.0 */
/* Walking kernel stacks by frame pointers. */
#ifndef __ASM_UM_STACKTRACE_H
#define __ASM_UM_STACKTRACE_H

#include <linux/types.h>

struct task_struct;
struct pt_regs;

/**
 * um_walk_stack() - call back for each return address
 * @task: whose stack; NULL for the current task
 * @regs: start from these registers, or NULL
 * @consume: gets each address; returns false to stop
 * @cookie: its first argument
 */
void um_walk_stack(struct task_struct *task, struct pt_regs *regs,
		   bool (*consume)(void *cookie, unsigned long addr),
		   void *cookie);


/**
 * um_show_trace() - print the call trace of a fault in the kernel
 * @regs: registers at the fault
 * @loglvl: log level prefix
 */
void um_show_trace(struct pt_regs *regs, const char *loglvl);

#endif
