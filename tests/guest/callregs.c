// SPDX-License-Identifier: GPL-2.0
/*
 * What a system call leaves alone: all registers but rax, rcx and r11, whatever happens
 * meanwhile to the one who made it: nothing, signals, another thread, a fork, a debugger,
 * pages that come and go. A kernel may know the arguments of a call only and fetch the rest
 * when it needs it; here it needs it at all times when it could.
 * Not here: vector state in its breadth (fpswitch.c), frames (sigframe.c).
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/time.h>

#include "tracer.h"

enum { CALLS = 20000, FLAGS = 0x8d5 };

struct regs {
	u64 bx, bp, r12, r13, r14, r15, flags, xmm;
};

static struct regs pattern(u64 seed)
{
	return (struct regs) {
		.bx = seed, .bp = seed << 8, .r12 = ~seed, .r13 = seed * 3,
		.r14 = seed << 32, .r15 = -seed * 7,
		/* Carry, overflow and others, as they come. */
		.flags = (seed * 0x45) & FLAGS, .xmm = seed * 0x100000001,
	};
}

/* One call with all the other registers as in @in; as they are afterwards in @out. */
static noinline long call_with(const struct regs *in, struct regs *out, long nr, long a, long b,
			       long c)
{
	register long r10 asm("r10") = 0;
	register long r8 asm("r8") = 0;
	register long r9 asm("r9") = 0;
	long ret = nr;
	const struct regs *from = in;
	struct regs *to = out;

	/* Below the red zone. */
	asm volatile("subq $128, %%rsp\n\t"
		     "pushq %%rbp\n\t"
		     "pushq %[to]\n\t"
		     "movq 56(%[from]), %%xmm7\n\t"
		     "movq 0(%[from]), %%rbx\n\t"
		     "movq 8(%[from]), %%rbp\n\t"
		     "movq 16(%[from]), %%r12\n\t"
		     "movq 24(%[from]), %%r13\n\t"
		     "movq 40(%[from]), %%r15\n\t"
		     "pushq 48(%[from])\n\t"
		     "movq 32(%[from]), %%r14\n\t"
		     "popfq\n\t"
		     "syscall\n\t"
		     "movq 0(%%rsp), %%rcx\n\t"
		     "movq %%rbx, 0(%%rcx)\n\t"
		     "movq %%rbp, 8(%%rcx)\n\t"
		     "movq %%r12, 16(%%rcx)\n\t"
		     "movq %%r13, 24(%%rcx)\n\t"
		     "movq %%r14, 32(%%rcx)\n\t"
		     "movq %%r15, 40(%%rcx)\n\t"
		     "movq %%xmm7, 56(%%rcx)\n\t"
		     "pushfq\n\t"
		     "popq 48(%%rcx)\n\t"
		     "popq %%rcx\n\t"
		     "popq %%rbp\n\t"
		     "addq $128, %%rsp\n\t"
		     : "+a" (ret), [from] "+&c" (from)
		     : [to] "r" (to), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8), "r" (r9)
		     : "rbx", "r11", "r12", "r13", "r14", "r15", "xmm7", "memory", "cc");
	out->flags &= FLAGS;
	return ret;
}

static bool same(const struct regs *a, const struct regs *b)
{
	return !memcmp(a, b, sizeof(*a));
}

/* Calls of the kind @nr with new patterns; how many changed something. */
static int changed_by(unsigned int n, u64 seed, long nr, long a, long b, long c, long *last)
{
	int bad = 0;

	for (u64 i = 0; i < n; i++) {
		struct regs in = pattern(seed + i), out;

		*last = call_with(&in, &out, nr, a, b, c);
		bad += !same(&in, &out);
	}
	return bad;
}

static void test_plain(void)
{
	long ret;

	ok_eq(changed_by(CALLS, 1, SYS_getppid, 0, 0, 0, &ret), 0, "getppid changes nothing");
	ok_eq(ret, getppid(), "and is right");
	ok_eq(changed_by(CALLS / 10, 2, SYS_sched_yield, 0, 0, 0, &ret), 0, "nor sched_yield");
	ok_eq(changed_by(CALLS / 10, 3, 100000, 1, 2, 3, &ret), 0, "nor one that there is not");
	ok_eq(ret, -ENOSYS, "which is refused");
	ok_eq(changed_by(100, 4, SYS_getppid | 1L << 32, 0, 0, 0, &ret), 0, "nor one with upper bits");
	ok_eq(ret, getppid(), "which do not count");
	ok_eq(changed_by(CALLS / 10, 5, SYS_read, -1, 0, 0, &ret), 0, "nor one that fails");
	ok_eq(ret, -EBADF, "with its error");
}

static u32 handled;

static void count(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	ADD_VAR(handled, 1);
	/* So that the frame of the interrupted call is not all there is. */
	raw0(SYS_getpid);
}

