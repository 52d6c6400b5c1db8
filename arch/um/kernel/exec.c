// SPDX-License-Identifier: GPL-2.0
/* A task becomes a new program: fresh registers, fresh vector state. */
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/elf.h>
#include <um/guest_loop.h>

void flush_thread(void)
{
	/* The new program has its own address space: nothing to forget there. */
	if (um_fp_alloc(current)) {
		force_fatal_sig(SIGKILL);
		return;
	}
	um_backend->fp_init(current->thread.fp);
	clear_thread_flag(TIF_SINGLESTEP);
}

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->ip = ip;
	regs->sp = sp;
	regs->cs = UM_GUEST_CS;
	regs->ss = UM_GUEST_SS;
	/* Interrupt flag and the bit that always reads as one. */
	regs->flags = 0x202;
	regs->orig_ax = -1UL;
}
