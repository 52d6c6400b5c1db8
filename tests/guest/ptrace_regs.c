// SPDX-License-Identifier: GPL-2.0
/*
 * ptrace: memory and registers of a child: PEEK and POKE, PEEKUSER and POKEUSER, GETREGS and
 * SETREGS, the register sets NT_PRSTATUS, NT_PRFPREG and NT_X86_XSTATE, read and written in
 * full and in part, seen by the child's own instructions.
 * Not here: stepping (ptrace_step.c), attaching and events (ptrace_event.c).
 */
#include <stddef.h>
#include <sys/reg.h>

#include "tracer.h"

/* The child loads this pattern, stops at int3 and afterwards stores what it has. */
static u64 after[16];
extern const char pattern_stop[];
void run_pattern(u64 *store);

asm("	.text\n"
	"run_pattern:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	push %rdi\n"
	"	mov $0x1100000000000001, %rax; mov $0x1100000000000002, %rbx\n"
	"	mov $0x1100000000000003, %rcx; mov $0x1100000000000004, %rdx\n"
	"	mov $0x1100000000000005, %rsi; mov $0x1100000000000006, %rdi\n"
	"	mov $0x1100000000000007, %rbp; mov $0x1100000000000008, %r8\n"
	"	mov $0x1100000000000009, %r9;  mov $0x110000000000000a, %r10\n"
	"	mov $0x110000000000000b, %r11; mov $0x110000000000000c, %r12\n"
	"	mov $0x110000000000000d, %r13; mov $0x110000000000000e, %r14\n"
	"	mov $0x110000000000000f, %r15\n"
	"	int3\n"
	"pattern_stop:\n"
	"	xchg %rax, (%rsp)\n"
	"	mov %rbx, 8(%rax); mov %rcx, 16(%rax); mov %rdx, 24(%rax); mov %rsi, 32(%rax)\n"
	"	mov %rdi, 40(%rax); mov %rbp, 48(%rax); mov %r8, 56(%rax); mov %r9, 64(%rax)\n"
	"	mov %r10, 72(%rax); mov %r11, 80(%rax); mov %r12, 88(%rax); mov %r13, 96(%rax)\n"
	"	mov %r14, 104(%rax); mov %r15, 112(%rax)\n"
	"	mov (%rsp), %rbx\n"
	"	mov %rbx, (%rax)\n"
	"	pop %rdi\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

/* Offsets in struct user_regs_struct in the order of the pattern. */
#define REG(name) offsetof(struct user_regs_struct, name)
static const size_t pattern_regs[15] = {
	REG(rax), REG(rbx), REG(rcx), REG(rdx), REG(rsi), REG(rdi), REG(rbp), REG(r8),
	REG(r9), REG(r10), REG(r11), REG(r12), REG(r13), REG(r14), REG(r15),
};

static unsigned long long *reg_at(struct user_regs_struct *regs, int i)
{
	return (unsigned long long *)((char *)regs + pattern_regs[i]);
}

static int pattern_child(void *arg)
{
	u64 want = (u64)arg;

	run_pattern(after);
	for (int i = 0; i < 15; i++)
		if (after[i] != want + i + 1)
			return 1 + i;
	return 0;
}

static bool pattern_is(struct user_regs_struct *regs, u64 base)
{
	for (int i = 0; i < 15; i++) {
		if (*reg_at(regs, i) == base + i + 1)
			continue;
		tap_note("register %d is 0x%llx", i, *reg_at(regs, i));
		return false;
	}
	return true;
}

static void test_general(void)
{
	u64 base = 0x1100000000000000, other = 0x2200000000000000;
	pid_t pid = traced_child(pattern_child, (void *)other, 0);
	struct user_regs_struct regs, again;
	long fs;

	ok(stopped_by(resume(PTRACE_CONT, pid, 0), SIGTRAP), "int3 stops the child");
	regs = get_regs(pid);
	ok(pattern_is(&regs, base), "GETREGS: all general registers");
	ok_eq(regs.rip, (uintptr_t)pattern_stop, "GETREGS: rip");
	ok_eq(regs.cs, 0x33, "GETREGS: cs");
	ok_eq(regs.ss, 0x2b, "GETREGS: ss");
	ok_eq(regs.orig_rax, -1, "GETREGS: orig_rax outside of a system call");
	/* The child is a fork of us: it has the same thread pointer. */
	asm volatile("mov %%fs:0, %0" : "=r" (fs));
	ok_eq(regs.fs_base, fs, "GETREGS: fs_base");
	ok_eq(regs.eflags & 0x200, 0x200, "GETREGS: eflags have IF");

	for (int i = 0; i < 15; i++)
		*reg_at(&regs, i) = other + i + 1;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	again = get_regs(pid);
	ok(!memcmp(&regs, &again, sizeof(regs)), "SETREGS and GETREGS agree");
	regs.eflags |= 0x3000;
	trace(PTRACE_SETREGS, pid, 0, &regs);
	ok_eq(get_regs(pid).eflags & 0x3000, 0, "SETREGS does not hand out I/O privilege");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "the child runs on with the new registers");
}

