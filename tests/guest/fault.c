// SPDX-License-Identifier: GPL-2.0
/*
 * Which signal, si_code and si_addr an exception gives: SIGSEGV, SIGFPE, SIGILL, SIGTRAP in
 * their kinds; handlers that repair the cause; faults with the signal blocked or ignored.
 * Not here: SIGBUS of truncated files (filemap.c), error code and cr2 (sigframe.c).
 */
#include "util.h"

/* Run @fn and expect exactly this signal, code and address. */
static void expect(void (*fn)(void *), void *arg, int sig, int code, uintptr_t addr,
		   const char *what)
{
	fault_of(fn, arg);
	if (fault_seen.sig != sig || fault_seen.code != code || fault_seen.addr != addr)
		tap_note("got signal %d code %d addr 0x%lx, want %d %d 0x%lx", fault_seen.sig,
			 fault_seen.code, fault_seen.addr, sig, code, addr);
	ok(fault_seen.sig == sig && fault_seen.code == code && fault_seen.addr == addr, "%s", what);
}

/* Instructions whose address must be known have global labels. */
extern const char at_div[], at_idiv[], at_ud2[], at_int3_next[], at_sse_div[], at_stepped[];
extern const char at_fwait[];

asm("	.text\n"
	"do_div:	xor %edx, %edx; mov $1, %eax; xor %ecx, %ecx\n"
	"at_div:	div %ecx\n"
	"	ret\n"
	"do_idiv:	mov $0x80000000, %eax; cltd; mov $-1, %ecx\n"
	"at_idiv:	idiv %ecx\n"
	"	ret\n"
	"do_ud2:\n"
	"at_ud2:	ud2\n"
	"	ret\n"
	"do_int3:	int3\n"
	"at_int3_next: ret\n"
	"do_hlt:	hlt\n"
	"	ret\n"
	"do_step:	pushfq; orl $0x100, (%rsp); popfq\n"
	"	nop\n"
	"at_stepped: nop\n"
	"	ret\n"
	"do_sse_div: movl $0x1d80, -8(%rsp); ldmxcsr -8(%rsp)\n"
	"	pxor %xmm1, %xmm1; mov $0x3f800000, %eax; movd %eax, %xmm0\n"
	"at_sse_div: divss %xmm1, %xmm0\n"
	"	ret\n"
	"do_x87_div: fninit; movw $0x037b, -8(%rsp); fldcw -8(%rsp)\n"
	"	fld1; fldz; fdivrp\n"
	"at_fwait:	fwait\n"
	"	ret\n"
	"do_movaps:	movaps %xmm0, 1(%rdi)\n"
	"	ret\n");
void do_div(void *arg);
void do_idiv(void *arg);
void do_ud2(void *arg);
void do_int3(void *arg);
void do_hlt(void *arg);
void do_step(void *arg);
void do_sse_div(void *arg);
void do_x87_div(void *arg);
void do_movaps(void *arg);

