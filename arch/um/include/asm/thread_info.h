/* SPDX-License-Identifier: GPL-2.0 */
/* Flags of a task which the entry code looks at, inside task_struct. */
#ifndef __ASM_UM_THREAD_INFO_H
#define __ASM_UM_THREAD_INFO_H

#include <asm/page.h>

#define THREAD_SIZE_ORDER	CONFIG_KERNEL_STACK_ORDER
#define THREAD_SIZE		(PAGE_SIZE << THREAD_SIZE_ORDER)

#ifndef __ASSEMBLY__

#include <linux/types.h>

struct thread_info {
	/* TIF_ bits */
	unsigned long flags;
	/* SYSCALL_WORK_ bits */
	unsigned long syscall_work;
	int preempt_count;
	u32 cpu;
};

#define INIT_THREAD_INFO(tsk)			\
{						\
	.preempt_count = INIT_PREEMPT_COUNT,	\
}

enum {
	TIF_NOTIFY_RESUME,
	TIF_SIGPENDING,
	TIF_NEED_RESCHED,
	TIF_NOTIFY_SIGNAL,
	TIF_SINGLESTEP,
	TIF_MEMDIE,
	TIF_POLLING_NRFLAG,
};

/* The scheduler asks whether there is such a flag. */
#define TIF_POLLING_NRFLAG	TIF_POLLING_NRFLAG

#define _TIF_NOTIFY_RESUME	(1UL << TIF_NOTIFY_RESUME)
#define _TIF_SIGPENDING		(1UL << TIF_SIGPENDING)
#define _TIF_NEED_RESCHED	(1UL << TIF_NEED_RESCHED)
#define _TIF_NOTIFY_SIGNAL	(1UL << TIF_NOTIFY_SIGNAL)
#define _TIF_SINGLESTEP		(1UL << TIF_SINGLESTEP)
#define _TIF_POLLING_NRFLAG	(1UL << TIF_POLLING_NRFLAG)

#endif

#endif
