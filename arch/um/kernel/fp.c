// SPDX-License-Identifier: GPL-2.0
/*
 * Floating-point and vector state of guests. It stays in the guest process
 * until somebody needs it elsewhere: another task of the same address space,
 * a signal frame, fork, a debugger, the task itself on another vCPU. Its size
 * comes from the host's processor.
 * General registers are similar where the backend has told only those which a
 * system call needs: the others are in the guest process until somebody asks.
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

/* Another task is to use our part of the guest process. */
static int complete_owner(mm_context_t *ctx, struct task_struct *owner)
{
	struct pt_regs of_nobody;

	return um_backend->regs_complete(ctx->guest,
					 guest_regs(owner ? task_pt_regs(owner) :
						    &of_nobody));
}

int um_fp_claim(struct task_struct *task, mm_context_t *ctx)
{
	int cpu = raw_smp_processor_id();
	int err;

	/* Only this vCPU makes somebody else the owner. */
	if (likely(ctx->fp_owner[cpu] == task))
		return 0;

	raw_spin_lock(&ctx->lock);
	err = complete_owner(ctx, ctx->fp_owner[cpu]);
	if (!err)
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

void um_regs_complete(void)
{
	mm_context_t *ctx;
	unsigned long flags;

	if (!current->mm)
		return;
	ctx = &current->mm->context;
	local_irq_save(flags);
	/* A process that is lost is noticed when it is to run. */
	if (ctx->fp_owner[raw_smp_processor_id()] == current)
		um_backend->regs_complete(ctx->guest,
					  guest_regs(current_pt_regs()));
	local_irq_restore(flags);
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
