// SPDX-License-Identifier: GPL-2.0
/*
 * Signals for guests: which one, and whether a system call is restarted.
 * How a frame looks is the processor's business: cpu/x86_64/sigframe.c.
 */
#include <linux/entry-common.h>
#include <linux/resume_user_mode.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>
#include <um/sigframe.h>

enum {
	/* The syscall instruction, to be run again. */
	SYSCALL_INSN_LENGTH = 2,
};

static void restart_syscall_as(struct pt_regs *regs, long nr)
{
	regs->ax = nr;
	regs->ip -= SYSCALL_INSN_LENGTH;
}

static bool in_syscall(struct pt_regs *regs)
{
	return syscall_get_nr(current, regs) != -1;
}

/* A handler will run: does the call it interrupted start again afterwards? */
static void settle_syscall(struct pt_regs *regs, const struct k_sigaction *ka)
{
	switch (syscall_get_error(current, regs)) {
	case -ERESTARTSYS:
		if (!(ka->sa.sa_flags & SA_RESTART)) {
			regs->ax = -EINTR;
			break;
		}
		fallthrough;
	case -ERESTARTNOINTR:
		restart_syscall_as(regs, regs->orig_ax);
		break;
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		regs->ax = -EINTR;
		break;
	}
}

/* No handler runs: every call that can be restarted is. */
static void resume_syscall(struct pt_regs *regs)
{
	switch (syscall_get_error(current, regs)) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
		restart_syscall_as(regs, regs->orig_ax);
		break;
	case -ERESTART_RESTARTBLOCK:
		restart_syscall_as(regs, __NR_restart_syscall);
		break;
	}
}

static void deliver(struct ksignal *ksig, struct pt_regs *regs)
{
	bool stepping = test_thread_flag(TIF_SINGLESTEP);
	int failed;

	if (in_syscall(regs))
		settle_syscall(regs, &ksig->ka);

	rseq_signal_deliver(ksig, regs);
	failed = um_sigframe_setup(ksig, regs);
	if (!failed)
		/* The handler is no system call any more. */
		regs->orig_ax = -1UL;
	signal_setup_done(failed, ksig, stepping);
}

void arch_do_signal_or_restart(struct pt_regs *regs)
{
	struct ksignal ksig;

	um_regs_complete();
	if (get_signal(&ksig)) {
		deliver(&ksig, regs);
		return;
	}

	if (in_syscall(regs))
		resume_syscall(regs);
	restore_saved_sigmask();
}
