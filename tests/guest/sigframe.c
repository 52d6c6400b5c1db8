// SPDX-License-Identifier: GPL-2.0
/*
 * The contents of signal frames: every general register, rip, eflags, cs and ss, the fault
 * registers, uc_flags, alignment and red zone; the XSAVE area with its magics; vector, x87
 * and mxcsr state seen, preserved and changed through the frame; frames made invalid.
 * Not here: alternate stacks (sigstack.c), which signal a fault gives (fault.c).
 */
#include <sys/time.h>

#include "util.h"

#define UC_FP_XSTATE 1UL
#define UC_SIGCONTEXT_SS 2UL
#define UC_STRICT_RESTORE_SS 4UL
#define FP_XSTATE_MAGIC1 0x46505853U
#define FP_XSTATE_MAGIC2 0x46505845U

struct sw_bytes {
	u32 magic1;
	u32 extended_size;
	u64 xfeatures;
	u32 xstate_size;
};

/* Order of the registers in regs_in[], regs_out[]. */
static const int greg_of[16] = {
	REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
	REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
};

static const char * const reg_name[16] = {
	"rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "rsp",
	"r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
};

enum { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP, R8, R9, R10, R11, R12, R13, R14, R15 };

#define FLAGS_CF 0x001UL
#define FLAGS_PF 0x004UL
#define FLAGS_AF 0x010UL
#define FLAGS_ZF 0x040UL
#define FLAGS_SF 0x080UL
#define FLAGS_DF 0x400UL
#define FLAGS_OF 0x800UL
#define FLAGS_TESTED (FLAGS_CF | FLAGS_PF | FLAGS_AF | FLAGS_ZF | FLAGS_SF | FLAGS_DF | FLAGS_OF)
#define FLAGS_IOPL 0x3000UL

u64 regs_in[16], regs_out[16], flags_in, flags_out, saved_rsp, red_zone_damage;
u64 spin_stop;
extern const char trap_insn[], trap_next[], spin_begin[], spin_end[], sys_next[];
void run_trap(void);
void run_spin(void);
void run_syscall(void);

/*
 * Three ways to take a signal with known registers: at an instruction that traps, in a loop
 * that makes no calls, and on return from a system call. All load regs_in, store regs_out.
 */
