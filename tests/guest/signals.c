// SPDX-License-Identifier: GPL-2.0
/*
 * Signal rules: restart or EINTR of slow calls, NODEFER, RESETHAND, masks, queueing and
 * order, sigqueue values, sigwaitinfo, signalfd, sigsuspend, stop and continue, SIGCHLD
 * details, storms.
 * Not here: frames (sigframe.c), alternate stacks (sigstack.c).
 */
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/time.h>

#include "util.h"

static int calls;
static siginfo_t last;
static int order[64];

static void count(int sig, siginfo_t *info, void *uc)
{
	(void)uc;
	if (calls < (int)ARRAY_SIZE(order))
		order[calls] = sig;
	last = *info;
	ADD_VAR(calls, 1);
}

static void block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	need(sigprocmask(how, &set, NULL) == 0);
}

/* --- restart -------------------------------------------------------------- */

/* Start a child that signals us after a while and then writes a byte to @fd. */
static pid_t poker(int sig, int fd)
{
	pid_t parent = getpid();
	pid_t pid = fork_child();

	if (pid)
		return pid;
	sleep_ms(60);
	kill(parent, sig);
	sleep_ms(60);
	if (fd >= 0 && write(fd, "x", 1) != 1)
		_exit(1);
	_exit(0);
}

static void test_restart(void)
{
	int fds[2];
	char c = 0;
	pid_t pid;
	ssize_t n;

	need(pipe(fds) == 0);
	calls = 0;
	on_signal(SIGUSR1, count, SA_RESTART);
	pid = poker(SIGUSR1, fds[1]);
	n = read(fds[0], &c, 1);
	ok(n == 1 && c == 'x' && calls == 1, "SA_RESTART: read goes on after the handler");
	wait_status(pid);

	on_signal(SIGUSR1, count, 0);
	pid = poker(SIGUSR1, fds[1]);
	n = read(fds[0], &c, 1);
	ok(n == -1 && errno == EINTR && calls == 2, "no SA_RESTART: read gives EINTR");
	wait_status(pid);
	need(read(fds[0], &c, 1) == 1);

	on_signal(SIGUSR1, count, SA_RESTART);
	pid = poker(SIGUSR1, -1);
	ok(waitpid(pid, NULL, 0) == pid && calls == 3, "SA_RESTART: waitpid goes on");

	pid = poker(SIGUSR1, fds[1]);
	ok(poll(NULL, 0, 5000) == -1 && errno == EINTR, "poll gives EINTR even with SA_RESTART");
	wait_status(pid);
	need(read(fds[0], &c, 1) == 1);

	pid = poker(SIGUSR1, -1);
	ok(pause() == -1 && errno == EINTR, "pause ends with EINTR");
	wait_status(pid);
	close(fds[0]);
	close(fds[1]);
}

static void test_sleep(void)
{
	struct timespec ask = { 0, 400000000 }, left = { 0, 0 };
	u64 start;
	pid_t pid;
	int ret;

	on_signal(SIGUSR1, count, SA_RESTART);
	pid = poker(SIGUSR1, -1);
	ret = nanosleep(&ask, &left);
	ok(ret == -1 && errno == EINTR, "nanosleep gives EINTR");
	ok(left.tv_nsec > 0 && left.tv_nsec < 390000000, "nanosleep tells the time left");
	wait_status(pid);

	/* Without a handler the call is resumed with the time that was left. */
	pid = fork_child();
	if (pid == 0) {
		start = now_ns();
		ret = nanosleep(&ask, NULL);
		_exit(ret || now_ns() - start < 400 * NSEC_PER_MSEC);
	}
	sleep_ms(50);
	kill(pid, SIGSTOP);
	ok(waitpid(pid, &ret, WUNTRACED) == pid && WIFSTOPPED(ret), "SIGSTOP stops a sleeper");
	sleep_ms(20);
	kill(pid, SIGCONT);
	ok(exited_with(wait_status(pid), 0),
	   "stopped and continued, nanosleep sleeps its full time");
}

/* --- handlers ------------------------------------------------------------- */

static int depth, max_depth, raise_again;

