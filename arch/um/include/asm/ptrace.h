/* SPDX-License-Identifier: GPL-2.0 */
/* Registers at an entry into the kernel. */
#ifndef __ASM_UM_PTRACE_H
#define __ASM_UM_PTRACE_H

#include <uapi/asm/ptrace-abi.h>

#ifndef __ASSEMBLY__

#include <linux/build_bug.h>
#include <linux/err.h>
#include <host/guest.h>
#include <uapi/asm/processor-flags.h>

/*
 * The same structure as the boundary's guest_regs. Frames of the kernel
 * itself (an interrupted vCPU, a fault in the kernel) have cs == 0.
 */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8;
	unsigned long ax, cx, dx, si, di, orig_ax;
	unsigned long ip, cs, flags, sp, ss;
	unsigned long fs_base, gs_base, ds, es, fs, gs;
};

/* Segment selectors of x86-64 programs under Linux. */
enum {
	UM_GUEST_CS = 0x33,
	UM_GUEST_SS = 0x2b,
};

#define user_mode(regs)			((regs)->cs != 0)
#define instruction_pointer(regs)	((regs)->ip)
#define frame_pointer(regs)		((regs)->bp)
#define user_stack_pointer(regs)	((regs)->sp)
#define kernel_stack_pointer(regs)	((regs)->sp)
#define profile_pc(regs)		instruction_pointer(regs)
#define current_pt_regs()		task_pt_regs(current)
/* Interrupts are only taken where they are enabled. */
#define regs_irqs_disabled(regs)	((void)(regs), false)

static inline void instruction_pointer_set(struct pt_regs *regs,
					   unsigned long val)
{
	regs->ip = val;
}

static inline unsigned long regs_return_value(struct pt_regs *regs)
{
	return regs->ax;
}

static inline bool is_syscall_success(struct pt_regs *regs)
{
	return !IS_ERR_VALUE((void *)regs->ax);
}

#define arch_has_single_step()	(1)

/* A debugger may look at all registers. */
#define arch_ptrace_stop_needed()	(1)
#define arch_ptrace_stop()		um_regs_complete()

/* The flags which a program, its debugger or a signal frame may set. */
#define UM_USER_FLAGS							\
	(X86_EFLAGS_CF | X86_EFLAGS_PF | X86_EFLAGS_AF | X86_EFLAGS_ZF | \
	 X86_EFLAGS_SF | X86_EFLAGS_TF | X86_EFLAGS_DF | X86_EFLAGS_OF | \
	 X86_EFLAGS_RF | X86_EFLAGS_AC)

static inline unsigned long um_user_flags(unsigned long old,
					  unsigned long wish)
{
	return (old & ~UM_USER_FLAGS) | (wish & UM_USER_FLAGS);
}

/* The boundary's view of the same registers. */
static inline struct guest_regs *guest_regs(struct pt_regs *regs)
{
	BUILD_BUG_ON(sizeof(struct pt_regs) != sizeof(struct guest_regs));
	return (struct guest_regs *)regs;
}

struct task_struct;
struct user_desc;
long do_arch_prctl_64(struct task_struct *task, int option,
		      unsigned long addr);

#endif
#endif
