// SPDX-License-Identifier: GPL-2.0
/*
 * Signal frames of x86-64: what a handler finds on its stack, and the way
 * back. The layout is the ABI's:
 *
 *   higher    extended state, 64-byte aligned, um_fp_size bytes, magic after
 *             siginfo
 *             ucontext (sigcontext, stack, mask)
 *   lower     return address into the program's restorer      <- new sp
 */
#include <linux/compat.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>
#include <um/guest_loop.h>
#include <um/sigframe.h>

enum {
	/* Below its stack pointer a program may keep data. */
	RED_ZONE = 128,
	FP_ALIGN = 64,
	STACK_ALIGN = 16,
	/* Extended state: where the processor keeps what. */
	XSAVE_MXCSR = 24,
	XSAVE_MXCSR_MASK = 28,
	XSAVE_LEGACY_SIZE = 512,
	XSAVE_HEADER_SIZE = 64,
	XFEATURE_FP_SSE = 3,
};

/* The header behind the legacy area. */
struct xsave_header {
	u64 xstate_bv;
	u64 xcomp_bv;
	u64 reserved[6];
};

struct rt_sigframe {
	char __user *pretcode;
	struct ucontext uc;
	struct siginfo info;
};

static struct xsave_header *header_of(void *fp)
{
	return fp + XSAVE_LEGACY_SIZE;
}

/* Kinds of state which programs may have, and bits of MXCSR which exist. */
static u64 fresh_xfeatures __ro_after_init = XFEATURE_FP_SSE;
static u32 fresh_mxcsr_mask __ro_after_init;

/* XCR0: what the host has enabled. */
static u64 __init read_xcr0(void)
{
	u32 low, high;

	asm volatile("xgetbv" : "=a" (low), "=d" (high) : "c" (0));
	return low | (u64)high << 32;
}

static int __init learn_fresh_fp(void)
{
	void *fp = kmalloc(um_fp_size, GFP_KERNEL);

	if (!fp)
		return -ENOMEM;
	um_backend->fp_init(fp);
	if (um_fp_size > XSAVE_LEGACY_SIZE)
		fresh_xfeatures = read_xcr0();
	fresh_mxcsr_mask = *(u32 *)(fp + XSAVE_MXCSR_MASK);
	kfree(fp);
	return 0;
}
early_initcall(learn_fresh_fp);

static u64 known_xfeatures(void)
{
	return fresh_xfeatures;
}

static u32 mxcsr_mask(void)
{
	/* The oldest processors leave it zero and mean this. */
	return fresh_mxcsr_mask ?: 0xffbf;
}

bool um_fp_valid(const void *fp)
{
	const struct xsave_header *h = fp + XSAVE_LEGACY_SIZE;
	unsigned int i;

	/* What a fresh program's state says of this processor's mask. */
	if (*(u32 *)(fp + XSAVE_MXCSR) & ~mxcsr_mask())
		return false;
	if (um_fp_size <= XSAVE_LEGACY_SIZE)
		return true;
	if ((h->xstate_bv & ~known_xfeatures()) || h->xcomp_bv)
		return false;
	for (i = 0; i < ARRAY_SIZE(h->reserved); i++)
		if (h->reserved[i])
			return false;
	return true;
}

static unsigned long fp_frame_size(void)
{
	return um_fp_size + FP_XSTATE_MAGIC2_SIZE;
}

unsigned long um_sigframe_size(void)
{
	return sizeof(struct rt_sigframe) + fp_frame_size() + RED_ZONE +
	       FP_ALIGN + STACK_ALIGN;
}