static void reenter(int sig, siginfo_t *info, void *uc)
{
	(void)info;
	(void)uc;
	depth++;
	if (depth > max_depth)
		max_depth = depth;
	if (raise_again-- > 0)
		raise(sig);
	depth--;
}

static sigset_t mask_in_handler;

static void note_mask(int sig, siginfo_t *info, void *ucontext)
{
	(void)sig;
	(void)info;
	sigprocmask(SIG_BLOCK, NULL, &mask_in_handler);
	/* The mask of the interrupted code is what the frame says. */
	sigaddset(&((ucontext_t *)ucontext)->uc_sigmask, SIGURG);
}

static void test_flags(void)
{
	struct sigaction sa;
	sigset_t mask;

	depth = 0;
	max_depth = 0;
	raise_again = 1;
	on_signal(SIGUSR1, reenter, 0);
	raise(SIGUSR1);
	ok_eq(max_depth, 1, "a signal is blocked in its own handler");
	ok_eq(raise_again, -1, "and delivered again when the handler is over");
	max_depth = 0;
	raise_again = 3;
	on_signal(SIGUSR1, reenter, SA_NODEFER);
	raise(SIGUSR1);
	ok_eq(max_depth, 4, "SA_NODEFER lets the handler be interrupted by its own signal");

	calls = 0;
	on_signal(SIGURG, count, SA_RESETHAND);
	raise(SIGURG);
	raise(SIGURG);
	need(sigaction(SIGURG, NULL, &sa) == 0);
	ok(calls == 1 && sa.sa_handler == SIG_DFL, "SA_RESETHAND: the handler runs once");

	sa.sa_sigaction = note_mask;
	sa.sa_flags = SA_SIGINFO;
	sigemptyset(&sa.sa_mask);
	sigaddset(&sa.sa_mask, SIGHUP);
	need(sigaction(SIGUSR1, &sa, NULL) == 0);
	raise(SIGUSR1);
	ok(sigismember(&mask_in_handler, SIGHUP) && sigismember(&mask_in_handler, SIGUSR1),
	   "sa_mask and the signal itself are blocked in the handler");
	need(sigprocmask(SIG_BLOCK, NULL, &mask) == 0);
	ok(!sigismember(&mask, SIGHUP), "sa_mask is undone after the handler");
	ok(sigismember(&mask, SIGURG), "a mask changed in the frame is in force after sigreturn");
	block(SIG_UNBLOCK, SIGURG);
	ok(signal(SIGKILL, SIG_IGN) == SIG_ERR && errno == EINVAL, "SIGKILL cannot be ignored");
	ok(signal(SIGSTOP, SIG_IGN) == SIG_ERR && errno == EINVAL, "SIGSTOP cannot be ignored");
}

/* --- queueing ------------------------------------------------------------- */

static void test_queue(void)
{
	struct timespec none = { 0, 0 }, some = { 0, 30000000 };
	int rt = SIGRTMIN + 2;
	siginfo_t info;
	sigset_t set;
	bool fifo = true;
	u64 start;

	on_signal(rt, count, 0);
	block(SIG_BLOCK, rt);
	for (int i = 0; i < 5; i++)
		need(sigqueue(getpid(), rt, (union sigval){ .sival_int = 100 + i }) == 0);
	sigemptyset(&set);
	sigaddset(&set, rt);
	for (int i = 0; i < 5; i++) {
		if (sigwaitinfo(&set, &info) != rt || info.si_value.sival_int != 100 + i ||
		    info.si_code != SI_QUEUE || info.si_pid != getpid() ||
		    info.si_uid != getuid())
			fifo = false;
	}
	ok(fifo, "queued signals come in order, with value, pid and uid");
	ok(sigtimedwait(&set, &info, &none) == -1 && errno == EAGAIN, "the queue is empty then");
	start = now_ns();
	ok(sigtimedwait(&set, &info, &some) == -1 && errno == EAGAIN &&
	   now_ns() - start >= 30 * NSEC_PER_MSEC, "sigtimedwait waits its time");
	block(SIG_UNBLOCK, rt);

	calls = 0;
	block(SIG_BLOCK, SIGUSR1);
	on_signal(SIGUSR1, count, 0);
	raise(SIGUSR1);
	raise(SIGUSR1);
	need(sigpending(&set) == 0);
	ok(sigismember(&set, SIGUSR1) && calls == 0, "a blocked signal is pending");
	block(SIG_UNBLOCK, SIGUSR1);
	ok_eq(calls, 1, "an ordinary signal pends once");
}

