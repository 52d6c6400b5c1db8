// SPDX-License-Identifier: GPL-2.0
/*
 * ptrace: events of fork, vfork, clone, exec and exit; attach, seize, interrupt, listen and
 * detach; signals held back, changed and injected; masks and queues; who may trace whom.
 * Not here: registers (ptrace_regs.c), steps and system calls (ptrace_step.c).
 */
#include <pthread.h>
#include <sched.h>

#include "tracer.h"

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

static unsigned long event_message(pid_t pid)
{
	unsigned long msg = 0;

	need(trace(PTRACE_GETEVENTMSG, pid, 0, &msg) == 0);
	return msg;
}

static int fork_of(void *arg)
{
	long nr = (long)arg;
	int status;
	pid_t pid = raw6(nr, nr == SYS_clone ? SIGCHLD : 0, 0, 0, 0, 0, 0);

	if (pid == 0)
		raw1(SYS_exit_group, 9);
	waitpid(pid, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 9 ? 0 : 1;
}

static void test_fork(long nr, const char *name)
{
	pid_t pid = traced_child(fork_of, (void *)nr, PTRACE_O_TRACEFORK), child;
	int status = resume(PTRACE_CONT, pid, 0);

	ok(stopped_at_event(status, PTRACE_EVENT_FORK), "%s: the event", name);
	child = event_message(pid);
	ok(child > 0 && child != pid, "%s: the message is the child's ID", name);
	ok(stopped_by(wait_status(child), SIGSTOP),
	   "%s: the child starts traced and stopped", name);
	ok_eq(get_regs(child).rax, 0, "%s: the child's result is 0", name);
	ok(exited_with(resume(PTRACE_CONT, child, 0), 9), "%s: the child's end", name);
	for (status = resume(PTRACE_CONT, pid, 0); WIFSTOPPED(status);)
		status = resume(PTRACE_CONT, pid, WSTOPSIG(status));
	ok(exited_with(status, 0), "%s: the parent gets its child too", name);
}

static int vfork_exit(void *arg)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(3);
	waitpid(pid, NULL, 0);
	return arg ? 1 : 0;
}

static void test_vfork(void)
{
	pid_t pid = traced_child(vfork_exit, NULL, PTRACE_O_TRACEVFORK | PTRACE_O_TRACEVFORKDONE);
	pid_t child;

	ok(stopped_at_event(resume(PTRACE_CONT, pid, 0), PTRACE_EVENT_VFORK), "vfork: the event");
	child = event_message(pid);
	need(stopped_by(wait_status(child), SIGSTOP));
	need(trace(PTRACE_CONT, pid, 0, 0) == 0);
	ok(waitpid(pid, NULL, WNOHANG) == 0, "vfork: the parent waits for the child");
	ok(exited_with(resume(PTRACE_CONT, child, 0), 3), "vfork: the child's end");
	ok(stopped_at_event(wait_status(pid), PTRACE_EVENT_VFORK_DONE), "vfork: done");
	ok_eq(event_message(pid), child, "vfork: done names the child");
	end_child(pid);
}

static void *nothing(void *arg)
{
	return arg;
}

static int thread_child(void *arg)
{
	pthread_t t;

	if (pthread_create(&t, NULL, nothing, arg) || pthread_join(t, NULL))
		return 1;
	return 0;
}

static void test_clone(void)
{
	pid_t pid = traced_child(thread_child, NULL, PTRACE_O_TRACECLONE);
	int status;
	pid_t tid;

	ok(stopped_at_event(resume(PTRACE_CONT, pid, 0), PTRACE_EVENT_CLONE), "clone: the event");
	tid = event_message(pid);
	need(waitpid(tid, &status, __WALL) == tid);
	ok(stopped_by(status, SIGSTOP), "clone: the thread starts stopped");
	need(trace(PTRACE_CONT, tid, 0, 0) == 0 && trace(PTRACE_CONT, pid, 0, 0) == 0);
	need(waitpid(tid, &status, __WALL) == tid);
	ok(exited_with(status, 0), "clone: the thread's end");
	ok(exited_with(wait_status(pid), 0), "clone: the process's end");
}

static int exec_child(void *arg)
{
	char *argv[] = { "ptrace_event", "exit", "6", NULL };

	(void)arg;
	execv("/proc/self/exe", argv);
	return 1;
}