static int put_fp(void __user *to)
{
	void *fp = current->thread.fp;
	struct _fpx_sw_bytes *sw = &((struct _fpstate_64 *)fp)->sw_reserved;
	u32 magic2 = FP_XSTATE_MAGIC2;
	struct _fpx_sw_bytes ours = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = fp_frame_size(),
		.xfeatures = known_xfeatures(),
		.xstate_size = um_fp_size,
	}, host;
	int err = 0;

	um_fp_fetch(current);
	/* Ours alone now: the copy may sleep, and other threads run meanwhile. */
	um_fp_forget(current);
	host = *sw;
	*sw = ours;
	if (copy_to_user(to, fp, um_fp_size) ||
	    copy_to_user(to + um_fp_size, &magic2, sizeof(magic2)))
		err = -EFAULT;
	*sw = host;
	return err;
}

/* A frame's extended state: ours, whole, or only the legacy area. */
static int get_fp(const void __user *from)
{
	void *fp = current->thread.fp;
	struct _fpx_sw_bytes sw;
	unsigned int size = XSAVE_LEGACY_SIZE;
	u32 magic2;

	um_fp_forget(current);
	um_backend->fp_init(fp);
	if (!from)
		return 0;

	if (copy_from_user(&sw, &((struct _fpstate_64 __user *)from)->sw_reserved,
			   sizeof(sw)))
		return -EFAULT;
	if (sw.magic1 == FP_XSTATE_MAGIC1 &&
	    sw.xstate_size >= XSAVE_LEGACY_SIZE + XSAVE_HEADER_SIZE &&
	    sw.xstate_size <= um_fp_size &&
	    !get_user(magic2, (u32 __user *)(from + sw.xstate_size)) &&
	    magic2 == FP_XSTATE_MAGIC2)
		size = sw.xstate_size;

	sw = ((struct _fpstate_64 *)fp)->sw_reserved;
	if (copy_from_user(fp, from, size))
		return -EFAULT;
	if (size == XSAVE_LEGACY_SIZE && um_fp_size > size)
		header_of(fp)->xstate_bv |= XFEATURE_FP_SSE;
	((struct _fpstate_64 *)fp)->sw_reserved = sw;
	if (size > XSAVE_LEGACY_SIZE) {
		/* As the processor's own restore: unknown features are dropped. */
		header_of(fp)->xstate_bv &= known_xfeatures();
		header_of(fp)->xcomp_bv = 0;
		memset(header_of(fp)->reserved, 0, sizeof(header_of(fp)->reserved));
	}
	return um_fp_valid(fp) ? 0 : -EINVAL;
}

static void regs_to_sigcontext(struct sigcontext *sc,
			       const struct pt_regs *regs)
{
	const struct thread_struct *thread = &current->thread;

	*sc = (struct sigcontext) {
		.r8 = regs->r8, .r9 = regs->r9, .r10 = regs->r10,
		.r11 = regs->r11, .r12 = regs->r12, .r13 = regs->r13,
		.r14 = regs->r14, .r15 = regs->r15,
		.di = regs->di, .si = regs->si, .bp = regs->bp,
		.bx = regs->bx, .dx = regs->dx, .ax = regs->ax,
		.cx = regs->cx, .sp = regs->sp, .ip = regs->ip,
		.flags = regs->flags,
		.cs = regs->cs, .ss = regs->ss,
		.err = thread->error_code,
		.trapno = thread->trap_nr,
		.cr2 = thread->cr2,
	};
}

static void sigcontext_to_regs(struct pt_regs *regs,
			       const struct sigcontext *sc)
{
	regs->r8 = sc->r8;
	regs->r9 = sc->r9;
	regs->r10 = sc->r10;
	regs->r11 = sc->r11;
	regs->r12 = sc->r12;
	regs->r13 = sc->r13;
	regs->r14 = sc->r14;
	regs->r15 = sc->r15;
	regs->di = sc->di;
	regs->si = sc->si;
	regs->bp = sc->bp;
	regs->bx = sc->bx;
	regs->dx = sc->dx;
	regs->ax = sc->ax;
	regs->cx = sc->cx;
	regs->sp = sc->sp;
	regs->ip = sc->ip;
	regs->flags = um_user_flags(regs->flags, sc->flags);
	/* Guests have one code segment: what the frame says does not matter. */
	regs->cs = UM_GUEST_CS;
	regs->ss = UM_GUEST_SS;
	regs->orig_ax = -1UL;
}

