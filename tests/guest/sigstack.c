// SPDX-License-Identifier: GPL-2.0
/*
 * Alternate signal stacks and nesting: sigaltstack() rules, SA_ONSTACK, SS_AUTODISARM,
 * handlers on top of handlers, leaving by siglongjmp, and what happens when it overflows.
 * Not here: frame contents (sigframe.c), overflow of the ordinary stack (stack.c).
 */
#include "util.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif

#define ALT_SIZE 65536

static char alt[ALT_SIZE] __aligned(16);
static char alt2[ALT_SIZE] __aligned(16);

static struct {
	int calls;
	bool on_alt;
	stack_t during;
	stack_t in_frame;
	int change_result;
	int depth, deepest;
	uintptr_t sp[80];
} seen;

static bool in_stack(const void *p, const char *stack)
{
	return (const char *)p >= stack && (const char *)p < stack + ALT_SIZE;
}

static void set_alt(char *sp, size_t size, int flags)
{
	stack_t ss = { .ss_sp = sp, .ss_size = size, .ss_flags = flags };

	need(sigaltstack(&ss, NULL) == 0);
}

static int try_alt(char *sp, size_t size, int flags)
{
	stack_t ss = { .ss_sp = sp, .ss_size = size, .ss_flags = flags };

	return sigaltstack(&ss, NULL) < 0 ? -errno : 0;
}

static void look(int sig, siginfo_t *info, void *ucontext)
{
	stack_t other = { .ss_sp = alt2, .ss_size = sizeof(alt2) };

	(void)sig;
	(void)info;
	seen.calls++;
	seen.on_alt = in_stack(&other, alt);
	seen.in_frame = ((ucontext_t *)ucontext)->uc_stack;
	sigaltstack(NULL, &seen.during);
	seen.change_result = sigaltstack(&other, NULL) < 0 ? -errno : 0;
}

static void test_rules(void)
{
	stack_t now;

	need(sigaltstack(NULL, &now) == 0);
	ok_eq(now.ss_flags, SS_DISABLE, "a program starts without an alternate stack");
	ok_eq(try_alt(alt, 256, 0), -ENOMEM, "a stack that is too small is refused");
	ok_eq(try_alt(alt, ALT_SIZE, 0x40), -EINVAL, "unknown flags are refused");
	set_alt(alt, ALT_SIZE, 0);
	need(sigaltstack(NULL, &now) == 0);
	ok(now.ss_sp == alt && now.ss_size == ALT_SIZE && now.ss_flags == 0,
	   "the stack that was set is reported");
	ok_eq(raw2(SYS_sigaltstack, 8, 0), -EFAULT, "a bad pointer gives EFAULT");
}

