// SPDX-License-Identifier: GPL-2.0
/*
 * Tasks: how one begins (fork, kernel threads), what is copied, how one ends.
 * A task's kernel stack is ordinary guest RAM; the guest program of the task
 * lives in the host process of its address space (backend/).
 */
#include <linux/elf.h>
#include <linux/mm.h>
#include <asm/exec.h>
#include <linux/random.h>
#include <linux/sched.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/entry-common.h>
#include <asm/stacktrace.h>
#include <asm/switch_to.h>
#include <um/guest_loop.h>

/* What um_switch_to() leaves on the stack of a task it switches away from. */
struct switch_frame {
	unsigned long r15, r14, r13, r12, bx, bp;
	void (*ret)(void);
};

/* A task runs for the first time. */
asmlinkage __visible void um_task_start(struct task_struct *prev)
{
	struct thread_struct *thread = &current->thread;

	schedule_tail(prev);

	if (thread->start_fn) {
		thread->start_fn(thread->start_arg);
		/* It returned, so it has become a guest by kernel_execve(). */
		thread->start_fn = NULL;
	}
	syscall_exit_to_user_mode(&thread->regs);
	um_guest_loop(&thread->regs);
}

static int copy_fp(struct task_struct *p)
{
	if (!current->thread.fp)
		return 0;
	um_fp_fetch(current);
	if (um_fp_alloc(p))
		return -ENOMEM;
	memcpy(p->thread.fp, current->thread.fp, um_fp_size);
	return 0;
}

int copy_thread(struct task_struct *p, const struct kernel_clone_args *args)
{
	struct switch_frame *frame = task_stack_page(p) + THREAD_SIZE -
				     2 * sizeof(long);
	struct pt_regs *regs = task_pt_regs(p);

	frame--;
	*frame = (struct switch_frame) { .ret = um_task_entry };
	p->thread.sp = (unsigned long)frame;

	p->thread.start_fn = args->fn;
	p->thread.start_arg = args->fn_arg;
	if (args->fn) {
		memset(regs, 0, sizeof(*regs));
		return copy_fp(p);
	}

	*regs = *current_pt_regs();
	regs->ax = 0;
	if (args->stack)
		regs->sp = args->stack;
	if (args->flags & CLONE_SETTLS)
		regs->fs_base = args->tls;
	return copy_fp(p);
}

int arch_dup_task_struct(struct task_struct *dst, struct task_struct *src)
{
	*dst = *src;
	/* A copy is made by copy_thread(): if no stack is found, nobody frees it. */
	dst->thread.fp = NULL;
	dst->thread.fp_cpu = -1;
	return 0;
}

void arch_release_task_struct(struct task_struct *task)
{
	kfree(task->thread.fp);
	task->thread.fp = NULL;
}

static bool first_outside_sched(void *cookie, unsigned long addr)
{
	if (in_sched_functions(addr))
		return true;
	*(unsigned long *)cookie = addr;
	return false;
}

unsigned long __get_wchan(struct task_struct *task)
{
	unsigned long addr = 0;

	if (!try_get_task_stack(task))
		return 0;
	um_walk_stack(task, NULL, first_outside_sched, &addr);
	put_task_stack(task);
	return addr;
}

unsigned long arch_align_stack(unsigned long sp)
{
	if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space)
		sp -= get_random_u32_below(8192);
	return sp & ~0xfUL;
}