asm(".macro save_callee\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	mov %rsp, saved_rsp(%rip)\n"
	"	.set i, 1\n"
	"	.rept 16\n"
	"	movq $0x5a000000 + i, -8 * i(%rsp)\n"
	"	.set i, i + 1\n"
	"	.endr\n"
	".endm\n"
	".macro load_regs\n"
	"	lea flags_in(%rip), %rax\n"
	"	mov %rsp, %rbx\n"
	"	lea -256(%rsp), %rsp\n"
	"	pushq (%rax)\n"
	"	popfq\n"
	"	mov %rbx, %rsp\n"
	"	mov regs_in+0(%rip), %rax\n"
	"	mov regs_in+8(%rip), %rbx\n"
	"	mov regs_in+16(%rip), %rcx\n"
	"	mov regs_in+24(%rip), %rdx\n"
	"	mov regs_in+32(%rip), %rsi\n"
	"	mov regs_in+40(%rip), %rdi\n"
	"	mov regs_in+48(%rip), %rbp\n"
	"	mov regs_in+64(%rip), %r8\n"
	"	mov regs_in+72(%rip), %r9\n"
	"	mov regs_in+80(%rip), %r10\n"
	"	mov regs_in+88(%rip), %r11\n"
	"	mov regs_in+96(%rip), %r12\n"
	"	mov regs_in+104(%rip), %r13\n"
	"	mov regs_in+112(%rip), %r14\n"
	"	mov regs_in+120(%rip), %r15\n"
	".endm\n"
	".macro store_regs\n"
	"	mov %rax, regs_out+0(%rip)\n"
	"	mov %rbx, regs_out+8(%rip)\n"
	"	mov %rcx, regs_out+16(%rip)\n"
	"	mov %rdx, regs_out+24(%rip)\n"
	"	mov %rsi, regs_out+32(%rip)\n"
	"	mov %rdi, regs_out+40(%rip)\n"
	"	mov %rbp, regs_out+48(%rip)\n"
	"	mov %rsp, regs_out+56(%rip)\n"
	"	mov %r8, regs_out+64(%rip)\n"
	"	mov %r9, regs_out+72(%rip)\n"
	"	mov %r10, regs_out+80(%rip)\n"
	"	mov %r11, regs_out+88(%rip)\n"
	"	mov %r12, regs_out+96(%rip)\n"
	"	mov %r13, regs_out+104(%rip)\n"
	"	mov %r14, regs_out+112(%rip)\n"
	"	mov %r15, regs_out+120(%rip)\n"
	"	mov saved_rsp(%rip), %rsp\n"
	"	lea -256(%rsp), %rsp\n"
	"	pushfq\n"
	"	pop flags_out(%rip)\n"
	"	mov saved_rsp(%rip), %rsp\n"
	"	cld\n"
	"	xor %eax, %eax\n"
	"	.set i, 1\n"
	"	.rept 16\n"
	"	mov -8 * i(%rsp), %rcx\n"
	"	sub $0x5a000000 + i, %rcx\n"
	"	or %rcx, %rax\n"
	"	.set i, i + 1\n"
	"	.endr\n"
	"	mov %rax, red_zone_damage(%rip)\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	".endm\n"
	"	.text\n"
	"run_trap:\n"
	"	save_callee\n"
	"	load_regs\n"
	"trap_insn: ud2\n"
	"trap_next:\n"
	"	store_regs\n"
	"	ret\n"
	/* rax counts, r11 is scratch: all else must stay as loaded. */
	"run_spin:\n"
	"	save_callee\n"
	"	load_regs\n"
	"spin_begin:\n"
	"	cmpq $0, spin_stop(%rip)\n"
	"	je spin_begin\n"
	"spin_end:\n"
	"	store_regs\n"
	"	ret\n"
	"run_syscall:\n"
	"	save_callee\n"
	"	load_regs\n"
	"	syscall\n"
	"sys_next:\n"
	"	store_regs\n"
	"	ret\n");

static struct {
	int calls;
	int sig;
	unsigned long uc_flags;
	unsigned long cs, ss;
	uintptr_t uc_addr, fpstate_addr, info_addr;
	u64 gregs[16];
	u64 rip, eflags, flags_now;
	bool modify;
} seen;

static void frame_handler(int sig, siginfo_t *info, void *ucontext)
{
	ucontext_t *uc = ucontext;
	greg_t *gregs = uc->uc_mcontext.gregs;

	asm volatile("pushfq; popq %0" : "=r" (seen.flags_now));
	seen.calls++;
	seen.sig = sig;
	seen.uc_flags = uc->uc_flags;
	seen.uc_addr = (uintptr_t)uc;
	seen.info_addr = (uintptr_t)info;
	seen.fpstate_addr = (uintptr_t)uc->uc_mcontext.fpregs;
	seen.cs = gregs[REG_CSGSFS] & 0xffff;
	seen.ss = gregs[REG_CSGSFS] >> 48 & 0xffff;
	seen.rip = gregs[REG_RIP];
	seen.eflags = gregs[REG_EFL];
	for (int i = 0; i < 16; i++)
		seen.gregs[i] = gregs[greg_of[i]];
	if (sig == SIGILL)
		gregs[REG_RIP] = (greg_t)trap_next;
	else
		WRITE_VAR(spin_stop, 1);
	if (!seen.modify)
		return;
	for (int i = 0; i < 16; i++)
		gregs[greg_of[i]] = i == RSP ? gregs[REG_RSP] - 512 : (greg_t)~regs_in[i];
	gregs[REG_EFL] ^= FLAGS_TESTED;
	gregs[REG_EFL] |= FLAGS_IOPL;
}

