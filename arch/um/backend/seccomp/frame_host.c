// SPDX-License-Identifier: GPL-2.0
/*
 * Signal frames as the host makes them on the stack in a slot:
 *
 *   higher    extended state: fp_size bytes, then a magic word
 *             siginfo
 *   lower     ucontext
 *
 * The stub says where they are. Guest code can make it say anything, so each
 * address is checked to lie in the slot before it is used, and what is read
 * is copied once.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <linux/audit.h>

#include "../stub/stub_layout.h"
#include "frame_host.h"
#include "slot_host.h"

enum {
	USER_CS = 0x33,
	USER_SS = 0x2b,
	/* Arithmetic flags, trap, direction, resume, alignment check. */
	USER_FLAGS = 0x50dd5,
	FLAG_TRAP = 0x100,
	/* Always one; interrupts enabled. */
	FIXED_FLAGS = 0x202,
	TRAP_PAGE_FAULT = 14,
	/* Where a frame's state tells its own size, and a mask of features. */
	SW_BYTES = 464,
	SW_BYTES_END = 512,
	FXSAVE_SIZE = 512,
	XSTATE_MAX = 16384,
	/* siginfo of SIGSYS: <asm/siginfo.h> has it, libc's signal.h too. */
	SYS_SECCOMP_CODE = 1,
	SYS_DISPATCH_CODE = 2,
};

/* The beginning of the host's struct ucontext, which libc's differs from. */
struct frame_context {
	unsigned long flags;
	unsigned long link;
	unsigned long stack[3];
	struct sigcontext regs;
	unsigned long mask;
};

struct frame_siginfo {
	__s32 signo;
	__s32 error;
	__s32 code;
	__s32 pad;
	__u64 addr;
	__s32 syscall;
	__u32 arch;
};

static size_t fp_size = FXSAVE_SIZE;
static unsigned char fp_fresh[XSTATE_MAX];

/* The template's stack at its first stop, and where its frame is. */
static unsigned char first_stack[STUB_DATA_SIZE - STUB_STACK];
static __u64 first_frame, first_siginfo;

/* Something of the stack in the slot, or NULL. */
static void *in_slot(struct stub_slot *slot, __u64 va, size_t len)
{
	__u64 start = slot->va + STUB_STACK;

	if (va < start || va > slot->va + STUB_DATA_SIZE - len || va % 8)
		return NULL;
	return (char *)slot->page + (va - slot->va);
}

/* Read once: guest code may change it between a look and a use. */
static __u64 read_once(const __u64 *word)
{
	return *(const volatile __u64 *)word;
}

static struct frame_context *context_at(struct stub_slot *slot, __u64 va)
{
	return in_slot(slot, va, sizeof(struct frame_context));
}

static struct frame_context *context_of(struct stub_slot *slot)
{
	return context_at(slot, read_once(&slot->page->frame));
}

unsigned char *frame_fp(struct stub_slot *slot)
{
	struct frame_context *c = context_of(slot);

	if (!c)
		return NULL;
	return in_slot(slot, read_once((__u64 *)&c->regs.fpstate), fp_size);
}

int frame_put(struct stub_slot *slot, const struct guest_regs *r, bool step)
{
	struct frame_context *c = context_of(slot);
	struct stub_page *page = slot->page;

	if (!c)
		return -EFAULT;
	c->regs.r8 = r->r8;
	c->regs.r9 = r->r9;
	c->regs.r10 = r->r10;
	c->regs.r11 = r->r11;
	c->regs.r12 = r->r12;
	c->regs.r13 = r->r13;
	c->regs.r14 = r->r14;
	c->regs.r15 = r->r15;
	c->regs.rdi = r->di;
	c->regs.rsi = r->si;
	c->regs.rbp = r->bp;
	c->regs.rbx = r->bx;
	c->regs.rdx = r->dx;
	c->regs.rax = r->ax;
	c->regs.rcx = r->cx;
	c->regs.rsp = r->sp;
	c->regs.rip = r->ip;
	c->regs.eflags = (r->flags & USER_FLAGS) | FIXED_FLAGS |
			(step ? FLAG_TRAP : 0);
	/* A guest with signals blocked could not be stopped. */
	c->mask = 0;
	page->fs_base = r->fs_base;
	page->gs_base = r->gs_base;
	return 0;
}

static void fault_event(const struct sigcontext *regs,
			const struct frame_siginfo *si, __u32 signo,
			struct guest_event *ev)
{
	ev->kind = GUEST_EVENT_FAULT;
	ev->signo = signo;
	ev->code = si->code;
	ev->addr = si->addr;
	ev->error_known = signo == SIGSEGV && regs->trapno == TRAP_PAGE_FAULT;
	ev->error = regs->err;
}

int frame_get(struct stub_slot *slot, struct guest_regs *r, bool step,
	      struct guest_event *ev)
{
	struct frame_context *c = context_of(slot);
	struct stub_page *page = slot->page;
	__u32 signo = *(volatile __u32 *)&page->signo;
	struct frame_siginfo *where, si;
	struct sigcontext regs;

