// SPDX-License-Identifier: GPL-2.0
/*
 * Floating point and vector state across context switches: many processes and threads hold
 * values of their own in xmm, ymm (zmm), mxcsr and the x87 registers while they yield, sleep,
 * fault and spin; none ever sees another's.
 * Not here: what a signal frame holds (sigframe.c), ptrace (ptrace_regs.c).
 */
#include <pthread.h>
#include <stddef.h>

#include "util.h"

#define WORKERS 6

/* One image of everything that is loaded; the layout is known to the asm below. */
struct state {
	u8 vec[32][64];
	double st[8];
	u32 mxcsr;
	u16 cwd;
};

_Static_assert(offsetof(struct state, st) == 2048, "used by the asm");
_Static_assert(offsetof(struct state, mxcsr) == 2112, "used by the asm");
_Static_assert(offsetof(struct state, cwd) == 2116, "used by the asm");

const u32 mxcsr_default = 0x1f80;

enum how { YIELD, SLEEP, SPIN, FAULT, SIGNAL };

static void fill(struct state *s, unsigned int seed)
{
	static const u16 cwds[] = { 0x037f, 0x027f, 0x0f7f, 0x077f };

	for (int i = 0; i < 32; i++)
		for (int j = 0; j < 64; j++)
			s->vec[i][j] = seed * 37 + i * 11 + j;
	for (int i = 0; i < 8; i++)
		s->st[i] = seed * 100.0 + i + 0.5;
	s->mxcsr = 0x1f80 | (seed & 3) << 13;
	s->cwd = cwds[seed % 4];
}

#define ALL16(insn) \
	".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n" insn "\n.endr\n"
#define UPPER16(insn) \
	".irp r, 16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31\n" insn "\n.endr\n"

#define LOAD_SCALAR \
	"fninit; fldcw 2116(%[in]); ldmxcsr 2112(%[in])\n" \
	".irp r, 7,6,5,4,3,2,1,0\n fldl 2048 + 8 * \\r(%[in])\n.endr\n"
#define STORE_SCALAR \
	".irp r, 0,1,2,3,4,5,6,7\n fstpl 2048 + 8 * \\r(%[out])\n.endr\n" \
	"fnstcw 2116(%[out]); stmxcsr 2112(%[out])\n" \
	"fninit; ldmxcsr mxcsr_default(%%rip)\n"

/*
 * In between, without touching the state: @n system calls; or one call after @n turns of an
 * empty loop; or stores to @n pages, fresh or out of reach. All by the same five registers.
 */
#define WORK							\
	"mov %[n], %%rbx\n"					\
	"cmp $2, %[how]; je 3f; ja 4f\n"			\
	"1: mov %[nr], %%eax; mov %[arg], %%rdi; xor %%esi, %%esi; syscall\n" \
	"dec %%rbx; jnz 1b; jmp 5f\n"				\
	"3: dec %%rbx; jnz 3b; jmp 5f\n"			\
	"4: mov %[arg], %%rdi\n"				\
	"2: movb $1, (%%rdi); add $4096, %%rdi; dec %%rbx; jnz 2b\n" \
	"5:\n"

#define OPERANDS						\
	: : [in] "r" (in), [out] "r" (out), [n] "r" (n), [how] "r" (how), [nr] "r" (nr), \
	    [arg] "r" (arg)					\
	: "rax", "rbx", "rcx", "rdi", "rsi", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2",	\
	  "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
	  "xmm13", "xmm14", "xmm15", "st", "st(1)", "st(2)", "st(3)", "st(4)", "st(5)", "st(6)", \
	  "st(7)"

static void hold_sse(const struct state *in, struct state *out, long n, int how, int nr,
		     const void *arg)
{
	asm volatile(LOAD_SCALAR ALL16("movdqu 64 * \\r(%[in]), %%xmm\\r") WORK
		     ALL16("movdqu %%xmm\\r, 64 * \\r(%[out])") STORE_SCALAR OPERANDS);
}

static void hold_avx(const struct state *in, struct state *out, long n, int how, int nr,
		     const void *arg)
{
	asm volatile(LOAD_SCALAR ALL16("vmovdqu 64 * \\r(%[in]), %%ymm\\r") WORK
		     ALL16("vmovdqu %%ymm\\r, 64 * \\r(%[out])") "vzeroupper\n" STORE_SCALAR
		     OPERANDS);
}

static void hold_avx512(const struct state *in, struct state *out, long n, int how, int nr,
			const void *arg)
{
	asm volatile(LOAD_SCALAR ALL16("vmovdqu64 64 * \\r(%[in]), %%zmm\\r")
		     UPPER16("vmovdqu64 64 * \\r(%[in]), %%zmm\\r") WORK
		     ALL16("vmovdqu64 %%zmm\\r, 64 * \\r(%[out])")
		     UPPER16("vmovdqu64 %%zmm\\r, 64 * \\r(%[out])") "vzeroupper\n" STORE_SCALAR
		     OPERANDS);
}