static void set_regs(u64 seed, u64 flags)
{
	for (int i = 0; i < 16; i++)
		regs_in[i] = seed * (i + 1) ^ 0x8000000080000001;
	flags_in = flags | 0x202;
	memset(&seen, 0, sizeof(seen));
	memset(regs_out, 0, sizeof(regs_out));
	red_zone_damage = 1;
	spin_stop = 0;
	regs_in[RSP] = 0;
}

/* Compare all registers but those in the mask @except; rsp against where it was. */
static bool regs_match(const u64 *got, const u64 *want, unsigned int except)
{
	bool good = true;

	for (int i = 0; i < 16; i++) {
		u64 expect = i == RSP ? saved_rsp : want[i];

		if (except & 1U << i || got[i] == expect)
			continue;
		tap_note("%s is 0x%lx, want 0x%lx", reg_name[i], got[i], expect);
		good = false;
	}
	return good;
}

static void test_trap(u64 seed, u64 flags)
{
	set_regs(seed, flags);
	run_trap();
	ok_eq(seen.calls, 1, "trap: the handler ran once");
	ok(regs_match(seen.gregs, regs_in, 0), "trap: frame holds all general registers");
	ok_eq(seen.rip, (uintptr_t)trap_insn, "trap: frame rip is the trapping instruction");
	ok_eq(seen.eflags & FLAGS_TESTED, flags, "trap: frame eflags");
	ok_eq(seen.flags_now & FLAGS_DF, 0, "trap: the handler starts with DF clear");
	ok(regs_match(regs_out, regs_in, 0), "trap: all registers are back after sigreturn");
	ok_eq(flags_out & FLAGS_TESTED, flags, "trap: eflags are back after sigreturn");
	ok_eq(red_zone_damage, 0, "trap: the red zone is untouched");
}

static void test_frame_shape(void)
{
	set_regs(0x1111111111111111, 0);
	run_trap();
	ok_eq(seen.cs, 0x33, "frame cs is the 64-bit user code segment");
	ok_eq(seen.ss, 0x2b, "frame ss is the user data segment");
	ok_eq(seen.uc_addr % 16, 0, "ucontext is aligned to 16");
	ok_eq(seen.fpstate_addr % 64, 0, "fpstate is aligned to 64");
	ok(seen.info_addr > seen.uc_addr && seen.info_addr < seen.fpstate_addr,
	   "siginfo lies between ucontext and fpstate");
	ok(seen.uc_addr < saved_rsp - 128, "the frame is below the red zone");
	ok(seen.uc_flags & UC_SIGCONTEXT_SS, "uc_flags say that ss is saved");
	ok(seen.uc_flags & UC_STRICT_RESTORE_SS, "uc_flags say that ss is restored");
	ok_eq(!!(seen.uc_flags & UC_FP_XSTATE), xfeatures_on() != 0,
	      "uc_flags tell of the XSAVE area if there is one");
}

static void test_modified(void)
{
	u64 want[16];

	set_regs(0x0123456789abcdef, FLAGS_CF | FLAGS_SF);
	for (int i = 0; i < 16; i++)
		want[i] = ~regs_in[i];
	seen.modify = true;
	run_trap();
	ok(regs_match(regs_out, want, 1U << RSP), "sigreturn loads modified general registers");
	ok_eq(regs_out[RSP], saved_rsp - 512, "sigreturn loads a modified rsp");
	ok_eq(flags_out & FLAGS_TESTED, FLAGS_TESTED ^ FLAGS_CF ^ FLAGS_SF,
	      "sigreturn loads modified eflags");
	ok_eq(flags_out & FLAGS_IOPL, 0, "sigreturn does not hand out I/O privilege");
}

