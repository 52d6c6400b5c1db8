/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What several guest tests need: raw system calls, maps, children, clocks, a way to run
 * an access and learn which fault it raised, and the layout of the XSAVE area by CPUID.
 * Nothing here judges; verdicts are in the tests.
 */
#ifndef TESTS_GUEST_UTIL_H
#define TESTS_GUEST_UTIL_H

#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "tap.h"

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define __aligned(n) __attribute__((__aligned__(n)))
#define noinline __attribute__((__noinline__))

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define PAGE 4096UL
#define NSEC_PER_SEC 1000000000ULL
#define NSEC_PER_MSEC 1000000ULL

/* Variables shared with handlers, threads and processes. */
#define READ_VAR(x) __atomic_load_n(&(x), __ATOMIC_SEQ_CST)
#define WRITE_VAR(x, v) __atomic_store_n(&(x), (v), __ATOMIC_SEQ_CST)
#define ADD_VAR(x, v) __atomic_add_fetch(&(x), (v), __ATOMIC_SEQ_CST)

/* The kernel's answer as it is: no errno, no cancellation point, no retry. */
static inline long raw6(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	register long r9 asm("r9") = f;
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8), "r" (r9)
		     : "rcx", "r11", "memory");
	return ret;
}

#define raw0(nr) raw6(nr, 0, 0, 0, 0, 0, 0)
#define raw1(nr, a) raw6(nr, (long)(a), 0, 0, 0, 0, 0)
#define raw2(nr, a, b) raw6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define raw3(nr, a, b, c) raw6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define raw4(nr, a, b, c, d) raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)

static inline u64 clock_ns(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
}

static inline u64 now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* Sleep in full, whatever signals come. */
static inline void sleep_ms(long ms)
{
	struct timespec ts = { ms / 1000, (ms % 1000) * 1000000L };

	while (nanosleep(&ts, &ts) < 0 && errno == EINTR)
		;
}

static inline void *map_anon(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED);
	return p;
}

static inline void *map_shared(size_t len)
{
	void *p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	need(p != MAP_FAILED);
	return p;
}

/* An open file without a name, @len bytes long, in /tmp. */
static inline int tmp_file(size_t len)
{
	char name[] = "/tmp/guest-test-XXXXXX";
	int fd = mkstemp(name);

	need(fd >= 0);
	need(unlink(name) == 0);
	need(ftruncate(fd, len) == 0);
	return fd;
}

static inline pid_t fork_child(void)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	need(pid >= 0);
	return pid;
}

static inline int wait_status(pid_t pid)
{
	int status = -1;
	pid_t got;

	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	need(got == pid);
	return status;
}

/* Run @fn in a child; its result is the exit code. Returns the wait status. */
static inline int run_child(int (*fn)(void *), void *arg)
{
	pid_t pid = fork_child();

	if (pid == 0)
		_exit(fn(arg));
	return wait_status(pid);
}

static inline bool exited_with(int status, int code)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == code)
		return true;
	tap_note("wait status 0x%x, want exit %d", status, code);
	return false;
}

static inline bool killed_by(int status, int sig)
{
	if (WIFSIGNALED(status) && WTERMSIG(status) == sig)
		return true;
	tap_note("wait status 0x%x, want signal %d", status, sig);
	return false;
}

typedef void (*sig_fn)(int sig, siginfo_t *info, void *uc);

static inline void on_signal(int sig, sig_fn fn, int flags)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = flags | SA_SIGINFO };

	sigemptyset(&sa.sa_mask);
	need(sigaction(sig, &sa, NULL) == 0);
}

/* The same numbers on every run: a failure can be repeated. */
static u32 rnd_state = 0x2545f491;

static inline u32 rnd(u32 below)
{
	rnd_state ^= rnd_state << 13;
	rnd_state ^= rnd_state >> 17;
	rnd_state ^= rnd_state << 5;
	return rnd_state % below;
}

/* --- faults --------------------------------------------------------------- */

struct fault {
	int sig;
	int code;
	uintptr_t addr;
	uintptr_t rip;
	unsigned long err;
	unsigned long trapno;
	unsigned long cr2;
};

static struct fault fault_seen;
static sigjmp_buf fault_jump;

static inline void fault_handler(int sig, siginfo_t *info, void *ucontext)
{
	greg_t *gregs = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

	fault_seen.sig = sig;
	fault_seen.code = info->si_code;
	fault_seen.addr = (uintptr_t)info->si_addr;
	fault_seen.rip = gregs[REG_RIP];
	fault_seen.err = gregs[REG_ERR];
	fault_seen.trapno = gregs[REG_TRAPNO];
	fault_seen.cr2 = gregs[REG_CR2];
	siglongjmp(fault_jump, 1);
}

static inline void fault_init(void)
{
	static char stack[65536];
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };

	need(sigaltstack(&ss, NULL) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
		on_signal(sigs[i], fault_handler, SA_NODEFER | SA_ONSTACK);
}

/* Run @fn; 0 if it came back, else the signal that ended it, with details in fault_seen. */
static inline int fault_of(void (*fn)(void *), void *arg)
{
	memset(&fault_seen, 0, sizeof(fault_seen));
	if (sigsetjmp(fault_jump, 0) == 0)
		fn(arg);
	return fault_seen.sig;
}

static inline void do_read(void *p)
{
	asm volatile("movb (%0), %%al" : : "r" (p) : "rax", "memory");
}

static inline void do_write(void *p)
{
	asm volatile("movb $0x77, (%0)" : : "r" (p) : "memory");
}

static inline void do_call(void *p)
{
	((void (*)(void))p)();
}

/* --- extended processor state --------------------------------------------- */

enum xfeature {
	XF_SSE = 1,
	XF_YMM = 2,
	XF_OPMASK = 5,
	XF_ZMM_HI256 = 6,
	XF_HI16_ZMM = 7,
};

/* Offsets in the FXSAVE image, which opens the XSAVE area. */
enum {
	FX_CWD = 0,
	FX_MXCSR = 24,
	FX_ST0 = 32,
	FX_XMM0 = 160,
	FX_SW_RESERVED = 464,
	XSAVE_HEADER = 512,
};

/* The features that the operating system has turned on; 0 without XSAVE. */
static inline u64 xfeatures_on(void)
{
	u32 a, b, c, d;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return 0;
	asm volatile("xgetbv" : "=a" (a), "=d" (d) : "c" (0));
	return a | (u64)d << 32;
}

static inline bool has_avx(void)
{
	return (xfeatures_on() & 6) == 6 && __builtin_cpu_supports("avx");
}

static inline bool has_avx512(void)
{
	return (xfeatures_on() & 0xe6) == 0xe6 && __builtin_cpu_supports("avx512f");
}

/* Where @feature lies in the standard (not compacted) XSAVE area. */
static inline u32 xfeature_offset(enum xfeature feature)
{
	u32 a, b, c, d;

	__cpuid_count(0xd, feature, a, b, c, d);
	return b;
}

#endif