static void test_exec_exit(void)
{
	long options = PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;
	pid_t pid = traced_child(exec_child, NULL, options);

	ok(stopped_at_event(resume(PTRACE_CONT, pid, 0), PTRACE_EVENT_EXEC), "exec: the event");
	ok_eq(event_message(pid), pid, "exec: the message is the former thread ID");
	ok(stopped_at_event(resume(PTRACE_CONT, pid, 0), PTRACE_EVENT_EXIT), "exit: the event");
	ok_eq(event_message(pid), 6 << 8, "exit: the message is the status");
	ok_eq(get_regs(pid).orig_rax, SYS_exit_group, "exit: registers can still be read");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 6), "exit: the end");

	/* Without the option a traced exec gives a plain SIGTRAP. */
	pid = traced_child(exec_child, NULL, 0);
	ok(stopped_by(resume(PTRACE_CONT, pid, 0), SIGTRAP), "exec without the option: SIGTRAP");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 6), "exec without the option: runs on");
}

/* --- signals -------------------------------------------------------------- */

static siginfo_t got;
static int got_count;

static void note(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)uc;
	got = *info;
	got_count++;
}

static int signal_child(void *arg)
{
	(void)arg;
	on_signal(SIGUSR1, note, 0);
	on_signal(SIGUSR2, note, 0);
	raise(SIGUSR1);
	if (got_count != 0)
		return 1;
	raise(SIGUSR1);
	if (got_count != 1 || got.si_signo != SIGUSR2)
		return 2;
	raise(SIGUSR1);
	if (got_count != 2 || got.si_signo != SIGUSR1 || got.si_value.sival_int != 999)
		return 3;
	return 0;
}

static void test_signals(void)
{
	pid_t pid = traced_child(signal_child, NULL, 0);
	siginfo_t info;

	ok(stopped_by(resume(PTRACE_CONT, pid, 0), SIGUSR1), "a signal stops the child");
	need(trace(PTRACE_GETSIGINFO, pid, 0, &info) == 0);
	ok(info.si_signo == SIGUSR1 && info.si_code == SI_TKILL && info.si_pid == pid,
	   "GETSIGINFO tells the sender");
	resume(PTRACE_CONT, pid, 0);
	resume(PTRACE_CONT, pid, SIGUSR2);
	need(trace(PTRACE_GETSIGINFO, pid, 0, &info) == 0);
	info.si_code = SI_QUEUE;
	info.si_value.sival_int = 999;
	need(trace(PTRACE_SETSIGINFO, pid, 0, &info) == 0);
	ok(exited_with(resume(PTRACE_CONT, pid, SIGUSR1), 0),
	   "a signal held back, one replaced, one with changed details");
}

static int mask_child(void *arg)
{
	sigset_t mask;

	(void)arg;
	raise(SIGTRAP);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	return sigismember(&mask, SIGUSR2) && !sigismember(&mask, SIGUSR1) ? 0 : 1;
}

static void test_mask(void)
{
	u64 want = 1UL << (SIGUSR2 - 1), mask = 0;
	pid_t pid = traced_child(mask_child, NULL, 0);

	/* libc's raise() blocks all signals for a moment: take a stop outside of it. */
	resume(PTRACE_SYSCALL, pid, 0);
	need(trace(PTRACE_GETSIGMASK, pid, 8, &mask) == 0);
	ok_eq(mask, 0, "GETSIGMASK reads the mask");
	need(trace(PTRACE_SETSIGMASK, pid, 8, &want) == 0);
	ok(trace(PTRACE_GETSIGMASK, pid, 4, &mask) == -1 && errno == EINVAL,
	   "a wrong size gives EINVAL");
	resume(PTRACE_CONT, pid, 0);
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "SETSIGMASK sets it");
}

/* --- attach --------------------------------------------------------------- */

static u64 *spin_count;

static int spinner(void *arg)
{
	(void)arg;
	for (;;)
		ADD_VAR(*spin_count, 1);
	return 1;
}

static int sleeper(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 1;
}

static pid_t free_child(int (*fn)(void *))
{
	pid_t pid = fork_child();

	if (pid == 0)
		_exit(fn(NULL));
	sleep_ms(20);
	return pid;
}

static bool is_moving(void)
{
	u64 start = READ_VAR(*spin_count);

	for (int i = 0; i < 500; i++) {
		if (READ_VAR(*spin_count) != start)
			return true;
		sleep_ms(2);
	}
	return false;
}