static void test_user_area(void)
{
	u64 base = 0x1100000000000000;
	pid_t pid = traced_child(pattern_child, (void *)base, 0);
	long value;

	resume(PTRACE_CONT, pid, 0);
	errno = 0;
	value = ptrace(PTRACE_PEEKUSER, pid, (void *)(8L * R12), NULL);
	ok(!errno && value == (long)(base + 12), "PEEKUSER reads r12");
	value = ptrace(PTRACE_PEEKUSER, pid, (void *)(8L * RIP), NULL);
	ok_eq(value, (uintptr_t)pattern_stop, "PEEKUSER reads rip");
	ok(trace(PTRACE_POKEUSER, pid, 8 * R12, 5) == 0 && get_regs(pid).r12 == 5,
	   "POKEUSER writes r12");
	ok(trace(PTRACE_POKEUSER, pid, 8 * CS, 0) == -1 && errno == EIO,
	   "a code segment of ring 0 is refused");
	ok(ptrace(PTRACE_PEEKUSER, pid, (void *)3L, NULL) == -1 && errno == EIO,
	   "an odd offset is refused");
	ok(ptrace(PTRACE_PEEKUSER, pid, (void *)100000L, NULL) == -1 && errno == EIO,
	   "an offset beyond struct user is refused");
	need(trace(PTRACE_POKEUSER, pid, 8 * R12, base + 12) == 0);
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "the child has its register back");
}

static void test_prstatus(void)
{
	u64 base = 0x1100000000000000;
	pid_t pid = traced_child(pattern_child, (void *)base, 0);
	struct user_regs_struct regs, set[2];
	struct iovec iov = { set, sizeof(set) };

	resume(PTRACE_CONT, pid, 0);
	regs = get_regs(pid);
	need(trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov) == 0);
	ok_eq(iov.iov_len, sizeof(regs), "NT_PRSTATUS has 27 words");
	ok(!memcmp(&regs, set, sizeof(regs)), "NT_PRSTATUS and GETREGS agree");
	iov.iov_len = 16;
	memset(set, 0xee, sizeof(set));
	need(trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov) == 0);
	ok(iov.iov_len == 16 && set[0].r15 == base + 15 && set[0].rbp == 0xeeeeeeeeeeeeeeee,
	   "a short read gives the first words only");
	set[0].r15 = 1;
	set[0].r14 = 2;
	need(trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov) == 0);
	regs.r15 = 1;
	regs.r14 = 2;
	set[0] = get_regs(pid);
	ok(!memcmp(&regs, set, sizeof(regs)), "a short write changes the first words only");
	regs.r15 = base + 15;
	regs.r14 = base + 14;
	iov = (struct iovec){ &regs, sizeof(regs) };
	need(trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov) == 0);
	ok(trace(PTRACE_GETREGSET, pid, 0x7777, &iov) == -1 && errno == EINVAL,
	   "an unknown register set gives EINVAL");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "the child has its registers back");
}

/* --- FPU and vectors ------------------------------------------------------ */

#define VEC_LEN 32

static u8 vec_in[16][VEC_LEN], vec_out[16][VEC_LEN];
static u32 mxcsr_out;
static u16 cwd_out;

static void fill(u8 (*v)[VEC_LEN], u8 seed)
{
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < VEC_LEN; j++)
			v[i][j] = seed + 5 * i + 3 * j;
}