static void test_spin(void)
{
	struct itimerval it = { .it_value.tv_usec = 20000 };

	set_regs(0xfedcba9876543210, FLAGS_DF);
	need(setitimer(ITIMER_REAL, &it, NULL) == 0);
	run_spin();
	ok_eq(seen.sig, SIGALRM, "a timer signal arrives in a loop without calls");
	ok(seen.rip >= (uintptr_t)spin_begin && seen.rip < (uintptr_t)spin_end,
	   "asynchronous: frame rip is inside the loop");
	ok(regs_match(seen.gregs, regs_in, 0), "asynchronous: frame holds all registers");
	ok(regs_match(regs_out, regs_in, 0), "asynchronous: all registers are back");
	ok(seen.eflags & flags_out & FLAGS_DF, "asynchronous: DF is saved and restored");
	ok_eq(red_zone_damage, 0, "asynchronous: the red zone is untouched");
}

static void test_syscall(void)
{
	unsigned int scratch = 1U << RAX | 1U << RCX | 1U << R11;

	set_regs(0x13579bdf02468ace, FLAGS_CF);
	regs_in[RAX] = SYS_kill;
	regs_in[RDI] = getpid();
	regs_in[RSI] = SIGALRM;
	run_syscall();
	ok_eq(seen.calls, 1, "a signal to oneself arrives before kill() is over");
	ok_eq(seen.rip, (uintptr_t)sys_next, "after kill(): frame rip is behind the call");
	ok_eq(seen.gregs[RAX], 0, "after kill(): frame rax is the result");
	ok_eq(regs_out[RAX], 0, "after kill(): the result survives the handler");
	ok(regs_match(seen.gregs, regs_in, scratch),
	   "after kill(): frame holds the other registers");
	ok(regs_match(regs_out, regs_in, scratch), "after kill(): the other registers are back");
	ok_eq(regs_out[RCX], (uintptr_t)sys_next, "a system call leaves rip in rcx");
	ok_eq(regs_out[R11] & FLAGS_TESTED, FLAGS_CF, "a system call leaves eflags in r11");
}

/* --- fault registers ------------------------------------------------------ */

static void test_fault_regs(void)
{
	char *page = map_anon(3 * PAGE);

	fault_init();
	page[0] = (char)0xc3;
	need(mprotect(page, PAGE, PROT_READ) == 0);
	need(munmap(page + PAGE, PAGE) == 0);

	ok_eq(fault_of(do_write, page + 8), SIGSEGV, "write to a read-only page");
	ok_eq(fault_seen.trapno, 14, "its trapno is page fault");
	ok_eq(fault_seen.cr2, (uintptr_t)page + 8, "its cr2 is the address");
	ok_eq(fault_seen.err, 7, "its error code: present, write, user");
	fault_of(do_read, page + PAGE + 16);
	ok_eq(fault_seen.cr2, (uintptr_t)page + PAGE + 16, "read of a hole: cr2");
	ok_eq(fault_seen.err, 4, "read of a hole: error code: user");
	fault_of(do_write, page + PAGE + 24);
	ok_eq(fault_seen.err, 6, "write to a hole: error code: write, user");
	fault_of(do_call, page);
	ok_eq(fault_seen.err, 0x15, "call of a no-exec page: error code: present, user, fetch");
	ok_eq(fault_seen.cr2, (uintptr_t)page, "call of a no-exec page: cr2");
	ok_eq(fault_seen.rip, (uintptr_t)page, "call of a no-exec page: rip");
	munmap(page, PAGE);
	munmap(page + 2 * PAGE, PAGE);
}

/* --- extended state ------------------------------------------------------- */

#define NR_YMM 16
#define NR_ZMM 32

union vec {
	u8 b[64];
	u64 q[8];
};

