// SPDX-License-Identifier: GPL-2.0
/*
 * Walking kernel stacks by frame pointers. A chain ends at a zero frame
 * pointer (um_task_entry) or where it leaves the task's stack.
 */
#include <linux/kallsyms.h>
#include <linux/printk.h>
#include <linux/sched/debug.h>
#include <linux/sched/task_stack.h>
#include <linux/stacktrace.h>
#include <asm/stacktrace.h>

struct frame {
	struct frame *next;
	unsigned long ret;
};

/* Words of struct switch_frame (process.c) below the saved frame pointer. */
enum {
	SWITCH_FRAME_BP = 5,
	SWITCH_FRAME_RET = 6,
};

static bool frame_on_stack(const void *stack, const struct frame *f)
{
	unsigned long base = (unsigned long)stack, p = (unsigned long)f;

	return p >= base && p <= base + THREAD_SIZE - sizeof(*f) &&
	       IS_ALIGNED(p, sizeof(long));
}

void um_walk_stack(struct task_struct *task, struct pt_regs *regs,
		   bool (*consume)(void *cookie, unsigned long addr),
		   void *cookie)
{
	const struct frame *f;
	const void *stack;

	task = task ?: current;
	stack = task_stack_page(task);
	if (regs) {
		f = (struct frame *)regs->bp;
		if (!consume(cookie, regs->ip))
			return;
	} else if (task == current) {
		f = __builtin_frame_address(0);
	} else {
		const unsigned long *saved = (void *)task->thread.sp;

		f = (struct frame *)saved[SWITCH_FRAME_BP];
		if (!consume(cookie, saved[SWITCH_FRAME_RET]))
			return;
	}

	while (frame_on_stack(stack, f)) {
		const struct frame *next = READ_ONCE_NOCHECK(f->next);

		if (!consume(cookie, READ_ONCE_NOCHECK(f->ret)))
			return;
		if (next <= f)
			return;
		f = next;
	}
}

void arch_stack_walk(stack_trace_consume_fn consume, void *cookie,
		     struct task_struct *task, struct pt_regs *regs)
{
	um_walk_stack(task, regs, consume, cookie);
}

enum {
	MAX_FRAMES = 64,
};

struct show_cookie {
	const char *loglvl;
	unsigned int left;
};

static bool show_address(void *cookie, unsigned long addr)
{
	struct show_cookie *c = cookie;

	if (!c->left--)
		return false;
	if (__kernel_text_address(addr))
		printk("%s [<%016lx>] %pS\n", c->loglvl, addr, (void *)addr);
	return true;
}

void show_stack(struct task_struct *task, unsigned long *sp,
		const char *loglvl)
{
	struct show_cookie c = { .loglvl = loglvl, .left = MAX_FRAMES };

	printk("%sCall Trace:\n", loglvl);
	um_walk_stack(task, NULL, show_address, &c);
}

/* The trace which an oops shows: from where it happened. */
void um_show_trace(struct pt_regs *regs, const char *loglvl)
{
	struct show_cookie c = { .loglvl = loglvl, .left = MAX_FRAMES };

	printk("%sCall Trace:\n", loglvl);
	um_walk_stack(current, regs, show_address, &c);
}
