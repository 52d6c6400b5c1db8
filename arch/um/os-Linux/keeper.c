// SPDX-License-Identifier: GPL-2.0
/*
 * The keeper of a kernel that confines itself (sandbox=on). To whoever started
 * it, it is the program: signals sent to it are passed on, it stops when the
 * kernel stops and ends as the kernel ends. It takes nothing else from the
 * kernel but one byte, which says "start again".
 * Not here: the confinement (sandbox.c), which the keeper has no part in.
 */
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <host/proc.h>
#include <host/timer.h>
#include "keeper.h"
#include "sys.h"

enum {
	SIGNALS = 64,
	/* More than a signal for a group takes to reach all of it. */
	ECHO_NS = 1000000000,
	SHELL_SIGNAL_BASE = 128,
};

static const char again = 'r';

/* In the kernel's process: who keeps us, and our end of the pipe to it. */
static int keeper_pid;
static int ask_fd = -1;

/* ---- the keeper ---- */

static uint64_t bit(int sig)
{
	return 1ULL << (sig - 1);
}

/* Meant for the kernel: see host_signal.c. All others stay with us. */
static bool is_for_kernel(int sig)
{
	const uint64_t set = bit(SIGTERM) | bit(SIGHUP) | bit(SIGINT) |
			     bit(SIGQUIT) | bit(SIGABRT) | bit(SIGWINCH) |
			     bit(SIGTSTP) | bit(SIGCONT) | bit(SIGSEGV) |
			     bit(SIGBUS) | bit(SIGILL) | bit(SIGFPE) |
			     bit(SIGTRAP);

	return sig <= SIGNALS && (set & bit(sig));
}

/*
 * The terminal sends to the whole process group, so the kernel has it, too. But
 * that it is gone is told to the leader of the session alone.
 */
static bool is_ours_alone(int sig, const siginfo_t *si)
{
	if (si->si_code <= 0)
		return true;
	return sig == SIGHUP && sys_call(SYS_getsid, 0) == sys_getpid();
}

static void pass_on(int kernel, int sig, const siginfo_t *si)
{
	siginfo_t info = { .si_signo = sig, .si_code = SI_QUEUE };

	if (!is_for_kernel(sig) || !is_ours_alone(sig, si))
		return;
	info.si_pid = sys_getpid();
	info.si_uid = sys_call(SYS_getuid);
	info.si_value.sival_int = si->si_code > 0 ? 0 : si->si_pid;
	sys_call(SYS_rt_sigqueueinfo, kernel, sig, &info);
}

/* What our own parent is to see: we stop with the kernel, and go on with it. */
static void stop_with(int kernel)
{
	sys_kill(sys_getpid(), SIGSTOP);
	sys_kill(kernel, SIGCONT);
}

/* Return: true if the kernel has ended, which @si tells of. */
static bool has_ended(int kernel, siginfo_t *si)
{
	for (;;) {
		si->si_pid = 0;
		if (sys_retry(SYS_waitid, P_PID, kernel, si,
			      WEXITED | WSTOPPED | WNOHANG, NULL) || !si->si_pid)
			return false;
		if (si->si_code != CLD_STOPPED)
			return true;
		stop_with(kernel);
	}
}

static void wait_for_end(int kernel, siginfo_t *si)
{
	const uint64_t all = ~0ULL;
	int sig;

	do {
		sig = sys_retry(SYS_rt_sigtimedwait, &all, si, NULL, sizeof(all));
		if (sig > 0 && sig != SIGCHLD)
			pass_on(kernel, sig, si);
	} while (sig != SIGCHLD || !has_ended(kernel, si));
}

/* The kernel has dumped its core, or not; ours would tell nothing. */
static void __attribute__((noreturn)) end_like(const siginfo_t *kernel)
{
	const struct rlimit no_core = { 0, 0 };
	struct sigaction sa = { .sa_handler = SIG_DFL };
	int status = kernel->si_status;
	uint64_t all = ~0ULL;

	if (kernel->si_code == CLD_EXITED)
		os_exit(status);
	setrlimit(RLIMIT_CORE, &no_core);
	sigaction(status, &sa, NULL);
	sys_sigmask(SIG_UNBLOCK, &all, NULL);
	sys_kill(sys_getpid(), status);
	os_exit(SHELL_SIGNAL_BASE + status);
}

static bool wants_again(int fd)
{
	char byte;

	return sys_read(fd, &byte, 1) == 1 && byte == again;
}

/* ---- dividing ---- */

static void become_kernel(int keeper, const uint64_t *mask, int fd)
{
	keeper_pid = keeper;
	ask_fd = fd;
	sys_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	/* It may have died before it could matter to us. */
	if (sys_call(SYS_getppid) != keeper)
		sys_call(SYS_exit_group, OS_EXIT_FAILURE);
	sys_sigmask(SIG_SETMASK, mask, NULL);
}

/*
 * Return: true in the kernel's process; false in the keeper when a kernel has
 * ended and wants to be started again.
 */
static bool run_kernel(const uint64_t *mask)
{
	int keeper = sys_getpid(), pipe[2], kernel;
	siginfo_t si = { };
	bool restart;

	if (sys_call(SYS_pipe2, pipe, O_CLOEXEC | O_NONBLOCK))
		os_die("sandbox=on: cannot make a pipe");
	kernel = sys_call(SYS_fork);
	if (kernel < 0)
		os_die("sandbox=on: cannot make a process for the kernel (error %d)",
		       -kernel);
	if (!kernel) {
		sys_close(pipe[0]);
		become_kernel(keeper, mask, pipe[1]);
		return true;
	}
	sys_close(pipe[1]);
	wait_for_end(kernel, &si);
	restart = si.si_code == CLD_EXITED && wants_again(pipe[0]);
	sys_close(pipe[0]);
	if (!restart)
		end_like(&si);
	return false;
}

/* The last one counts; options end at "--". */
static bool is_wanted(char **argv)
{
	bool wanted = false;

	for (argv++; *argv && strcmp(*argv, "--"); argv++) {
		if (!strcmp(*argv, "sandbox=on"))
			wanted = true;
		else if (!strcmp(*argv, "sandbox=off"))
			wanted = false;
	}
	return wanted;
}

void keeper_start(char **argv)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	uint64_t all = ~0ULL, mask;

	if (!is_wanted(argv))
		return;
	/* Ignored, the kernel's end would tell us nothing. */
	sigaction(SIGCHLD, &sa, NULL);
	sys_sigmask(SIG_SETMASK, &all, &mask);
	while (!run_kernel(&mask))
		;
}

/* ---- the kernel's side ---- */

bool keeper_ask_again(void)
{
	return ask_fd >= 0 && sys_write(ask_fd, &again, 1) == 1;
}

bool keeper_is_echo(const siginfo_t *si)
{
	static struct {
		int sig;
		int sender;
		bool passed_on;
		__u64 when;
	} last;
	bool passed_on = si->si_code == SI_QUEUE && si->si_pid == keeper_pid;
	int sender = passed_on ? si->si_value.sival_int : si->si_pid;
	__u64 now = os_clock_monotonic();
	bool echo;

	if (!keeper_pid)
		return false;
	echo = last.sig == si->si_signo && last.sender == sender &&
	       last.passed_on != passed_on && now - last.when < ECHO_NS;
	last.sig = si->si_signo;
	last.sender = sender;
	last.passed_on = passed_on;
	last.when = now;
	return echo;
}