static struct sw_bytes sw_seen;
static u64 xstate_bv_seen;
static u32 magic2_seen, mxcsr_seen, mxcsr_in_handler;
static u16 cwd_seen, cwd_in_handler;
static u8 st0_seen[10];
static union vec vec_seen[NR_ZMM];
static u64 opmask_seen[8];
/* Read in the handler, which the compiler does not see run. */
static volatile enum { FP_LOOK, FP_CHANGE, FP_NULL, FP_NO_MAGIC, FP_BAD_MXCSR } fp_action;

static void fill(union vec *v, int n, u8 seed)
{
	for (int i = 0; i < n; i++)
		for (int j = 0; j < 64; j++)
			v[i].b[j] = seed + 7 * i + 3 * j;
}

static void look_at_vectors(const u8 *fx)
{
	for (int i = 0; i < 16; i++) {
		memcpy(&vec_seen[i].b[0], fx + FX_XMM0 + 16 * i, 16);
		if (has_avx())
			memcpy(&vec_seen[i].b[16], fx + xfeature_offset(XF_YMM) + 16 * i, 16);
		if (has_avx512()) {
			memcpy(&vec_seen[i].b[32], fx + xfeature_offset(XF_ZMM_HI256) + 32 * i, 32);
			memcpy(&vec_seen[16 + i], fx + xfeature_offset(XF_HI16_ZMM) + 64 * i, 64);
		}
	}
	if (has_avx512())
		memcpy(opmask_seen, fx + xfeature_offset(XF_OPMASK), sizeof(opmask_seen));
}

/* Invert: xmm3, the upper half of ymm5, the upper half of zmm7, zmm20, k2. */
static void change_vectors(u8 *fx)
{
	for (int j = 0; j < 16; j++) {
		fx[FX_XMM0 + 16 * 3 + j] ^= 0xff;
		if (has_avx())
			fx[xfeature_offset(XF_YMM) + 16 * 5 + j] ^= 0xff;
	}
	if (!has_avx512())
		return;
	for (int j = 0; j < 32; j++)
		fx[xfeature_offset(XF_ZMM_HI256) + 32 * 7 + j] ^= 0xff;
	for (int j = 0; j < 64; j++)
		fx[xfeature_offset(XF_HI16_ZMM) + 64 * 4 + j] ^= 0xff;
	for (int j = 0; j < 8; j++)
		fx[xfeature_offset(XF_OPMASK) + 8 * 2 + j] ^= 0xff;
}

static void fp_handler(int sig, siginfo_t *info, void *ucontext)
{
	ucontext_t *uc = ucontext;
	u8 *fx = (u8 *)uc->uc_mcontext.fpregs;

	asm volatile("stmxcsr %0; fnstcw %1" : "=m" (mxcsr_in_handler), "=m" (cwd_in_handler));
	(void)sig;
	(void)info;
	memcpy(&sw_seen, fx + FX_SW_RESERVED, sizeof(sw_seen));
	memcpy(&mxcsr_seen, fx + FX_MXCSR, 4);
	memcpy(&cwd_seen, fx + FX_CWD, 2);
	memcpy(st0_seen, fx + FX_ST0, 10);
	if (uc->uc_flags & UC_FP_XSTATE) {
		memcpy(&xstate_bv_seen, fx + XSAVE_HEADER, 8);
		memcpy(&magic2_seen, fx + sw_seen.xstate_size, 4);
	}
	look_at_vectors(fx);
	switch (fp_action) {
	case FP_LOOK:
		break;
	case FP_CHANGE:
		change_vectors(fx);
		break;
	case FP_NULL:
		uc->uc_mcontext.fpregs = NULL;
		break;
	case FP_NO_MAGIC:
		memset(fx + FX_SW_RESERVED, 0, 4);
		break;
	case FP_BAD_MXCSR:
		memset(fx + FX_MXCSR, 0xff, 4);
		break;
	}
	/* The handler's own use of the registers must not reach the interrupted code. */
	asm volatile("fninit; fldpi; fldpi");
	if (has_avx())
		asm volatile("vzeroall" : : :
			     "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
			     "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
	uc->uc_mcontext.gregs[REG_RIP] += 2;
}

#define XMM_CLOBBERS \
	"xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", \
	"xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15"

/* Load the registers from @in, trap, store them to @out; vectors are 64 bytes apart. */
static void trap_xmm(const union vec *in, union vec *out)
{
	asm volatile(".set i, 0\n"
		     ".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		     "movdqu 64 * \\r(%0), %%xmm\\r\n"
		     ".endr\n"
		     "ud2\n"
		     ".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		     "movdqu %%xmm\\r, 64 * \\r(%1)\n"
		     ".endr\n"
		     : : "r" (in), "r" (out) : "memory", XMM_CLOBBERS);
}

static void trap_ymm(const union vec *in, union vec *out)
{
	asm volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		     "vmovdqu 64 * \\r(%0), %%ymm\\r\n"
		     ".endr\n"
		     "ud2\n"
		     ".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		     "vmovdqu %%ymm\\r, 64 * \\r(%1)\n"
		     ".endr\n"
		     "vzeroupper\n"
		     : : "r" (in), "r" (out) : "memory", XMM_CLOBBERS);
}

