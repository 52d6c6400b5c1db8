// SPDX-License-Identifier: GPL-2.0
/*
 * Floating-point and vector state of guests. It stays in the guest process
 * until somebody needs it elsewhere: another task of the same address space,
 * a signal frame, fork, a debugger. Its size comes from the host's processor.
 */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <asm/mmu_context.h>
#include <um/guest_loop.h>

unsigned int um_fp_size __ro_after_init;

int um_fp_alloc(struct task_struct *task)
{
	if (!task->thread.fp)
		task->thread.fp = kmalloc(um_fp_size, GFP_KERNEL_ACCOUNT);
	return task->thread.fp ? 0 : -ENOMEM;
}

void um_fp_fetch(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	unsigned long flags;

	local_irq_save(flags);
	if (mm && mm->context.fp_owner == task)
		um_backend->fp_get(mm->context.guest, task->thread.fp);
	local_irq_restore(flags);
}

void um_fp_leave(struct task_struct *task, struct mm_struct *mm)
{
	if (mm && mm->context.fp_owner == task)
		mm->context.fp_owner = NULL;
}

void um_fp_forget(struct task_struct *task)
{
	um_fp_leave(task, task->mm);
}
