// SPDX-License-Identifier: GPL-2.0
/*
 * Debuggers inside the guest: registers of a traced program, as register sets
 * and by the old x86-64 requests, and single-stepping. (How the ptrace backend
 * runs guests on the host is another matter: backend/ptrace.)
 */
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <asm/syscall.h>
#include <uapi/asm/prctl.h>
#include <uapi/linux/elf.h>
#include <um/sigframe.h>

enum {
	/* The legacy area, which NT_PRFPREG is about. */
	FXSAVE_SIZE = 512,
};

enum um_regset { REGSET_GENERAL, REGSET_FP, REGSET_XSTATE };

/* Guests have one code and one stack segment; data segments do not matter. */
static bool regs_valid(const struct pt_regs *regs)
{
	return regs->fs_base < TASK_SIZE_MAX &&
	       regs->gs_base < TASK_SIZE_MAX &&
	       regs->cs == UM_GUEST_CS && regs->ss == UM_GUEST_SS;
}

/* Take a debugger's idea of the registers, as far as it is allowed to go. */
static int take_regs(struct task_struct *task, struct pt_regs *wish)
{
	struct pt_regs *regs = task_pt_regs(task);

	if (!regs_valid(wish))
		return -EIO;
	wish->flags = um_user_flags(regs->flags, wish->flags);
	wish->ds = regs->ds;
	wish->es = regs->es;
	wish->fs = regs->fs;
	wish->gs = regs->gs;
	*regs = *wish;
	return 0;
}

static int genregs_get(struct task_struct *task, const struct user_regset *set,
		       struct membuf to)
{
	return membuf_write(&to, task_pt_regs(task), sizeof(struct pt_regs));
}

static int genregs_set(struct task_struct *task, const struct user_regset *set,
		       unsigned int pos, unsigned int count,
		       const void *kbuf, const void __user *ubuf)
{
	struct pt_regs wish = *task_pt_regs(task);
	int err;

	err = user_regset_copyin(&pos, &count, &kbuf, &ubuf, &wish, 0,
				 sizeof(wish));
	return err ?: take_regs(task, &wish);
}

static int fp_get(struct task_struct *task, const struct user_regset *set,
		  struct membuf to)
{
	if (!task->thread.fp)
		return -ENODEV;
	um_fp_fetch(task);
	return membuf_write(&to, task->thread.fp, set->n * set->size);
}

static int fp_set(struct task_struct *task, const struct user_regset *set,
		  unsigned int pos, unsigned int count,
		  const void *kbuf, const void __user *ubuf)
{
	enum { XSTATE_BV = FXSAVE_SIZE, FP_AND_SSE = 3 };
	void *wish;
	int err;

	if (!task->thread.fp)
		return -ENODEV;
	um_fp_fetch(task);
	wish = kmemdup(task->thread.fp, um_fp_size, GFP_KERNEL);
	if (!wish)
		return -ENOMEM;
	err = user_regset_copyin(&pos, &count, &kbuf, &ubuf, wish, 0,
				 set->n * set->size);
	if (err)
		goto out;
	/* The legacy area alone was written: it is what counts now. */
	if (set->n * set->size == FXSAVE_SIZE && um_fp_size > FXSAVE_SIZE)
		*(u64 *)(wish + XSTATE_BV) |= FP_AND_SSE;
	if (!um_fp_valid(wish)) {
		err = -EINVAL;
		goto out;
	}
	/* First, as another thread may bring out what the process has. */
	um_fp_forget(task);
	memcpy(task->thread.fp, wish, um_fp_size);
out:
	kfree(wish);
	return err;
}