static void trap_zmm(const union vec *in, union vec *out, const u64 *k_in, u64 *k_out)
{
	asm volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		     "vmovdqu64 64 * \\r(%0), %%zmm\\r\n"
		     ".endr\n"
		     ".irp r, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
		     "vmovdqu64 64 * \\r(%0), %%zmm\\r\n"
		     ".endr\n"
		     ".irp r, 0,1,2,3,4,5,6,7\n"
		     "kmovw 8 * \\r(%2), %%k\\r\n"
		     ".endr\n"
		     "ud2\n"
		     ".irp r, 0,1,2,3,4,5,6,7\n"
		     "kmovw %%k\\r, 8 * \\r(%3)\n"
		     ".endr\n"
		     ".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
		     "vmovdqu64 %%zmm\\r, 64 * \\r(%1)\n"
		     ".endr\n"
		     ".irp r, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n"
		     "vmovdqu64 %%zmm\\r, 64 * \\r(%1)\n"
		     ".endr\n"
		     "vzeroupper\n"
		     : : "r" (in), "r" (out), "r" (k_in), "r" (k_out) : "memory", XMM_CLOBBERS);
}

static bool vectors_equal(const union vec *got, const union vec *want, int n, size_t len)
{
	bool good = true;

	for (int i = 0; i < n; i++) {
		if (!memcmp(&got[i], &want[i], len))
			continue;
		tap_note("vector register %d differs: %016lx... want %016lx...", i,
			 got[i].q[0], want[i].q[0]);
		good = false;
	}
	return good;
}

static void test_xsave_area(void)
{
	u64 on = xfeatures_on();
	union vec in[NR_YMM], out[NR_YMM];

	if (!on) {
		tap_skip("XSAVE area in the frame", "no XSAVE");
		return;
	}
	fill(in, NR_YMM, 1);
	if (has_avx())
		trap_ymm(in, out);
	else
		trap_xmm(in, out);
	ok_eq(sw_seen.magic1, FP_XSTATE_MAGIC1, "fpstate says magic 1");
	ok_eq(magic2_seen, FP_XSTATE_MAGIC2, "magic 2 follows the extended state");
	ok_eq(sw_seen.extended_size, sw_seen.xstate_size + 4, "extended size covers magic 2");
	ok_eq(sw_seen.xfeatures & 0xe7, on & 0xe7, "frame xfeatures are those of xgetbv");
	ok(!has_avx() || sw_seen.xstate_size >= xfeature_offset(XF_YMM) + 256,
	   "the XSAVE area has room for ymm (%u bytes)", sw_seen.xstate_size);
	ok(!has_avx512() || sw_seen.xstate_size >= xfeature_offset(XF_HI16_ZMM) + 1024,
	   "the XSAVE area has room for zmm16-31 if the CPU has them");
	ok_eq(xstate_bv_seen & on & 6, on & 6, "the header marks SSE and AVX as in use");
}

