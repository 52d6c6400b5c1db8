// SPDX-License-Identifier: GPL-2.0
/*
 * Large stacks: a recursion through nearly all of the 8 MiB, deep frames, overflow that gives
 * SIGSEGV on the alternate stack at the right depth, a changed RLIMIT_STACK, thread stacks
 * and their guard page.
 * Not here: MAP_GROWSDOWN by hand (mmap.c), overflow of the alternate stack (sigstack.c).
 */
#include <pthread.h>
#include <sys/resource.h>

#include "util.h"

#define FRAME 4096
#define MIB (1UL << 20)

/* Each level fills its frame and checks it after the deeper ones have come back. */
static noinline unsigned int recurse(unsigned int depth, u32 seed)
{
	u32 frame[FRAME / 4];
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(frame); i += 32)
		frame[i] = seed + depth * 7 + i;
	asm volatile("" : : "r" (frame) : "memory");
	if (depth)
		wrong = recurse(depth - 1, seed);
	for (unsigned int i = 0; i < ARRAY_SIZE(frame); i += 32)
		wrong += frame[i] != seed + depth * 7 + i;
	return wrong;
}

static void set_limit(size_t bytes)
{
	struct rlimit lim;

	need(getrlimit(RLIMIT_STACK, &lim) == 0);
	lim.rlim_cur = bytes;
	need(setrlimit(RLIMIT_STACK, &lim) == 0);
}

static int deep_child(void *arg)
{
	size_t bytes = *(size_t *)arg;

	return recurse(bytes / FRAME, 99) ? 1 : 0;
}

/* A frame of a megabyte whose far end is touched first. */
static int leap_child(void *arg)
{
	char frame[4 * MIB];
	bool zero = true;

	(void)arg;
	asm volatile("" : : "r" (frame) : "memory");
	frame[0] = 1;
	asm volatile("" : : "r" (frame) : "memory");
	for (size_t i = PAGE; i < MIB; i += PAGE)
		zero = zero && frame[i] == 0;
	frame[2 * MIB] = 2;
	asm volatile("" : : "r" (frame) : "memory");
	return zero && frame[0] == 1 && frame[2 * MIB] == 2 ? 0 : 1;
}

static struct {
	uintptr_t top;
	uintptr_t addr;
	uintptr_t rsp;
	int code;
	bool on_alt;
} overflow;

static char alt[65536];

static void overflow_handler(int sig, siginfo_t *info, void *ucontext)
{
	char here;

	overflow.addr = (uintptr_t)info->si_addr;
	overflow.rsp = ((ucontext_t *)ucontext)->uc_mcontext.gregs[REG_RSP];
	overflow.code = info->si_code;
	overflow.on_alt = sig == SIGSEGV && &here >= alt && &here < alt + sizeof(alt);
	siglongjmp(fault_jump, 1);
}

/* Recursion without end; 0 if all about its end is right for a stack of @bytes. */
static int overflow_child(void *arg)
{
	size_t bytes = *(size_t *)arg;
	stack_t ss = { .ss_sp = alt, .ss_size = sizeof(alt) };
	size_t depth;

	set_limit(bytes);
	if (sigaltstack(&ss, NULL) < 0)
		return 1;
	on_signal(SIGSEGV, overflow_handler, SA_ONSTACK);
	overflow.top = (uintptr_t)&ss;
	if (sigsetjmp(fault_jump, 1) == 0) {
		recurse(~0U, 1);
		return 2;
	}
	depth = overflow.top - overflow.addr;
	if (!overflow.on_alt)
		return 3;
	if (overflow.code != SEGV_MAPERR && overflow.code != SEGV_ACCERR)
		return 4;
	if (overflow.addr + 2 * FRAME < overflow.rsp || overflow.addr > overflow.rsp + 2 * FRAME)
		return 5;
	/* Arguments and environment take their part of the limit. */
	/* The last frame may reach over the limit. */
	if (depth > bytes + FRAME || depth < bytes - bytes / 4 - 65536)
		return 6;
	/* The program is alive and its stack good for use. */
	return recurse(16, 5) ? 7 : 0;
}

static int overflow_kills_child(void *arg)
{
	set_limit(*(size_t *)arg);
	return recurse(~0U, 3) ? 1 : 2;
}

static void *thread_recursion(void *arg)
{
	return recurse(*(size_t *)arg / FRAME, 7) ? arg : NULL;
}

static bool run_thread(size_t stack, size_t use)
{
	pthread_attr_t attr;
	pthread_t thread;
	void *ret = &attr;

	pthread_attr_init(&attr);
	need(pthread_attr_setstacksize(&attr, stack) == 0);
	need(pthread_create(&thread, &attr, thread_recursion, &use) == 0);
	need(pthread_join(thread, &ret) == 0);
	pthread_attr_destroy(&attr);
	return !ret;
}

static int thread_overflow_child(void *arg)
{
	return run_thread(MIB, 64 * MIB) ? (arg ? 1 : 2) : 3;
}

int main(void)
{
	size_t most = 7 * MIB, small = 256 * 1024, middle = 2 * MIB, full = 8 * MIB;
	struct rlimit lim;

	need(getrlimit(RLIMIT_STACK, &lim) == 0);
	if (lim.rlim_max != RLIM_INFINITY && lim.rlim_max < full)
		tap_bail("the stack limit cannot be set to 8 MiB");
	set_limit(full);
	ok(exited_with(run_child(deep_child, &most), 0), "a recursion through 7 MiB of stack");
	ok(exited_with(run_child(leap_child, NULL), 0), "a frame of 4 MiB touched at its far end");
	ok(exited_with(run_child(overflow_child, &small), 0),
	   "overflow of 256 KiB: SIGSEGV on the alternate stack, at the limit");
	ok(exited_with(run_child(overflow_child, &middle), 0), "overflow of 2 MiB likewise");
	ok(exited_with(run_child(overflow_child, &full), 0), "overflow of 8 MiB likewise");
	ok(killed_by(run_child(overflow_kills_child, &small), SIGSEGV),
	   "overflow without an alternate stack kills with SIGSEGV");
	ok(run_thread(4 * MIB, 3 * MIB), "a recursion through 3 MiB of a thread's stack");
	ok(run_thread(4 * MIB, 3 * MIB), "and again in a stack that is used for the second time");
	ok(killed_by(run_child(thread_overflow_child, &small), SIGSEGV),
	   "a thread that overflows its stack hits the guard page");
	return tap_done();
}