/* Hold state number @seed through the work; true if it came out as it went in. */
static bool hold(unsigned int seed, enum how how, long n)
{
	struct timespec ts = { 0, 500000 };
	struct state in, out;
	size_t len = has_avx512() ? 64 : has_avx() ? 32 : 16;
	int nr = how == SLEEP ? SYS_nanosleep : SYS_sched_yield;
	const void *arg = &ts;
	void *pages = NULL;
	bool good;

	if (how >= FAULT) {
		pages = mmap(NULL, n * PAGE, how == FAULT ? PROT_READ | PROT_WRITE : PROT_NONE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (pages == MAP_FAILED)
			return false;
		arg = pages;
	}
	fill(&in, seed);
	memset(&out, 0, sizeof(out));
	if (has_avx512())
		hold_avx512(&in, &out, n, how, nr, arg);
	else if (has_avx())
		hold_avx(&in, &out, n, how, nr, arg);
	else
		hold_sse(&in, &out, n, how, nr, arg);
	if (pages)
		munmap(pages, n * PAGE);
	good = in.mxcsr == out.mxcsr && in.cwd == out.cwd && !memcmp(in.st, out.st, sizeof(in.st));
	for (int i = 0; i < (len == 64 ? 32 : 16); i++)
		good = good && !memcmp(in.vec[i], out.vec[i], len);
	return good;
}

static bool work(unsigned int seed)
{
	bool good = true;

	for (int round = 0; round < 12; round++) {
		good = hold(seed * 3 + round, YIELD, 40) && good;
		good = hold(seed * 5 + round, SLEEP, 3) && good;
		good = hold(seed * 7 + round, SPIN, 5000000) && good;
		good = hold(seed * 9 + round, FAULT, 20) && good;
	}
	return good;
}

static void *thread_work(void *arg)
{
	return work((long)arg) ? NULL : arg;
}

static void test_processes(void)
{
	pid_t pids[WORKERS];
	bool good = true;

	for (int i = 0; i < WORKERS; i++) {
		pids[i] = fork_child();
		if (pids[i] == 0)
			_exit(work(i + 1) ? 0 : 1);
	}
	for (int i = 0; i < WORKERS; i++)
		good = exited_with(wait_status(pids[i]), 0) && good;
	ok(good, "six processes keep their registers");
}

static void test_threads(void)
{
	pthread_t t[WORKERS];
	bool good = true;

	for (long i = 0; i < WORKERS; i++)
		need(pthread_create(&t[i], NULL, thread_work, (void *)(i + 20)) == 0);
	for (int i = 0; i < WORKERS; i++) {
		void *ret;

		need(pthread_join(t[i], &ret) == 0);
		good = good && !ret;
	}
	ok(good, "six threads keep their registers");
}

#define STACK 65536UL

/* Repairs what it was called for, and has the next frame written to memory that is not there. */
static void repair(int sig, siginfo_t *si, void *ctx)
{
	stack_t *stack = &((ucontext_t *)ctx)->uc_stack;

	(void)sig;
	stack->ss_sp = (void *)((unsigned long)stack->ss_sp ^ STACK);
	madvise(stack->ss_sp, STACK, MADV_DONTNEED);
	mprotect((void *)((unsigned long)si->si_addr & -PAGE), PAGE, PROT_READ | PROT_WRITE);
}

static void *signal_work(void *arg)
{
	char *p = mmap(NULL, 4 * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	stack_t st = { .ss_size = STACK, .ss_flags = 1U << 31 /* SS_AUTODISARM */ };
	u64 end = now_ns() + NSEC_PER_SEC;
	bool good = true;

	need(p != MAP_FAILED);
	st.ss_sp = (void *)(((unsigned long)p + 2 * STACK) & ~(2 * STACK - 1));
	need(!sigaltstack(&st, NULL));
	for (unsigned int seed = (long)arg; now_ns() < end; seed += 7)
		good = hold(seed, SIGNAL, 40) && good;
	return good ? NULL : arg;
}

/* The kernel waits while it writes a frame, and another thread runs. */
static void test_signals(void)
{
	struct sigaction sa = { .sa_sigaction = repair, .sa_flags = SA_ONSTACK | SA_SIGINFO };
	pthread_t t[WORKERS];
	bool good = true;

	need(!sigaction(SIGSEGV, &sa, NULL));
	for (long i = 0; i < WORKERS; i++)
		need(!pthread_create(&t[i], NULL, signal_work, (void *)(i + 40)));
	for (int i = 0; i < WORKERS; i++) {
		void *ret;

		need(!pthread_join(t[i], &ret));
		good = good && !ret;
	}
	ok(good, "six threads that handle signals keep their registers");
	signal(SIGSEGV, SIG_DFL);
}

/* Ordinary arithmetic, in processes that switch all the time. */
static int compute(void *arg)
{
	long double x = 0, y = 0;
	double sum = 0;

	for (int i = 1; i <= 400; i++) {
		sum += 1.0 / ((double)i * i);
		x += 1.0L / i;
		y += (long)arg / (long double)i;
		if (i % 4 == 0)
			raw0(SYS_sched_yield);
	}
	return sum > 1.6424 && sum < 1.6425 && y > (x * (long)arg) * 0.999999L &&
	       y < (x * (long)arg) * 1.000001L ? 0 : 1;
}

static void test_arithmetic(void)
{
	pid_t pids[4];
	bool good = true;

	for (long i = 0; i < 4; i++) {
		pids[i] = fork_child();
		if (pids[i] == 0)
			_exit(compute((void *)(i + 3)));
	}
	for (int i = 0; i < 4; i++)
		good = exited_with(wait_status(pids[i]), 0) && good;
	ok(good, "sums computed by four processes that take turns");
}

int main(void)
{
	tap_note("registers tested: %s", has_avx512() ? "zmm" : has_avx() ? "ymm" : "xmm");
	ok(hold(1, YIELD, 200), "alone: over 200 system calls");
	ok(hold(2, SLEEP, 10), "alone: over ten sleeps");
	ok(hold(3, SPIN, 50000000), "alone: over a long loop");
	ok(hold(4, FAULT, 200), "alone: over 200 page faults");
	test_processes();
	test_threads();
	test_signals();
	test_arithmetic();
	return tap_done();
}