static struct user_regset um_regsets[] __ro_after_init = {
	[REGSET_GENERAL] = {
		.core_note_type = NT_PRSTATUS,
		.n = sizeof(struct pt_regs) / sizeof(long),
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = genregs_get,
		.set = genregs_set,
	},
	[REGSET_FP] = {
		.core_note_type = NT_PRFPREG,
		.n = FXSAVE_SIZE / sizeof(long),
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = fp_get,
		.set = fp_set,
	},
	[REGSET_XSTATE] = {
		.core_note_type = NT_X86_XSTATE,
		.size = sizeof(u64),
		.align = sizeof(u64),
		.regset_get = fp_get,
		.set = fp_set,
	},
};

static const struct user_regset_view um_regset_view = {
	.name = "x86_64",
	.e_machine = EM_X86_64,
	.regsets = um_regsets,
	.n = ARRAY_SIZE(um_regsets),
};

const struct user_regset_view *task_user_regset_view(struct task_struct *task)
{
	return &um_regset_view;
}

static int __init regset_sizes(void)
{
	um_regsets[REGSET_XSTATE].n = um_fp_size / sizeof(u64);
	return 0;
}
early_initcall(regset_sizes);

void user_enable_single_step(struct task_struct *task)
{
	set_tsk_thread_flag(task, TIF_SINGLESTEP);
	/* A step over a system call ends behind it, not one further. */
	set_task_syscall_work(task, SYSCALL_EXIT_TRAP);
}

void user_disable_single_step(struct task_struct *task)
{
	clear_tsk_thread_flag(task, TIF_SINGLESTEP);
	clear_task_syscall_work(task, SYSCALL_EXIT_TRAP);
}

void ptrace_disable(struct task_struct *task)
{
	user_disable_single_step(task);
}

static bool in_general_regs(unsigned long off)
{
	return off < sizeof(struct pt_regs) && IS_ALIGNED(off, sizeof(long));
}

/*
 * struct user beyond the general registers: only the debug registers are
 * asked for, and guests have none that work.
 */
static bool in_struct_user(unsigned long off)
{
	enum { USER_STRUCT_SIZE = 912 };

	return off < USER_STRUCT_SIZE && IS_ALIGNED(off, sizeof(long));
}

static int peek_user(struct task_struct *task, unsigned long off,
		     unsigned long __user *to)
{
	unsigned long val = 0;

	if (in_general_regs(off))
		val = ((unsigned long *)task_pt_regs(task))[off / sizeof(long)];
	else if (!in_struct_user(off))
		return -EIO;
	return put_user(val, to);
}

static int poke_user(struct task_struct *task, unsigned long off,
		     unsigned long val)
{
	struct pt_regs wish = *task_pt_regs(task);

	if (in_general_regs(off)) {
		((unsigned long *)&wish)[off / sizeof(long)] = val;
		return take_regs(task, &wish);
	}
	return in_struct_user(off) && !val ? 0 : -EIO;
}

static int copy_regset(struct task_struct *task, enum um_regset set, bool out,
		       void __user *data)
{
	unsigned int size = um_regsets[set].n * um_regsets[set].size;

	return out ? copy_regset_to_user(task, &um_regset_view, set, 0, size,
					 data) :
		     copy_regset_from_user(task, &um_regset_view, set, 0, size,
					   data);
}

long arch_ptrace(struct task_struct *task, long request,
		 unsigned long addr, unsigned long data)
{
	void __user *datap = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKUSR:
		return peek_user(task, addr, datap);
	case PTRACE_POKEUSR:
		return poke_user(task, addr, data);
	case PTRACE_GETREGS:
		return copy_regset(task, REGSET_GENERAL, true, datap);
	case PTRACE_SETREGS:
		return copy_regset(task, REGSET_GENERAL, false, datap);
	case PTRACE_GETFPREGS:
		return copy_regset(task, REGSET_FP, true, datap);
	case PTRACE_SETFPREGS:
		return copy_regset(task, REGSET_FP, false, datap);
	case PTRACE_ARCH_PRCTL:
		return do_arch_prctl_64(task, data, addr);
	default:
		return ptrace_request(task, request, addr, data);
	}
}