static void test_signals(void)
{
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { };
	long ret;
	int bad = 0;

	on_signal(SIGALRM, count, SA_RESTART);
	need(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (u64 i = 0; READ_VAR(handled) < 300; i++)
		bad += changed_by(50, i * 50, SYS_getppid, 0, 0, 0, &ret);
	need(setitimer(ITIMER_REAL, &never, NULL) == 0);
	ok_eq(bad, 0, "nothing changes under a rain of signals");
}

static u8 byte;

static void write_later(int fd, int signals)
{
	pid_t parent = getpid();

	if (fork_child() == 0) {
		for (int i = 0; i < signals; i++) {
			sleep_ms(20);
			kill(parent, SIGUSR1);
		}
		sleep_ms(20);
		_exit(write(fd, "x", 1) != 1);
	}
}

static void test_blocked(void)
{
	struct regs in = pattern(11), out;
	int fds[2];
	long ret;

	need(pipe(fds) == 0);
	handled = 0;
	on_signal(SIGUSR1, count, SA_RESTART);
	write_later(fds[1], 3);
	ret = call_with(&in, &out, SYS_read, fds[0], (long)&byte, 1);
	ok_eq(ret, 1, "a read that was interrupted thrice goes on");
	ok_eq(READ_VAR(handled), 3, "the handler has run");
	ok(same(&in, &out), "nothing has changed");
	while (wait(NULL) > 0)
		;

	on_signal(SIGUSR1, count, 0);
	write_later(fds[1], 1);
	in = pattern(12);
	ret = call_with(&in, &out, SYS_read, fds[0], (long)&byte, 1);
	ok_eq(ret, -EINTR, "one that is not to go on ends");
	ok(same(&in, &out), "nothing has changed");
	while (wait(NULL) > 0)
		;
	ok_eq(read(fds[0], &byte, 1), 1, "what was written meanwhile is there");

	/* No handler: a stop and a continue. */
	in = pattern(13);
	if (fork_child() == 0) {
		pid_t parent = getppid();

		sleep_ms(20);
		kill(parent, SIGSTOP);
		sleep_ms(20);
		kill(parent, SIGCONT);
		sleep_ms(20);
		_exit(write(fds[1], "y", 1) != 1);
	}
	ret = call_with(&in, &out, SYS_read, fds[0], (long)&byte, 1);
	ok(ret == 1 && byte == 'y', "a read survives a stop and a continue");
	ok(same(&in, &out), "nothing has changed");
	while (wait(NULL) > 0)
		;
	close(fds[0]);
	close(fds[1]);
}

struct partner {
	int in, out;
	u64 seed;
	int bad;
};

/* Threads that wake each other: each is in the middle of a call when the other runs. */
static void *pass_on(void *arg)
{
	struct partner *p = arg;
	u8 c = 0;

	for (int i = 0; i < 2000; i++) {
		struct regs in = pattern(p->seed + i), out;

		p->bad += call_with(&in, &out, SYS_read, p->in, (long)&c, 1) != 1;
		p->bad += !same(&in, &out);
		in = pattern(p->seed - i);
		p->bad += call_with(&in, &out, SYS_write, p->out, (long)&c, 1) != 1;
		p->bad += !same(&in, &out);
	}
	return NULL;
}

static void test_threads(void)
{
	int a[2], b[2];
	pthread_t thread;

	need(pipe(a) == 0 && pipe(b) == 0);

	struct partner one = { .in = a[0], .out = b[1], .seed = 0x1111111 };
	struct partner two = { .in = b[0], .out = a[1], .seed = 0x7777777 };

	need(!pthread_create(&thread, NULL, pass_on, &one));
	need(write(a[1], "", 1) == 1);
	pass_on(&two);
	need(!pthread_join(thread, NULL));
	ok_eq(one.bad + two.bad, 0, "two threads that wait for each other keep what is theirs");
	close(a[0]);
	close(a[1]);
	close(b[0]);
	close(b[1]);
}

/* A thread that ends while the others are in calls, again and again. */
static void *a_few_calls(void *arg)
{
	struct regs in = pattern((u64)arg), out;
	int bad = 0;

	for (int i = 0; i < 20; i++) {
		call_with(&in, &out, SYS_sched_yield, 0, 0, 0);
		bad += !same(&in, &out);
	}
	return (void *)(long)bad;
}

static void test_short_threads(void)
{
	long bad = 0;

	for (long i = 0; i < 100; i++) {
		pthread_t thread[3];
		void *ret;

		for (long t = 0; t < 3; t++)
			need(!pthread_create(&thread[t], NULL, a_few_calls, (void *)(i * 3 + t)));
		for (long t = 0; t < 3; t++) {
			need(!pthread_join(thread[t], &ret));
			bad += (long)ret;
		}
	}
	ok_eq(bad, 0, "so do threads that come and go");
}

/* Pages which the kernel maps, or maps anew, to serve the call. */
static void test_pages(void)
{
	enum { PAGES = 200 };
	int zero = open("/dev/zero", O_RDONLY), bad = 0;
	u8 *fresh = map_anon(PAGES * PAGE), *cow;
	struct regs in = pattern(21), out;
	pid_t pid;

	need(zero >= 0);
	for (int i = 0; i < PAGES; i++) {
		bad += call_with(&in, &out, SYS_read, zero, (long)fresh + i * PAGE + 5, 100) != 100;
		bad += !same(&in, &out) || fresh[i * PAGE + 50];
		fresh[i * PAGE + 50] = i;
	}
	for (int i = 0; i < PAGES; i++)
		bad += fresh[i * PAGE + 50] != (u8)i;
	ok_eq(bad, 0, "calls that write to fresh pages");

	cow = map_anon(PAGES * PAGE);
	memset(cow, 0x55, PAGES * PAGE);
	pid = fork_child();
	if (pid == 0) {
		sleep_ms(100);
		for (int i = 0; i < PAGES; i++)
			bad += cow[i * PAGE + 50] != 0x55;
		_exit(bad);
	}
	for (int i = 0; i < PAGES; i++) {
		/* It is mapped for reading now, and another page after the call. */
		bad += *(volatile u8 *)&cow[i * PAGE + 50] != 0x55;
		bad += call_with(&in, &out, SYS_read, zero, (long)cow + i * PAGE, 100) != 100;
		bad += !same(&in, &out) || *(volatile u8 *)&cow[i * PAGE + 50];
		bad += *(volatile u8 *)&cow[i * PAGE + 150] != 0x55;
	}
	ok_eq(bad, 0, "calls that write to pages shared with a child");
	ok(exited_with(wait_status(pid), 0), "which sees nothing of it");
	close(zero);
}

/* A child begins with what its parent had, after calls and in the middle of them. */
static void test_fork(void)
{
	struct regs in = pattern(31), out;
	int bad = 0;
	long pid;

	for (int i = 0; i < 50; i++) {
		raw0(SYS_getppid);
		pid = call_with(&in, &out, SYS_fork, 0, 0, 0);
		bad += !same(&in, &out);
		if (pid == 0)
			_exit(bad != 0);
		bad += !exited_with(wait_status(pid), 0);
	}
	ok_eq(bad, 0, "parent and child come out of fork alike");
}

static int wait_in_read(void *arg)
{
	const int *fds = arg;
	struct regs in = pattern(41), out;
	long ret = call_with(&in, &out, SYS_read, fds[0], (long)&byte, 1);

	if (ret != 1)
		return 1;
	/* The debugger changed one of them. */
	if (out.r13 != 4711)
		return 2;
	out.r13 = in.r13;
	return same(&in, &out) ? 0 : 3;
}

static void test_debugger(void)
{
	struct regs want = pattern(41);
	struct user_regs_struct regs;
	int fds[2], status;
	pid_t pid;

	need(pipe(fds) == 0);
	pid = fork_child();
	if (pid == 0)
		_exit(wait_in_read(fds));
	sleep_ms(50);
	need(trace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL) == 0);
	need(trace(PTRACE_INTERRUPT, pid, 0, 0) == 0);
	status = wait_status(pid);
	ok(WIFSTOPPED(status), "a debugger stops one that waits");
	regs = get_regs(pid);
	ok(regs.rbx == want.bx && regs.rbp == want.bp && regs.r12 == want.r12 &&
	   regs.r13 == want.r13 && regs.r14 == want.r14 && regs.r15 == want.r15,
	   "and sees its registers");
	ok_eq(regs.orig_rax, SYS_read, "among them the call");
	ok_eq(regs.rdi, fds[0], "its argument");
	regs.r13 = 4711;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	need(trace(PTRACE_DETACH, pid, 0, 0) == 0);
	sleep_ms(20);
	need(write(fds[1], "z", 1) == 1);
	ok(exited_with(wait_status(pid), 0), "what it changes is changed, the rest is not");
	close(fds[0]);
	close(fds[1]);
}

/* Processes killed in the middle of a call leave nothing to those that come after. */
static void test_killed(void)
{
	int fds[2], bad = 0;
	long ret;

	need(pipe(fds) == 0);
	for (int i = 0; i < 40; i++) {
		pid_t pid = fork_child();

		if (pid == 0)
			_exit(read(fds[0], &byte, 1) == 1);
		sleep_ms(2);
		kill(pid, SIGKILL);
		bad += !killed_by(wait_status(pid), SIGKILL);
		pid = fork_child();
		if (pid == 0)
			_exit(changed_by(50, i, SYS_getppid, 0, 0, 0, &ret));
		bad += !exited_with(wait_status(pid), 0);
	}
	ok_eq(bad, 0, "killed in a call, and followed by others");
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	test_plain();
	test_signals();
	test_blocked();
	test_threads();
	test_short_threads();
	test_pages();
	test_fork();
	test_debugger();
	test_killed();
	return tap_done();
}