/* Stop with known vectors; afterwards compare with the inverse of what was loaded. */
static int vector_child(void *arg)
{
	size_t len = has_avx() ? VEC_LEN : 16;

	fill(vec_in, 1);
	if (has_avx())
		asm volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "vmovdqu 32 * \\r(%0), %%ymm\\r\n"
			     ".endr\n"
			     "int3\n"
			     ".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "vmovdqu %%ymm\\r, 32 * \\r(%1)\n"
			     ".endr\n"
			     "vzeroupper\n"
			     : : "r" (vec_in), "r" (vec_out) : "memory");
	else
		asm volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "movdqu 32 * \\r(%0), %%xmm\\r\n"
			     ".endr\n"
			     "int3\n"
			     ".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "movdqu %%xmm\\r, 32 * \\r(%1)\n"
			     ".endr\n"
			     : : "r" (vec_in), "r" (vec_out) : "memory");
	asm volatile("stmxcsr %0; fnstcw %1" : "=m" (mxcsr_out), "=m" (cwd_out));
	if (mxcsr_out != 0x3f80 || cwd_out != 0x027f)
		return 100;
	for (int i = 0; i < 16; i++)
		for (size_t j = 0; j < len; j++)
			if ((vec_out[i][j] ^ vec_in[i][j]) != 0xff && (j < 16 || arg))
				return 1 + i;
	return 0;
}

static bool xmm_match(const u8 *fx)
{
	bool good = true;

	for (int i = 0; i < 16; i++)
		good = good && !memcmp(fx + FX_XMM0 + 16 * i, vec_in[i], 16);
	return good;
}

static void change_fx(u8 *fx)
{
	u32 mxcsr = 0x3f80;
	u16 cwd = 0x027f;

	for (int i = 0; i < 16 * 16; i++)
		fx[FX_XMM0 + i] ^= 0xff;
	memcpy(fx + FX_MXCSR, &mxcsr, 4);
	memcpy(fx + FX_CWD, &cwd, 2);
}

static void test_fpregs(void)
{
	struct user_fpregs_struct fp, again;
	struct iovec iov = { &again, sizeof(again) };
	pid_t pid = traced_child(vector_child, NULL, 0);
	u32 bad = 0xffffffff;

	fill(vec_in, 1);
	resume(PTRACE_CONT, pid, 0);
	need(trace(PTRACE_GETFPREGS, pid, 0, &fp) == 0);
	ok(xmm_match((u8 *)&fp), "GETFPREGS: xmm registers");
	ok(fp.mxcsr == 0x1f80 && fp.cwd == 0x37f, "GETFPREGS: control words");
	need(trace(PTRACE_GETREGSET, pid, NT_PRFPREG, &iov) == 0);
	ok(iov.iov_len == 512 && !memcmp(&fp, &again, 464), "NT_PRFPREG agrees");
	change_fx((u8 *)&fp);
	memcpy(&again, &fp, sizeof(fp));
	memcpy((u8 *)&again + FX_MXCSR, &bad, 4);
	ok(trace(PTRACE_SETREGSET, pid, NT_PRFPREG, &iov) == -1 && errno == EINVAL,
	   "reserved mxcsr bits are refused");
	iov.iov_base = &fp;
	need(trace(PTRACE_SETREGSET, pid, NT_PRFPREG, &iov) == 0);
	need(trace(PTRACE_GETFPREGS, pid, 0, &again) == 0);
	ok(!memcmp(&fp, &again, 464), "SETREGSET and GETFPREGS agree");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0),
	   "the child computes with the new registers");
}

static void test_xstate(void)
{
	static u8 area[16384] __aligned(64), again[16384];
	struct iovec iov = { area, sizeof(area) };
	u32 ymm = 0;
	u64 xcr0;
	bool good = true;
	pid_t pid;

	if (!xfeatures_on()) {
		tap_skip("NT_X86_XSTATE", "no XSAVE");
		return;
	}
	pid = traced_child(vector_child, (void *)1L, 0);
	fill(vec_in, 1);
	resume(PTRACE_CONT, pid, 0);
	need(trace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov) == 0);
	tap_note("the XSAVE area has %zu bytes", iov.iov_len);
	ok(iov.iov_len >= 576, "NT_X86_XSTATE holds at least the legacy area and the header");
	memcpy(&xcr0, area + FX_SW_RESERVED, 8);
	ok_eq(xcr0 & 0xe7, xfeatures_on() & 0xe7, "it names the features that are on");
	ok(xmm_match(area), "xmm registers are in it");
	if (has_avx()) {
		ymm = xfeature_offset(XF_YMM);
		for (int i = 0; i < 16; i++)
			good = good && !memcmp(area + ymm + 16 * i, vec_in[i] + 16, 16);
		ok(good && iov.iov_len >= ymm + 256, "upper halves of ymm are in it");
	}
	change_fx(area);
	/* A part in its initial state is not marked as valid: mark what was changed. */
	area[XSAVE_HEADER] |= xfeatures_on() & 7;
	for (int i = 0; has_avx() && i < 256; i++)
		area[ymm + i] ^= 0xff;
	need(trace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, &iov) == 0);
	iov.iov_base = again;
	need(trace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, &iov) == 0);
	ok(!memcmp(area, again, iov.iov_len), "SETREGSET and GETREGSET agree");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "the child computes with the new vectors");
}