static void test_vectors(const char *what, void (*trap)(const union vec *, union vec *), size_t len)
{
	union vec in[NR_YMM], out[NR_YMM];

	fill(in, NR_YMM, 11);
	memset(out, 0, sizeof(out));
	fp_action = FP_LOOK;
	trap(in, out);
	ok(vectors_equal(vec_seen, in, NR_YMM, len), "%s registers are visible in the frame", what);
	ok(vectors_equal(out, in, NR_YMM, len),
	   "%s registers survive a handler that uses them", what);

	fp_action = FP_CHANGE;
	trap(in, out);
	for (int j = 0; j < 16; j++) {
		in[3].b[j] ^= 0xff;
		in[5].b[16 + j] ^= 0xff;
	}
	ok(vectors_equal(out, in, NR_YMM, len), "%s registers can be changed in the frame", what);
	fp_action = FP_LOOK;
}

static void test_zmm(void)
{
	union vec in[NR_ZMM], out[NR_ZMM];
	u64 k_in[8], k_out[8] = { 0 };

	if (!has_avx512()) {
		tap_skip("zmm registers in the frame", "the CPU has no AVX-512");
		return;
	}
	fill(in, NR_ZMM, 23);
	for (int i = 0; i < 8; i++)
		k_in[i] = (0x1234 + 0x1111 * i) & 0xffff;
	trap_zmm(in, out, k_in, k_out);
	ok(vectors_equal(vec_seen, in, NR_ZMM, 64), "zmm registers are visible in the frame");
	ok(vectors_equal(out, in, NR_ZMM, 64), "zmm registers survive a handler that uses them");
	ok(!memcmp(opmask_seen, k_in, sizeof(k_in)), "mask registers are visible in the frame");
	for (int i = 0; i < 8; i++)
		k_out[i] &= 0xffff;
	ok(!memcmp(k_out, k_in, sizeof(k_in)), "mask registers survive a handler");
	fp_action = FP_CHANGE;
	trap_zmm(in, out, k_in, k_out);
	fp_action = FP_LOOK;
	for (int j = 0; j < 64; j++) {
		in[3].b[j] ^= j < 16 ? 0xff : 0;
		in[5].b[j] ^= j >= 16 && j < 32 ? 0xff : 0;
		in[7].b[j] ^= j >= 32 ? 0xff : 0;
		in[20].b[j] ^= 0xff;
	}
	ok(vectors_equal(out, in, NR_ZMM, 64), "zmm registers can be changed in the frame");
	ok_eq(k_out[2] & 0xffff, ~k_in[2] & 0xffff, "mask registers can be changed in the frame");
}

static void test_control_words(void)
{
	/* Rounding toward zero, all exceptions masked; x87 with 53-bit precision. */
	u32 mxcsr = 0x7f80, mxcsr_after, mxcsr_default = 0x1f80;
	u16 cwd = 0x027f, cwd_after;
	u8 pi[10], st0_after[10];

	asm volatile("fldpi; fstpt %0" : "=m" (pi));
	asm volatile("fldcw %4; ldmxcsr %3; fldpi; ud2; fstpt %2; stmxcsr %0; fnstcw %1\n"
		     "fninit; ldmxcsr %5"
		     : "=m" (mxcsr_after), "=m" (cwd_after), "=m" (st0_after)
		     : "m" (mxcsr), "m" (cwd), "m" (mxcsr_default) : "st");
	ok_eq(mxcsr_seen, mxcsr, "mxcsr is visible in the frame");
	ok_eq(cwd_seen, cwd, "the x87 control word is visible in the frame");
	ok(!memcmp(st0_seen, pi, 10), "st(0) is visible in the frame");
	ok_eq(mxcsr_in_handler, 0x1f80, "the handler starts with the default mxcsr");
	ok_eq(cwd_in_handler, 0x37f, "the handler starts with the default x87 control word");
	ok_eq(mxcsr_after, mxcsr, "mxcsr survives the handler");
	ok_eq(cwd_after, cwd, "the x87 control word survives the handler");
	ok(!memcmp(st0_after, pi, 10), "st(0) survives the handler");
}

