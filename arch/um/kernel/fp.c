// SPDX-License-Identifier: GPL-2.0
/*
 * Floating-point and vector state of guests. It stays in the guest process
 * until somebody needs it elsewhere: another task of the same address space,
 * a signal frame, fork, a debugger, the task itself on another vCPU. Its size
 * comes from the host's processor.
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

/* Bring the state out of the guest process; the process may go on with it. */
static int fetch(mm_context_t *ctx, struct task_struct *task)
{
	int cpu = task->thread.fp_cpu;

	if (cpu < 0)
		return 0;
	return um_backend->fp_get(ctx->guest, cpu, task->thread.fp);
}

static void disown(mm_context_t *ctx, struct task_struct *task)
{
	int cpu = task->thread.fp_cpu;

	if (cpu < 0)
		return;
	ctx->fp_owner[cpu] = NULL;
	task->thread.fp_cpu = -1;
}

static int evict(mm_context_t *ctx, struct task_struct *task)
{
	int err = fetch(ctx, task);

	disown(ctx, task);
	return err;
}

int um_fp_claim(struct task_struct *task, mm_context_t *ctx)
{
	int cpu = raw_smp_processor_id();
	int err;

	/* Only this vCPU makes somebody else the owner. */
	if (likely(ctx->fp_owner[cpu] == task))
		return 0;

	raw_spin_lock(&ctx->lock);
	err = evict(ctx, task);
	if (!err && ctx->fp_owner[cpu])
		err = evict(ctx, ctx->fp_owner[cpu]);
	if (!err)
		err = um_backend->fp_set(ctx->guest, task->thread.fp);
	if (!err) {
		ctx->fp_owner[cpu] = task;
		task->thread.fp_cpu = cpu;
	}
	raw_spin_unlock(&ctx->lock);
	return err;
}

void um_fp_fetch(struct task_struct *task)
{
	struct mm_struct *mm = task->mm;
	unsigned long flags;

	if (!mm)
		return;
	raw_spin_lock_irqsave(&mm->context.lock, flags);
	/* A process that is lost has no state: what there was is good enough. */
	fetch(&mm->context, task);
	raw_spin_unlock_irqrestore(&mm->context.lock, flags);
}

void um_fp_leave(struct task_struct *task, struct mm_struct *mm)
{
	unsigned long flags;

	if (!mm)
		return;
	raw_spin_lock_irqsave(&mm->context.lock, flags);
	disown(&mm->context, task);
	raw_spin_unlock_irqrestore(&mm->context.lock, flags);
}

void um_fp_forget(struct task_struct *task)
{
	um_fp_leave(task, task->mm);
}