static void test_onstack(void)
{
	stack_t now;

	memset(&seen, 0, sizeof(seen));
	on_signal(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	ok(seen.calls == 1 && seen.on_alt, "SA_ONSTACK runs the handler on the alternate stack");
	ok_eq(seen.during.ss_flags, SS_ONSTACK, "sigaltstack() in the handler says SS_ONSTACK");
	ok_eq(seen.change_result, -EPERM, "the stack cannot be changed while in use");
	ok(seen.in_frame.ss_sp == alt && seen.in_frame.ss_size == ALT_SIZE,
	   "the frame tells the alternate stack");
	need(sigaltstack(NULL, &now) == 0);
	ok_eq(now.ss_flags, 0, "after the handler the stack is free again");

	on_signal(SIGUSR1, look, 0);
	raise(SIGUSR1);
	ok(!seen.on_alt, "without SA_ONSTACK the handler stays on the ordinary stack");
}

static void test_autodisarm(void)
{
	stack_t now;

	memset(&seen, 0, sizeof(seen));
	set_alt(alt, ALT_SIZE, (int)SS_AUTODISARM);
	on_signal(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	ok(seen.on_alt, "SS_AUTODISARM: the handler runs on the alternate stack");
	ok_eq(seen.during.ss_flags, SS_DISABLE, "SS_AUTODISARM: it is disarmed in the handler");
	ok_eq(seen.change_result, 0, "SS_AUTODISARM: another stack can be set in the handler");
	need(sigaltstack(NULL, &now) == 0);
	ok(now.ss_sp == alt && (unsigned int)now.ss_flags == SS_AUTODISARM,
	   "SS_AUTODISARM: sigreturn puts the old stack back");
	set_alt(NULL, 0, SS_DISABLE);
	raise(SIGUSR1);
	ok(!seen.on_alt, "SS_DISABLE: the handler runs on the ordinary stack");
}

/* Each level raises the signal again until the wanted depth. */
static void nest(int sig, siginfo_t *info, void *uc)
{
	int here = seen.depth;

	(void)info;
	(void)uc;
	seen.sp[here] = (uintptr_t)&here;
	if (++seen.depth < seen.deepest)
		raise(sig);
	seen.calls++;
	if (seen.sp[here] != (uintptr_t)&here || seen.calls != seen.deepest - here)
		seen.deepest = -1;
}

static bool nested_downwards(int n)
{
	for (int i = 1; i < n; i++)
		if (seen.sp[i] >= seen.sp[i - 1])
			return false;
	return true;
}

static void test_nesting(void)
{
	memset(&seen, 0, sizeof(seen));
	seen.deepest = 64;
	on_signal(SIGUSR2, nest, SA_NODEFER);
	raise(SIGUSR2);
	ok_eq(seen.calls, 64, "64 handlers on top of each other all return");
	ok(seen.deepest == 64 && nested_downwards(64), "each had a frame below the one before");

	memset(&seen, 0, sizeof(seen));
	seen.deepest = 8;
	set_alt(alt, ALT_SIZE, 0);
	on_signal(SIGUSR2, nest, SA_NODEFER | SA_ONSTACK);
	raise(SIGUSR2);
	ok(seen.calls == 8 && nested_downwards(8),
	   "nested handlers go on down on the alternate stack");
	ok(in_stack((void *)seen.sp[0], alt) && in_stack((void *)seen.sp[7], alt),
	   "the first and the last of them were on it");
}

static char order[16];
static int order_len;

static void chain(int sig, siginfo_t *info, void *uc)
{
	(void)info;
	(void)uc;
	order[order_len++] = 'a' + sig - SIGRTMIN;
	if (sig < SIGRTMIN + 3)
		raise(sig + 1);
	order[order_len++] = 'A' + sig - SIGRTMIN;
}

static void test_chain(void)
{
	for (int i = 0; i < 4; i++)
		on_signal(SIGRTMIN + i, chain, i % 2 ? SA_ONSTACK : 0);
	raise(SIGRTMIN);
	ok(!strcmp(order, "abcdDCBA"), "four signals nested, stacks alternating, unwind in order");
}

static sigjmp_buf jump;

static void leave(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	siglongjmp(jump, 1);
}

static void test_leaving(void)
{
	static int laps;
	stack_t now;
	sigset_t mask;

	on_signal(SIGUSR1, leave, SA_ONSTACK);
	sigsetjmp(jump, 1);
	if (laps++ < 20)
		raise(SIGUSR1);
	ok_eq(laps, 21, "siglongjmp out of 20 handlers on the alternate stack");
	need(sigaltstack(NULL, &now) == 0);
	ok_eq(now.ss_flags, 0, "the stack is free after siglongjmp");
	need(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
	ok_eq(sigismember(&mask, SIGUSR1), 0, "siglongjmp restored the mask");
}

static void forever(int sig, siginfo_t *info, void *uc)
{
	(void)info;
	(void)uc;
	raise(sig);
	/* Not reached, but keeps the call from becoming a jump. */
	seen.calls++;
}

static int overflow_child(void *arg)
{
	int flags = *(int *)arg;

	set_alt(alt, 16384, 0);
	on_signal(SIGUSR1, forever, SA_NODEFER | flags);
	raise(SIGUSR1);
	return 1;
}

static void test_overflow(void)
{
	int flags = SA_ONSTACK;

	memset(alt2, 0x33, sizeof(alt2));
	ok(killed_by(run_child(overflow_child, &flags), SIGSEGV),
	   "overflowing the alternate stack ends the program with SIGSEGV");
}

static int bad_alt_child(void *arg)
{
	char *hole = map_anon(ALT_SIZE);

	(void)arg;
	set_alt(hole, ALT_SIZE, 0);
	munmap(hole, ALT_SIZE);
	on_signal(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	return 1;
}

static int fresh_alt_child(void *arg)
{
	char *fresh = map_anon(ALT_SIZE);

	(void)arg;
	set_alt(fresh, ALT_SIZE, 0);
	on_signal(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	return seen.calls == 1 ? 0 : 1;
}

static int read_only_alt_child(void *arg)
{
	char *page = map_anon(ALT_SIZE);

	(void)arg;
	memset(page, 1, ALT_SIZE);
	need(mprotect(page, ALT_SIZE, PROT_READ) == 0);
	set_alt(page, ALT_SIZE, 0);
	on_signal(SIGUSR1, look, SA_ONSTACK);
	raise(SIGUSR1);
	return 1;
}

int main(void)
{
	test_rules();
	test_onstack();
	test_autodisarm();
	test_nesting();
	test_chain();
	test_leaving();
	test_overflow();
	memset(&seen, 0, sizeof(seen));
	ok(exited_with(run_child(fresh_alt_child, NULL), 0),
	   "a frame can be written to an alternate stack never touched");
	ok(killed_by(run_child(bad_alt_child, NULL), SIGSEGV),
	   "an alternate stack that was unmapped ends the program with SIGSEGV");
	ok(killed_by(run_child(read_only_alt_child, NULL), SIGSEGV),
	   "a frame is not written to a read-only alternate stack");
	return tap_done();
}