/* --- memory --------------------------------------------------------------- */

static long target[4] = { 0x1234567890abcdef, 2, 3, 4 };
static char *ro_page;

static int memory_child(void *arg)
{
	long value;

	(void)arg;
	asm volatile("int3" : : : "memory");
	value = READ_VAR(target[1]);
	return value == 0x77 && READ_VAR(ro_page[8]) == 9 ? 0 : 1;
}

static void test_memory(void)
{
	long code, word;
	pid_t pid;

	ro_page = map_anon(2 * PAGE);
	ro_page[8] = 1;
	need(mprotect(ro_page, PAGE, PROT_READ) == 0);
	need(munmap(ro_page + PAGE, PAGE) == 0);
	pid = traced_child(memory_child, NULL, 0);
	resume(PTRACE_CONT, pid, 0);
	errno = 0;
	word = trace(PTRACE_PEEKDATA, pid, target, 0);
	ok(!errno && word == 0x1234567890abcdef, "PEEKDATA reads a variable");
	ok_eq(trace(PTRACE_PEEKDATA, pid, (char *)target + 3, 0), 0x0000021234567890,
	      "PEEKDATA at an odd address");
	ok(trace(PTRACE_POKEDATA, pid, target + 1, 0x77) == 0 && READ_VAR(target[1]) == 2,
	   "POKEDATA writes the child's copy only");
	ok(trace(PTRACE_POKEDATA, pid, ro_page + 8, 9) == 0 && ro_page[8] == 1,
	   "POKEDATA writes a read-only page");
	code = trace(PTRACE_PEEKTEXT, pid, pattern_stop, 0);
	ok(code == *(long *)pattern_stop, "PEEKTEXT reads code");
	ok(trace(PTRACE_PEEKDATA, pid, ro_page + PAGE, 0) == -1 && errno == EIO,
	   "PEEKDATA of a hole gives EIO");
	ok(trace(PTRACE_POKEDATA, pid, 8, 0) == -1 && errno == EIO, "POKEDATA to a hole gives EIO");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "the child sees what was written");
}

/* A breakpoint as a debugger makes it: write int3, run into it, take it out, go back. */
static noinline int breakpoint_target(int x)
{
	asm volatile("" : "+r" (x));
	return x * 3;
}

static int breakpoint_child(void *arg)
{
	return breakpoint_target((long)arg) + breakpoint_target(1);
}

static void test_breakpoint(void)
{
	pid_t pid = traced_child(breakpoint_child, (void *)7L, 0);
	long old = trace(PTRACE_PEEKTEXT, pid, breakpoint_target, 0);
	struct user_regs_struct regs;

	need(trace(PTRACE_POKETEXT, pid, breakpoint_target, (old & ~0xffL) | 0xcc) == 0);
	ok(stopped_by(resume(PTRACE_CONT, pid, 0), SIGTRAP),
	   "a breakpoint in code stops the child");
	regs = get_regs(pid);
	ok_eq(regs.rip, (uintptr_t)breakpoint_target + 1, "behind its one byte");
	ok_eq(regs.rdi, 7, "with the argument in rdi");
	regs.rip--;
	regs.rdi = 8;
	need(trace(PTRACE_POKETEXT, pid, breakpoint_target, old) == 0);
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 27), "taken out, with another argument");
}

int main(void)
{
	test_general();
	test_user_area();
	test_prstatus();
	test_fpregs();
	test_xstate();
	test_memory();
	test_breakpoint();
	return tap_done();
}
