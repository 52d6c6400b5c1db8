/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a guest looks like when it stopped: its registers and the reason.
 * Filled by the backends, read and changed by the kernel's guest loop.
 */
#ifndef UM_HOST_GUEST_H
#define UM_HOST_GUEST_H

#include <host/types.h>

/* Guests own the addresses from 0 up to here; the stub lies above. */
#define UM_GUEST_TOP		0x7fffffe00000ULL
/* Programs get nothing below, unless root wants it; it is kept free. */
#define UM_GUEST_BOTTOM		0x20000

/*
 * General registers of a stopped guest.
 *
 * The order is that of the x86-64 general register set (user_regs_struct), so
 * that the ptrace backend moves it without touching it and the guest's own
 * debuggers can be given it as it is. Host code asserts the layout.
 */
struct guest_regs {
	__u64 r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	__u64 ax, cx, dx, si, di, orig_ax;
	__u64 ip, cs, flags, sp, ss;
	__u64 fs_base, gs_base, ds, es, fs, gs;
};

/* Why run() came back. */
enum guest_event_kind {
	/*
	 * A system call: its number is in regs->orig_ax. Of the others, only
	 * the arguments and the instruction pointer need be there: for more,
	 * and before one other than ax is changed, see regs_complete().
	 */
	GUEST_EVENT_SYSCALL,
	/* The processor refused an instruction or an access: see the fault. */
	GUEST_EVENT_FAULT,
	/* The kernel asked for the stop (interrupt pending). */
	GUEST_EVENT_KICK,
	/* The host process is gone: somebody on the host killed it. */
	GUEST_EVENT_DIED,
	/* The host refused a map operation that was put off: see the code. */
	GUEST_EVENT_MAP_FAILED,
};

/**
 * struct guest_event - why a guest stopped
 * @kind: one of enum guest_event_kind
 * @signo: FAULT: the host's signal number (SIGSEGV, SIGBUS, SIGFPE, SIGILL,
 *	SIGTRAP); DIED: the signal that ended the process, 0 if it exited
 * @code: FAULT: the si_code of that signal; MAP_FAILED: -errno
 * @addr: FAULT: the address the signal is about
 * @error_known: FAULT by SIGSEGV: whether @error holds the processor's
 *	page-fault error code; a backend that cannot know leaves it false
 * @error: x86 page-fault error code (bit 1 write, bit 4 instruction fetch)
 */
struct guest_event {
	__u32 kind;
	__s32 signo;
	__s32 code;
	__u32 error_known;
	__u64 error;
	guest_va_t addr;
};

#endif