static void test_segv(void)
{
	char *p = map_anon(4 * PAGE);
	uintptr_t a = (uintptr_t)p;

	p[0] = (char)0xc3;
	need(mprotect(p, PAGE, PROT_READ) == 0);
	need(mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
	need(munmap(p + 2 * PAGE, PAGE) == 0);

	expect(do_read, (void *)0x18, SIGSEGV, SEGV_MAPERR, 0x18, "read near NULL");
	expect(do_write, NULL, SIGSEGV, SEGV_MAPERR, 0, "write to NULL");
	expect(do_call, (void *)0x20, SIGSEGV, SEGV_MAPERR, 0x20, "call near NULL");
	expect(do_read, p + 2 * PAGE + 5, SIGSEGV, SEGV_MAPERR, a + 2 * PAGE + 5, "read of a hole");
	expect(do_write, p + 2 * PAGE, SIGSEGV, SEGV_MAPERR, a + 2 * PAGE, "write to a hole");
	expect(do_write, p + 33, SIGSEGV, SEGV_ACCERR, a + 33, "write to a read-only page");
	expect(do_read, p + PAGE + 1, SIGSEGV, SEGV_ACCERR, a + PAGE + 1, "read of PROT_NONE");
	expect(do_write, p + PAGE + 2, SIGSEGV, SEGV_ACCERR, a + PAGE + 2, "write to PROT_NONE");
	expect(do_call, p, SIGSEGV, SEGV_ACCERR, a, "call of a page without PROT_EXEC");
	expect(do_call, p + 3 * PAGE, SIGSEGV, SEGV_ACCERR, a + 3 * PAGE,
	       "call of an untouched page without PROT_EXEC");
	expect(do_call, p + 2 * PAGE, SIGSEGV, SEGV_MAPERR, a + 2 * PAGE, "call of a hole");
	expect(do_write, (void *)at_ud2, SIGSEGV, SEGV_ACCERR, (uintptr_t)at_ud2,
	       "write to the program's code");
	expect(do_read, (void *)0x8000000000000000, SIGSEGV, SI_KERNEL, 0,
	       "read of a non-canonical address");
	expect(do_write, (void *)0x1234567890abcdef, SIGSEGV, SI_KERNEL, 0,
	       "write to a non-canonical address");
	expect(do_read, (void *)0xffffffff81000000, SIGSEGV, SEGV_MAPERR, 0xffffffff81000000,
	       "read of a kernel address");
	expect(do_hlt, NULL, SIGSEGV, SI_KERNEL, 0, "privileged instruction");
	expect(do_movaps, &fault_seen, SIGSEGV, SI_KERNEL, 0, "misaligned SSE store");
	munmap(p, 4 * PAGE);
}

static void read8(void *p)
{
	asm volatile("mov (%0), %%rax" : : "r" (p) : "rax", "memory");
}

static void test_crossing(void)
{
	char *p = map_anon(2 * PAGE);
	uintptr_t second = (uintptr_t)p + PAGE;

	need(munmap(p + PAGE, PAGE) == 0);
	expect(read8, p + PAGE - 4, SIGSEGV, SEGV_MAPERR, second,
	       "an access across two pages names the page that is missing");
	munmap(p, PAGE);
}

static void test_others(void)
{
	u32 mxcsr = 0x1f80;

	expect(do_div, NULL, SIGFPE, FPE_INTDIV, (uintptr_t)at_div, "division by zero");
	ok_eq(fault_seen.rip, (uintptr_t)at_div, "division by zero: rip is the instruction");
	ok_eq(fault_seen.trapno, 0, "division by zero: trapno");
	expect(do_idiv, NULL, SIGFPE, FPE_INTDIV, (uintptr_t)at_idiv, "division overflow");
	expect(do_sse_div, NULL, SIGFPE, FPE_FLTDIV, (uintptr_t)at_sse_div, "SSE division by zero");
	ok_eq(fault_seen.trapno, 19, "SSE division by zero: trapno");
	asm volatile("ldmxcsr %0" : : "m" (mxcsr));
	expect(do_x87_div, NULL, SIGFPE, FPE_FLTDIV, (uintptr_t)at_fwait, "x87 division by zero");
	ok_eq(fault_seen.trapno, 16, "x87 division by zero: trapno");
	asm volatile("fninit");
	expect(do_ud2, NULL, SIGILL, ILL_ILLOPN, (uintptr_t)at_ud2, "undefined instruction");
	ok_eq(fault_seen.trapno, 6, "undefined instruction: trapno");
	expect(do_int3, NULL, SIGTRAP, SI_KERNEL, 0, "breakpoint instruction");
	ok_eq(fault_seen.rip, (uintptr_t)at_int3_next, "breakpoint: rip is behind it");
	ok_eq(fault_seen.trapno, 3, "breakpoint: trapno");
	expect(do_step, NULL, SIGTRAP, TRAP_TRACE, (uintptr_t)at_stepped,
	       "single step by eflags.TF");
	ok_eq(fault_seen.rip, (uintptr_t)at_stepped, "single step: rip is the next instruction");
	ok_eq(fault_seen.trapno, 1, "single step: trapno");
}

/* --- single stepping oneself ---------------------------------------------- */

extern const char steps_begin[], steps_end[];
void run_steps(void);

asm("	.text\n"
	"run_steps: pushfq; orl $0x100, (%rsp); popfq\n"
	"steps_begin: nop; nop; xor %eax, %eax; inc %eax; nop\n"
	"	pushfq; andl $~0x100, (%rsp); popfq\n"
	"steps_end: ret\n");

static int steps, steps_inside;

static void count_steps(int sig, siginfo_t *info, void *ucontext)
{
	uintptr_t rip = ((ucontext_t *)ucontext)->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	(void)info;
	steps++;
	if (rip > (uintptr_t)steps_begin && rip <= (uintptr_t)steps_end)
		steps_inside++;
}

static void test_steps(void)
{
	on_signal(SIGTRAP, count_steps, 0);
	run_steps();
	/* Eight instructions run with TF set; the popfq that clears it is the last. */
	ok_eq(steps, 8, "TF gives one SIGTRAP per instruction");
	ok_eq(steps_inside, 8, "each behind its instruction");
}

/* --- handlers that repair ------------------------------------------------- */

static char *barrier_base;
static int repairs, wrong_addr;

static void repair(int sig, siginfo_t *info, void *uc)
{
	char *page = (char *)((uintptr_t)info->si_addr & ~(PAGE - 1));

	(void)sig;
	(void)uc;
	if (page != barrier_base + (repairs % 100) * PAGE)
		wrong_addr++;
	repairs++;
	if (mprotect(page, PAGE, PROT_READ | PROT_WRITE) < 0)
		_exit(1);
}

static void test_repair(void)
{
	bool good = true;

	barrier_base = map_anon(100 * PAGE);
	on_signal(SIGSEGV, repair, 0);
	for (int round = 0; round < 2; round++) {
		need(mprotect(barrier_base, 100 * PAGE, round ? PROT_NONE : PROT_READ) == 0);
		for (int i = 0; i < 100; i++)
			barrier_base[i * PAGE + i] += i + 1;
	}
	for (int i = 0; i < 100; i++)
		good = good && barrier_base[i * PAGE + i] == (char)(2 * (i + 1));
	ok_eq(repairs, 200, "a handler that gives access lets each store go on");
	ok_eq(wrong_addr, 0, "each fault named its page");
	ok(good, "every store was made exactly once");
	munmap(barrier_base, 100 * PAGE);
}

static int blocked_child(void *arg)
{
	sigset_t set;

	(void)arg;
	on_signal(SIGSEGV, repair, 0);
	sigfillset(&set);
	sigprocmask(SIG_BLOCK, &set, NULL);
	do_write(NULL);
	return 1;
}

static int ignored_child(void *arg)
{
	(void)arg;
	signal(SIGSEGV, SIG_IGN);
	do_write(NULL);
	return 1;
}

static void fault_again(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	do_write(NULL);
}

static int twice_child(void *arg)
{
	(void)arg;
	on_signal(SIGSEGV, fault_again, 0);
	do_write(NULL);
	return 1;
}

static int ud2_child(void *arg)
{
	signal(SIGILL, SIG_DFL);
	do_ud2(arg);
	return 1;
}

int main(void)
{
	fault_init();
	test_segv();
	test_crossing();
	test_others();
	test_steps();
	test_repair();
	ok(killed_by(run_child(blocked_child, NULL), SIGSEGV),
	   "a fault with the signal blocked kills");
	ok(killed_by(run_child(ignored_child, NULL), SIGSEGV),
	   "a fault with the signal ignored kills");
	ok(killed_by(run_child(twice_child, NULL), SIGSEGV), "a fault in its own handler kills");
	ok(killed_by(run_child(ud2_child, NULL), SIGILL), "SIGILL without a handler kills");
	return tap_done();
}
