/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing to add to the generic entry code; the guest loop does the rest. */
#ifndef __ASM_UM_ENTRY_COMMON_H
#define __ASM_UM_ENTRY_COMMON_H

#include <linux/sched/task_stack.h>

#define on_thread_stack()	object_is_on_stack(__builtin_frame_address(0))

#endif
