/* SPDX-License-Identifier: GPL-2.0 */
/* From one kernel stack to another. */
#ifndef __ASM_UM_SWITCH_TO_H
#define __ASM_UM_SWITCH_TO_H

struct task_struct;

struct task_struct *um_switch_to(struct task_struct *prev,
				 struct task_struct *next);

#define switch_to(prev, next, last)			\
do {							\
	(last) = um_switch_to((prev), (next));		\
} while (0)

#endif