/* Where the frame goes; *fp is where the extended state does. */
static struct rt_sigframe __user *
place_frame(struct ksignal *ksig, struct pt_regs *regs, void __user **fp)
{
	unsigned long sp = regs->sp - RED_ZONE;
	unsigned long entry_sp = sp;
	bool onstack = on_sig_stack(regs->sp);
	bool switching = (ksig->ka.sa.sa_flags & SA_ONSTACK) &&
			 sas_ss_flags(regs->sp) == 0;

	if (switching)
		sp = sigsp(regs->sp, ksig);

	sp = round_down(sp - fp_frame_size(), FP_ALIGN);
	*fp = (void __user *)sp;
	sp = round_down(sp - sizeof(struct rt_sigframe), STACK_ALIGN) -
	     sizeof(long);

	/* An alternate stack that is too small must not be run over. */
	if ((switching && !__on_sig_stack(sp)) ||
	    (onstack && on_sig_stack(entry_sp) && !on_sig_stack(sp)))
		return NULL;
	return (struct rt_sigframe __user *)sp;
}

int um_sigframe_setup(struct ksignal *ksig, struct pt_regs *regs)
{
	struct rt_sigframe __user *frame;
	struct sigcontext sc;
	sigset_t *set = sigmask_to_save();
	struct ucontext uc = {
		.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS |
			    UC_STRICT_RESTORE_SS,
	};
	void __user *fp;

	/* The x86-64 ABI knows no other way back than the program's own. */
	if (!(ksig->ka.sa.sa_flags & SA_RESTORER))
		return -EFAULT;
	frame = place_frame(ksig, regs, &fp);
	if (!frame || !access_ok(frame, um_sigframe_size()))
		return -EFAULT;

	regs_to_sigcontext(&sc, regs);
	sc.fpstate = (__force __u64)fp;
	sc.oldmask = set->sig[0];
	uc.uc_mcontext = sc;
	uc.uc_sigmask = *set;
	if (put_fp(fp) ||
	    put_user(ksig->ka.sa.sa_restorer,
		     (__sigrestore_t __user *)&frame->pretcode) ||
	    copy_to_user(&frame->uc, &uc, sizeof(uc)) ||
	    __save_altstack(&frame->uc.uc_stack, regs->sp))
		return -EFAULT;
	if ((ksig->ka.sa.sa_flags & SA_SIGINFO) &&
	    copy_siginfo_to_user(&frame->info, &ksig->info))
		return -EFAULT;

	/* The handler starts with the state of a fresh program. */
	um_backend->fp_init(current->thread.fp);

	regs->di = ksig->sig;
	regs->si = (unsigned long)&frame->info;
	regs->dx = (unsigned long)&frame->uc;
	regs->ax = 0;
	regs->ip = (unsigned long)ksig->ka.sa.sa_handler;
	regs->sp = (unsigned long)frame;
	regs->flags &= ~(X86_EFLAGS_DF | X86_EFLAGS_RF | X86_EFLAGS_TF);
	return 0;
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = current_pt_regs();
	struct rt_sigframe __user *frame;
	struct ucontext uc;

	/* The restorer was returned to: the return address is gone. */
	frame = (struct rt_sigframe __user *)(regs->sp - sizeof(long));
	if (copy_from_user(&uc, &frame->uc, sizeof(uc)))
		goto bad_frame;

	set_current_blocked(&uc.uc_sigmask);
	sigcontext_to_regs(regs, &uc.uc_mcontext);
	if (get_fp((void __user *)uc.uc_mcontext.fpstate) ||
	    restore_altstack(&frame->uc.uc_stack))
		goto bad_frame;
	current->restart_block.fn = do_no_restart_syscall;
	return regs->ax;

bad_frame:
	force_sig(SIGSEGV);
	return 0;
}