	where = in_slot(slot, read_once(&page->siginfo), sizeof(*where));
	if (!c || !where)
		return -EFAULT;
	memcpy(&si, where, sizeof(si));
	memcpy(&regs, &c->regs, sizeof(regs));
	/* The copies are what counts from here on. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);

	/* A single step's trap flag is ours, unless the guest set it too. */
	if (step && !(r->flags & FLAG_TRAP))
		regs.eflags &= ~(__u64)FLAG_TRAP;
	*r = (struct guest_regs) {
		.r8 = regs.r8, .r9 = regs.r9, .r10 = regs.r10, .r11 = regs.r11,
		.r12 = regs.r12, .r13 = regs.r13, .r14 = regs.r14,
		.r15 = regs.r15, .di = regs.rdi, .si = regs.rsi, .bp = regs.rbp,
		.bx = regs.rbx, .dx = regs.rdx, .ax = regs.rax, .cx = regs.rcx,
		.sp = regs.rsp, .ip = regs.rip, .flags = regs.eflags,
		.orig_ax = -1ULL, .cs = USER_CS, .ss = USER_SS,
		.fs_base = page->fs_base, .gs_base = page->gs_base,
	};

	switch (signo) {
	case SIGSYS:
		ev->kind = GUEST_EVENT_SYSCALL;
		/* Calls of 32-bit programs have no number here. */
		r->orig_ax = (si.code == SYS_SECCOMP_CODE ||
			      si.code == SYS_DISPATCH_CODE) &&
			     si.arch == AUDIT_ARCH_X86_64 ? regs.rax : 0xffff;
		r->ax = -ENOSYS;
		break;
	case SIGSEGV:
	case SIGBUS:
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
		fault_event(&regs, &si, signo, ev);
		break;
	default:
		ev->kind = GUEST_EVENT_KICK;
		break;
	}
	return 0;
}

int frame_rest(struct stub_slot *slot, struct guest_regs *r)
{
	struct frame_context *c = context_of(slot);
	const struct stub_page *page = slot->page;

	if (!c)
		return -EFAULT;
	r->bx = c->regs.rbx;
	r->bp = c->regs.rbp;
	r->r12 = c->regs.r12;
	r->r13 = c->regs.r13;
	r->r14 = c->regs.r14;
	r->r15 = c->regs.r15;
	r->sp = c->regs.rsp;
	r->flags = c->regs.eflags;
	r->r11 = c->regs.eflags;
	r->fs_base = page->fs_base;
	r->gs_base = page->gs_base;
	return 0;
}

void frame_of_call(const struct notice_call *call, struct guest_regs *r)
{
	r->orig_ax = call->nr;
	r->ax = -ENOSYS;
	r->di = call->arg[0];
	r->si = call->arg[1];
	r->dx = call->arg[2];
	r->r10 = call->arg[3];
	r->r8 = call->arg[4];
	r->r9 = call->arg[5];
	r->ip = call->ip;
	r->cx = call->ip;
	r->cs = USER_CS;
	r->ss = USER_SS;
}

/* --- vector state -------------------------------------------------------- */

size_t frame_fp_size(void)
{
	return fp_size;
}

int frame_fp_get(struct stub_slot *slot, void *buf)
{
	unsigned char *fp = frame_fp(slot);

	if (!fp)
		return -EFAULT;
	memcpy(buf, fp, fp_size);
	/* Of the frame, not of the processor. */
	memcpy((char *)buf + SW_BYTES, fp_fresh + SW_BYTES,
	       SW_BYTES_END - SW_BYTES);
	return 0;
}

int frame_fp_set(struct stub_slot *slot, const void *buf)
{
	unsigned char *fp = frame_fp(slot);

	if (!fp)
		return -EFAULT;
	memcpy(fp, buf, SW_BYTES);
	if (fp_size > SW_BYTES_END)
		memcpy(fp + SW_BYTES_END, (const char *)buf + SW_BYTES_END,
		       fp_size - SW_BYTES_END);
	return 0;
}

void frame_fp_init(void *buf)
{
	memcpy(buf, fp_fresh, fp_size);
}

/* What a frame says about itself becomes what ptrace says: features first. */
static void fresh_from(const unsigned char *fp, __u64 features)
{
	memcpy(fp_fresh, fp, fp_size);
	memset(fp_fresh + SW_BYTES, 0, SW_BYTES_END - SW_BYTES);
	memcpy(fp_fresh + SW_BYTES, &features, sizeof(features));
}

/* All guest threads begin with it. The template knows no secrets. */
static void remember(struct stub_slot *slot)
{
	memcpy(first_stack, (char *)slot->page + STUB_STACK, sizeof(first_stack));
	first_frame = slot->page->frame;
	first_siginfo = slot->page->siginfo;
}

int frame_learn(struct stub_slot *slot)
{
	unsigned char *fp = frame_fp(slot);
	struct _fpx_sw_bytes sw;

	if (!fp)
		return -EPROTO;
	memcpy(&sw, fp + SW_BYTES, sizeof(sw));
	if (sw.magic1 == FP_XSTATE_MAGIC1) {
		if (sw.xstate_size > XSTATE_MAX)
			return -E2BIG;
		fp_size = sw.xstate_size;
		fp = frame_fp(slot);
		if (!fp)
			return -EPROTO;
	}
	fresh_from(fp, sw.magic1 == FP_XSTATE_MAGIC1 ? sw.xstate_bv : 0);
	remember(slot);
	return 0;
}

int frame_fresh(struct stub_slot *slot)
{
	const __u64 move = slot->va - STUB_DATA;
	struct frame_context *c = context_at(slot, first_frame + move);

	if (!c)
		return -EFAULT;
	memcpy((char *)slot->page + STUB_STACK, first_stack, sizeof(first_stack));
	slot->page->frame = first_frame + move;
	slot->page->siginfo = first_siginfo + move;
	c->regs.fpstate = (void *)((__u64)c->regs.fpstate + move);
	c->stack[0] = slot->va + STUB_STACK;
	c->mask = 0;
	return 0;
}