static void test_attach(void)
{
	pid_t pid = free_child(spinner);
	u64 frozen;

	need(trace(PTRACE_ATTACH, pid, 0, 0) == 0);
	ok(stopped_by(wait_status(pid), SIGSTOP), "ATTACH stops a spinning process");
	frozen = READ_VAR(*spin_count);
	sleep_ms(20);
	ok_eq(READ_VAR(*spin_count), frozen, "it stands still");
	ok(trace(PTRACE_ATTACH, pid, 0, 0) == -1 && errno == EPERM, "a second ATTACH gives EPERM");
	ok(get_regs(pid).rip != 0, "its registers can be read");
	need(trace(PTRACE_DETACH, pid, 0, 0) == 0);
	ok(is_moving(), "DETACH lets it go");
	ok(trace(PTRACE_GETREGS, pid, 0, &frozen) == -1 && errno == ESRCH,
	   "a process that is not traced gives ESRCH");
	end_child(pid);

	pid = free_child(sleeper);
	need(trace(PTRACE_ATTACH, pid, 0, 0) == 0);
	ok(stopped_by(wait_status(pid), SIGSTOP), "ATTACH stops a sleeping process");
	ok(trace(PTRACE_DETACH, pid, 0, SIGTERM) == 0 && killed_by(wait_status(pid), SIGTERM),
	   "DETACH can hand over a signal");
	ok(trace(PTRACE_ATTACH, getpid(), 0, 0) == -1 && errno == EPERM, "nobody traces himself");
}

static void test_seize(void)
{
	pid_t pid = free_child(spinner);
	siginfo_t info;

	need(trace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL) == 0);
	ok(is_moving(), "SEIZE does not stop");
	ok(trace(PTRACE_GETREGS, pid, 0, &info) == -1 && errno == ESRCH,
	   "a process that runs gives ESRCH");
	need(trace(PTRACE_INTERRUPT, pid, 0, 0) == 0);
	ok(stopped_at_event(wait_status(pid), PTRACE_EVENT_STOP), "INTERRUPT stops");
	need(trace(PTRACE_CONT, pid, 0, 0) == 0);
	ok(is_moving(), "CONT lets it run");

	kill(pid, SIGSTOP);
	ok(stopped_by(wait_status(pid), SIGSTOP), "SIGSTOP first stops for its delivery");
	need(trace(PTRACE_CONT, pid, 0, SIGSTOP) == 0);
	ok(wait_status(pid) >> 8 == (SIGSTOP | PTRACE_EVENT_STOP << 8),
	   "then comes the group stop");
	need(trace(PTRACE_LISTEN, pid, 0, 0) == 0);
	kill(pid, SIGCONT);
	ok(stopped_at_event(wait_status(pid), PTRACE_EVENT_STOP), "LISTEN hears SIGCONT");
	need(trace(PTRACE_CONT, pid, 0, 0) == 0);
	ok(stopped_by(wait_status(pid), SIGCONT), "which is delivered");
	need(trace(PTRACE_CONT, pid, 0, 0) == 0);
	ok(is_moving(), "and the process runs");
	kill(pid, SIGKILL);
	ok(killed_by(wait_status(pid), SIGKILL), "SIGKILL does not stop on its way");
}

static int bad_tracer(void *arg)
{
	pid_t pid = *(pid_t *)arg;

	if (trace(PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL) < 0)
		return 1;
	/* Leave without detaching: EXITKILL must take the other one along. */
	return 0;
}

static void test_exitkill(void)
{
	pid_t pid = free_child(sleeper);

	need(exited_with(run_child(bad_tracer, &pid), 0));
	ok(killed_by(wait_status(pid), SIGKILL), "EXITKILL ends what a dead tracer leaves");
}

/* A sleeping call is interrupted by a stop and goes on as if nothing had been. */
static int nap(void *arg)
{
	struct timespec ts = { 0, 200000000 };
	u64 start = now_ns();

	(void)arg;
	return nanosleep(&ts, NULL) || now_ns() - start < 200 * NSEC_PER_MSEC;
}

static void test_restart(void)
{
	pid_t pid = fork_child();

	if (pid == 0)
		_exit(nap(NULL));
	sleep_ms(20);
	need(trace(PTRACE_SEIZE, pid, 0, 0) == 0);
	for (int i = 0; i < 5; i++) {
		need(trace(PTRACE_INTERRUPT, pid, 0, 0) == 0);
		need(stopped_at_event(wait_status(pid), PTRACE_EVENT_STOP));
		need(trace(PTRACE_CONT, pid, 0, 0) == 0);
		sleep_ms(5);
	}
	ok(exited_with(wait_status(pid), 0), "a sleep goes on after being stopped five times");
}

int main(int argc, char **argv)
{
	if (argc > 2 && !strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	spin_count = map_shared(PAGE);
	test_fork(SYS_fork, "fork");
	test_fork(SYS_clone, "clone as fork");
	test_vfork();
	test_clone();
	test_exec_exit();
	test_signals();
	test_mask();
	test_attach();
	test_seize();
	test_exitkill();
	test_restart();
	return tap_done();
}
