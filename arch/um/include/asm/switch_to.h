/* SPDX-License-Identifier: GPL-2.0 */
/* From one kernel stack to another. */
#ifndef __ASM_UM_SWITCH_TO_H
#define __ASM_UM_SWITCH_TO_H

#include <linux/linkage.h>

struct task_struct;

struct task_struct *um_switch_to(struct task_struct *prev,
				 struct task_struct *next);

/* The first code of a new task (switch.S); um_task_start() is its C part. */
void um_task_entry(void);
asmlinkage void um_task_start(struct task_struct *prev);

#define switch_to(prev, next, last)			\
do {							\
	(last) = um_switch_to((prev), (next));		\
} while (0)

#endif