/* Frames that are less than whole; the outcomes are those of a kernel on bare hardware. */
static void test_reduced_frames(void)
{
	static const union vec zero[NR_YMM];
	union vec in[NR_YMM], out[NR_YMM];
	size_t len = has_avx() ? 32 : 16;
	bool good = true;

	fill(in, NR_YMM, 77);
	fp_action = FP_NULL;
	if (has_avx())
		trap_ymm(in, out);
	else
		trap_xmm(in, out);
	ok(vectors_equal(out, zero, NR_YMM, len), "a frame without fpstate clears the registers");
	fp_action = FP_NO_MAGIC;
	if (has_avx()) {
		trap_ymm(in, out);
		for (int i = 0; i < NR_YMM; i++)
			good = good && !memcmp(out[i].b, in[i].b, 16) &&
			       !memcmp(out[i].b + 16, zero[0].b, 16);
		ok(good, "a frame without magic 1 restores xmm and clears the rest of ymm");
	} else {
		tap_skip("a frame without magic 1", "no AVX");
	}
	fp_action = FP_LOOK;
}

static int bad_mxcsr_child(void *arg)
{
	union vec in[NR_YMM], out[NR_YMM];

	(void)arg;
	fill(in, NR_YMM, 5);
	fp_action = FP_BAD_MXCSR;
	trap_xmm(in, out);
	return 1;
}

static void bad_rip_handler(int sig, siginfo_t *info, void *ucontext)
{
	(void)sig;
	(void)info;
	((ucontext_t *)ucontext)->uc_mcontext.gregs[REG_RIP] = 0x8000000000001000;
}

static int bad_rip_child(void *arg)
{
	(void)arg;
	on_signal(SIGUSR1, bad_rip_handler, 0);
	raise(SIGUSR1);
	return 1;
}

static int bad_frame_child(void *arg)
{
	/* A sigreturn from where no frame can be. */
	asm volatile("mov %0, %%rsp; mov $15, %%eax; syscall; ud2" : : "r" (arg));
	return 1;
}

static void test_bad_frames(void)
{
	signal(SIGSEGV, SIG_DFL);
	ok(killed_by(run_child(bad_mxcsr_child, NULL), SIGSEGV),
	   "reserved mxcsr bits in a frame end the program with SIGSEGV");
	ok(killed_by(run_child(bad_rip_child, NULL), SIGSEGV),
	   "a non-canonical rip in a frame ends the program with SIGSEGV");
	ok(killed_by(run_child(bad_frame_child, (void *)0x10), SIGSEGV),
	   "sigreturn with rsp in a hole ends the program with SIGSEGV");
}

int main(void)
{
	on_signal(SIGILL, frame_handler, 0);
	on_signal(SIGALRM, frame_handler, 0);
	test_trap(0x0102030405060708, FLAGS_CF | FLAGS_AF | FLAGS_SF | FLAGS_DF);
	test_trap(0xf0e0d0c0b0a09080, FLAGS_PF | FLAGS_ZF | FLAGS_OF);
	test_frame_shape();
	test_modified();
	test_spin();
	test_syscall();

	test_fault_regs();

	on_signal(SIGILL, fp_handler, 0);
	test_xsave_area();
	test_vectors("xmm", trap_xmm, 16);
	if (has_avx())
		test_vectors("ymm", trap_ymm, 32);
	else
		tap_skip("ymm registers in the frame", "no AVX");
	test_zmm();
	test_control_words();
	test_reduced_frames();
	test_bad_frames();
	return tap_done();
}