static void test_order(void)
{
	sigset_t set;

	calls = 0;
	sigemptyset(&set);
	for (int i = 0; i < 4; i++) {
		on_signal(SIGRTMIN + i, count, 0);
		sigaddset(&set, SIGRTMIN + i);
	}
	need(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	for (int i = 3; i >= 0; i--)
		raise(SIGRTMIN + i);
	need(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
	/* The frames are stacked in the order of the numbers, so the last runs first. */
	ok(calls == 4 && order[0] == SIGRTMIN + 3 && order[3] == SIGRTMIN,
	   "pending signals get their frames in the order of their numbers");
}

static void test_codes(void)
{
	on_signal(SIGUSR1, count, 0);
	kill(getpid(), SIGUSR1);
	ok(last.si_code == SI_USER && last.si_pid == getpid(), "kill: si_code SI_USER");
	raw3(SYS_tgkill, getpid(), gettid(), SIGUSR1);
	ok(last.si_code == SI_TKILL && last.si_pid == getpid(), "tgkill: si_code SI_TKILL");
	ok_eq(raw2(SYS_kill, getpid(), 65), -EINVAL, "signal 65 is invalid");
	ok_eq(raw2(SYS_kill, 0x3ffffff, 0), -ESRCH, "a process that is not there gives ESRCH");
}

static void test_sigsuspend(void)
{
	sigset_t none, now;

	sigemptyset(&none);
	calls = 0;
	on_signal(SIGUSR1, count, 0);
	block(SIG_BLOCK, SIGUSR1);
	raise(SIGUSR1);
	need(calls == 0);
	ok(sigsuspend(&none) == -1 && errno == EINTR && calls == 1,
	   "sigsuspend lets a pending signal in");
	need(sigprocmask(SIG_BLOCK, NULL, &now) == 0);
	ok(sigismember(&now, SIGUSR1), "sigsuspend puts the mask back");
	block(SIG_UNBLOCK, SIGUSR1);
}

static void test_signalfd(void)
{
	struct signalfd_siginfo si;
	struct pollfd pfd = { .events = POLLIN };
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN + 5);
	need(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	pfd.fd = signalfd(-1, &set, SFD_NONBLOCK);
	if (pfd.fd < 0 && errno == ENOSYS) {
		tap_skip("signalfd", "kernel without CONFIG_SIGNALFD");
		return;
	}
	ok(read(pfd.fd, &si, sizeof(si)) == -1 && errno == EAGAIN,
	   "an empty signalfd gives EAGAIN");
	need(sigqueue(getpid(), SIGRTMIN + 5, (union sigval){ .sival_int = 77 }) == 0);
	ok(poll(&pfd, 1, 1000) == 1, "signalfd becomes readable");
	ok(read(pfd.fd, &si, sizeof(si)) == sizeof(si) && si.ssi_signo == (u32)SIGRTMIN + 5 &&
	   si.ssi_int == 77 && si.ssi_pid == (u32)getpid(), "signalfd tells signal and value");
	close(pfd.fd);
	need(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
}

/* --- children ------------------------------------------------------------- */

static int exit7(void *arg)
{
	(void)arg;
	return 7;
}

static int die(void *arg)
{
	signal(*(int *)arg, SIG_DFL);
	raise(*(int *)arg);
	return 1;
}

static int stop_self(void *arg)
{
	(void)arg;
	raise(SIGSTOP);
	return 3;
}

static siginfo_t sigchld_of(int (*fn)(void *), void *arg)
{
	struct timespec limit = { 5, 0 };
	siginfo_t info = { 0 };
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	need(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	pid = fork_child();
	if (pid == 0)
		_exit(fn(arg));
	need(sigtimedwait(&set, &info, &limit) == SIGCHLD);
	if (info.si_pid != pid)
		info.si_code = -99;
	if (info.si_code == CLD_STOPPED) {
		siginfo_t next = { 0 };

		kill(pid, SIGCONT);
		need(sigtimedwait(&set, &next, &limit) == SIGCHLD);
		ok(next.si_code == CLD_CONTINUED && next.si_status == SIGCONT,
		   "SIGCHLD of a continued child");
		wait_status(pid);
		/* The end gives another SIGCHLD, unless it found this one still pending. */
		limit.tv_sec = 0;
		sigtimedwait(&set, &next, &limit);
	} else {
		wait_status(pid);
	}
	need(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
	return info;
}

static void test_sigchld(void)
{
	int term = SIGTERM;
	siginfo_t info;
	pid_t pid;

	info = sigchld_of(exit7, NULL);
	ok(info.si_code == CLD_EXITED && info.si_status == 7, "SIGCHLD of a child that exits");
	info = sigchld_of(die, &term);
	ok(info.si_code == CLD_KILLED && info.si_status == SIGTERM, "SIGCHLD of a killed child");
	info = sigchld_of(stop_self, NULL);
	ok(info.si_code == CLD_STOPPED && info.si_status == SIGSTOP, "SIGCHLD of a stopped child");

	on_signal(SIGCHLD, count, SA_NOCLDWAIT);
	pid = fork_child();
	if (pid == 0)
		_exit(0);
	ok(waitpid(pid, NULL, 0) == -1 && errno == ECHILD, "SA_NOCLDWAIT leaves no zombie");
	signal(SIGCHLD, SIG_DFL);
}

static void test_default_actions(void)
{
	static const int deadly[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL,
		SIGUSR1, SIGSEGV, SIGUSR2, SIGPIPE, SIGALRM, SIGTERM, SIGXCPU, SIGSYS,
	};
	int harmless[] = { SIGCHLD, SIGURG, SIGWINCH, SIGCONT };
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(deadly); i++) {
		int sig = deadly[i];

		good = killed_by(run_child(die, &sig), sig) && good;
	}
	ok(good, "every deadly signal kills and is named in the wait status");
	good = true;
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
		good = exited_with(run_child(die, &harmless[i]), 1) && good;
	ok(good, "signals whose default is to be ignored are ignored");
}

static int parent_died(void *arg)
{
	int fd = *(int *)arg;

	if (fork() == 0) {
		sigset_t set;
		int sig = 0;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR2);
		sigprocmask(SIG_BLOCK, &set, NULL);
		prctl(PR_SET_PDEATHSIG, SIGUSR2);
		if (write(fd, "r", 1) != 1)
			_exit(1);
		sigwait(&set, &sig);
		_exit(write(fd, sig == SIGUSR2 ? "y" : "n", 1) != 1);
	}
	/* The child says that it is ready by writing; leave when its byte was taken. */
	sleep_ms(100);
	return 0;
}

static void test_pdeath(void)
{
	int fds[2];
	char c[2] = "";

	need(pipe(fds) == 0);
	run_child(parent_died, &fds[1]);
	need(read(fds[0], c, 1) == 1);
	ok(read(fds[0], c + 1, 1) == 1 && c[1] == 'y',
	   "PR_SET_PDEATHSIG tells of the parent's end");
	close(fds[0]);
	close(fds[1]);
}

static void test_storm(void)
{
	int rt = SIGRTMIN + 1, total = 400;
	pid_t parent = getpid(), pid;

	calls = 0;
	on_signal(rt, count, 0);
	pid = fork_child();
	if (pid == 0) {
		for (int i = 0; i < total; i++) {
			/* EAGAIN: the limit of queued signals; let the parent take some. */
			while (sigqueue(parent, rt, (union sigval){ .sival_int = i }) < 0)
				sched_yield();
		}
		_exit(0);
	}
	while (waitpid(pid, NULL, 0) < 0)
		;
	for (int i = 0; i < 200 && READ_VAR(calls) < total; i++)
		sleep_ms(5);
	ok_eq(calls, total, "each of many queued signals arrives");
	ok_eq(last.si_value.sival_int, total - 1, "the last one came last");
}

int main(void)
{
	test_restart();
	test_sleep();
	test_flags();
	test_queue();
	test_order();
	test_codes();
	test_sigsuspend();
	test_signalfd();
	test_sigchld();
	test_default_actions();
	test_pdeath();
	test_storm();
	return tap_done();
}
