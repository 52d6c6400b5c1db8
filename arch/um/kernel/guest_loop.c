// SPDX-License-Identifier: GPL-2.0
/*
 * Guest loop: run guest code on the chosen backend and hand each stop to its
 * handler. This is the hot path of the port.
 * Flow: backend->run() -> here -> syscall.c | fault.c | irq/chip.c -> signals
 * and rescheduling (generic entry code) -> run() again.
 * Not here: how guests are executed (backend/), how mappings get to the host
 * (mm/map_sync.c).
 * Context: the guest's kernel thread; interrupts are disabled around run().
 */
#include <linux/entry-common.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <asm/vdso.h>
#include <um/guest_loop.h>
#include <um/irq.h>
#include <um/map_sync.h>

const struct um_backend *um_backend __ro_after_init;

/* The host process of this address space is lost: so are its programs. */
static void guest_lost(struct guest_event *ev, int err)
{
	pr_err_ratelimited("%s[%d]: its host process is gone (%s %d)\n",
			   current->comm, task_pid_nr(current),
			   err ? "error" : "signal", err ?: ev->signo);
	force_fatal_sig(SIGKILL);
	ev->kind = GUEST_EVENT_KICK;
}

static void guest_run(struct pt_regs *regs, struct guest_event *ev)
{
	struct mm_struct *mm = current->mm;
	int err;

	err = um_map_enter(mm);
	if (!err)
		err = um_fp_claim(current, &mm->context);
	if (!err)
		err = um_backend->run(mm->context.guest, guest_regs(regs),
				      test_thread_flag(TIF_SINGLESTEP), ev);
	if (unlikely(err || ev->kind == GUEST_EVENT_DIED))
		guest_lost(ev, err);
}

static void handle_syscall(struct pt_regs *regs)
{
	/* Only the lower half of the register counts. */
	long nr = (int)regs->orig_ax;

	nr = syscall_enter_from_user_mode(regs, nr);
	um_guest_syscall(regs, nr);
	syscall_exit_to_user_mode(regs);
}

/* The host's code above the guest's addresses, which the vDSO calls, trapped. */
static void handle_host_call(struct pt_regs *regs)
{
	irqentry_enter_from_user_mode(regs);
	local_irq_enable();
	um_vdso_host_call(regs);
	local_irq_disable();
	irqentry_exit_to_user_mode(regs);
}

static void handle_fault(struct pt_regs *regs, const struct guest_event *ev)
{
	irqentry_enter_from_user_mode(regs);
	um_guest_fault(regs, ev);
	local_irq_disable();
	irqentry_exit_to_user_mode(regs);
}

static void handle_kick(struct pt_regs *regs)
{
	irqentry_enter_from_user_mode(regs);
	um_irq_handle(regs);
	irqentry_exit_to_user_mode(regs);
}

void __noreturn um_guest_loop(struct pt_regs *regs)
{
	struct guest_event ev;

	for (;;) {
		guest_run(regs, &ev);

		switch (ev.kind) {
		case GUEST_EVENT_SYSCALL:
			/* It is the address behind the instruction. */
			if (likely(regs->ip <= TASK_SIZE))
				handle_syscall(regs);
			else
				handle_host_call(regs);
			break;
		case GUEST_EVENT_FAULT:
			handle_fault(regs, &ev);
			break;
		case GUEST_EVENT_KICK:
			handle_kick(regs);
			break;
		case GUEST_EVENT_MAP_FAILED:
			um_map_failed(current->mm, ev.code);
			break;
		}
	}
}
