// SPDX-License-Identifier: GPL-2.0
/*
 * ptrace: how a child is made to go: single steps counted against known instructions, into
 * handlers, over system calls and string instructions; system call stops at both ends, with
 * numbers, arguments and results changed; SYSEMU; PTRACE_GET_SYSCALL_INFO.
 * Not here: registers as such (ptrace_regs.c), attaching and events (ptrace_event.c).
 */
#include <sys/uio.h>

#include "tracer.h"

/* --- single steps --------------------------------------------------------- */

extern const char walk_begin[], walk_end[];
int walk(void *arg);

/* Thirty one-byte nops, one jump and one call; no instruction is longer than its label says. */
asm("	.text\n"
	"walk:	int3\n"
	"walk_begin:\n"
	"	.rept 30; nop; .endr\n"
	"	jmp 1f\n"
	"	ud2\n"
	"1:	call 2f\n"
	"walk_end:\n"
	"	xor %eax, %eax\n"
	"	ret\n"
	"2:	ret\n");

static void test_walk(void)
{
	pid_t pid = traced_child(walk, NULL, 0);
	uintptr_t rip = 0;
	bool good = true;
	int steps = 0;

	resume(PTRACE_CONT, pid, 0);
	need(get_regs(pid).rip == (uintptr_t)walk_begin);
	while (rip != (uintptr_t)walk_end && steps < 100) {
		int status = resume(PTRACE_SINGLESTEP, pid, 0);

		if (!stopped_by(status, SIGTRAP))
			break;
		rip = get_regs(pid).rip;
		steps++;
		if (steps <= 30)
			good = good && rip == (uintptr_t)walk_begin + steps;
	}
	ok_eq(steps, 33, "33 instructions take 33 single steps");
	ok(good, "each nop moves rip by one");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "CONT after the steps runs freely");
}

static void test_step_info(void)
{
	pid_t pid = traced_child(walk, NULL, 0);
	siginfo_t info;

	resume(PTRACE_CONT, pid, 0);
	need(trace(PTRACE_GETSIGINFO, pid, 0, &info) == 0);
	ok_eq(info.si_code, SI_KERNEL, "the stop at int3 has code SI_KERNEL");
	resume(PTRACE_SINGLESTEP, pid, 0);
	need(trace(PTRACE_GETSIGINFO, pid, 0, &info) == 0);
	ok_eq(info.si_code, TRAP_TRACE, "a step has code TRAP_TRACE");
	ok_eq((uintptr_t)info.si_addr, (uintptr_t)walk_begin + 1, "and the new rip as address");
	ok_eq(get_regs(pid).eflags & 0x100, 0, "the tracer's TF does not show in eflags");
	end_child(pid);
}

extern const char string_at[], string_end[];
int string_store(void *arg);

asm("	.text\n"
	"string_store: int3\n"
	"	lea -64(%rsp), %rdi\n"
	"	mov $5, %ecx\n"
	"string_at: rep stosb\n"
	"string_end: xor %eax, %eax\n"
	"	ret\n");

static void test_string(void)
{
	pid_t pid = traced_child(string_store, NULL, 0);
	int at = 0;

	resume(PTRACE_CONT, pid, 0);
	for (int i = 0; i < 20 && get_regs(pid).rip != (uintptr_t)string_end; i++) {
		resume(PTRACE_SINGLESTEP, pid, 0);
		at += get_regs(pid).rip == (uintptr_t)string_at;
	}
	/* Once on arrival, then after each of the first four repetitions. */
	ok_eq(at, 5, "rep stosb steps once per repetition");
	ok_eq(get_regs(pid).rcx, 0, "until the count is zero");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "and goes on");
}

extern const char call_at[], call_end[];
int one_call(void *arg);

asm("	.text\n"
	"one_call: int3\n"
	"	mov $39, %eax\n"
	"call_at: syscall\n"
	"call_end: nop\n"
	"	xor %eax, %eax\n"
	"	ret\n");

static void test_step_call(void)
{
	pid_t pid = traced_child(one_call, NULL, 0);

	resume(PTRACE_CONT, pid, 0);
	resume(PTRACE_SINGLESTEP, pid, 0);
	need(get_regs(pid).rip == (uintptr_t)call_at);
	ok(stopped_by(resume(PTRACE_SINGLESTEP, pid, 0), SIGTRAP), "a step over a system call");
	ok_eq(get_regs(pid).rip, (uintptr_t)call_end, "stops right behind it");
	ok_eq(get_regs(pid).rax, pid, "with its result");
	resume(PTRACE_SINGLESTEP, pid, 0);
	ok_eq(get_regs(pid).rip, (uintptr_t)call_end + 1, "the next step is one instruction");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "and the child runs on");
}

static void handler(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
}

static int handler_child(void *arg)
{
	on_signal(SIGUSR1, handler, 0);
	return walk(arg);
}

static void test_step_handler(void)
{
	pid_t pid = traced_child(handler_child, NULL, 0);

	resume(PTRACE_CONT, pid, 0);
	ok(stopped_by(resume(PTRACE_SINGLESTEP, pid, SIGUSR1), SIGTRAP),
	   "a step with a signal stops");
	ok_eq(get_regs(pid).rip, (uintptr_t)handler, "at the first instruction of the handler");
	ok_eq(get_regs(pid).rdi, SIGUSR1, "with the signal as argument");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0),
	   "the frame has no trace of the step: sigreturn runs on");
}

/* --- system calls --------------------------------------------------------- */

static int calls_child(void *arg)
{
	long a = raw0(SYS_getppid);
	long b = raw6(SYS_lseek, 1, 2, 3, 4, 5, 6);
	long c = raw0(SYS_getuid);

	(void)arg;
	return a == 42 && b == -ENOTTY && c == getpid() ? 0 : 1;
}

static void test_syscall_stops(void)
{
	pid_t pid = traced_child(calls_child, NULL, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct regs;
	int status;

	/* The way out of kill(), by which the child stopped itself, is not reported any more. */
	status = resume(PTRACE_SYSCALL, pid, 0);
	regs = get_regs(pid);
	ok(stopped_by(status, SIGTRAP | 0x80), "a stop on entry, with TRACESYSGOOD");
	ok_eq(regs.orig_rax, SYS_getppid, "entry: orig_rax is the number");
	ok_eq(regs.rax, -ENOSYS, "entry: rax is -ENOSYS");
	resume(PTRACE_SYSCALL, pid, 0);
	regs = get_regs(pid);
	ok_eq(regs.rax, getpid(), "exit: rax is the result");
	ok_eq(regs.orig_rax, SYS_getppid, "exit: orig_rax is still the number");
	regs.rax = 42;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);

	resume(PTRACE_SYSCALL, pid, 0);
	regs = get_regs(pid);
	ok(regs.orig_rax == SYS_lseek && regs.rdi == 1 && regs.rsi == 2 && regs.rdx == 3 &&
	   regs.r10 == 4 && regs.r8 == 5 && regs.r9 == 6, "entry: the six arguments");
	/* Skip the call by an impossible number; the result is ours. */
	regs.orig_rax = -1;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	resume(PTRACE_SYSCALL, pid, 0);
	regs = get_regs(pid);
	ok_eq(regs.rax, -ENOSYS, "a call with number -1 is not made");
	regs.rax = -ENOTTY;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);

	resume(PTRACE_SYSCALL, pid, 0);
	regs = get_regs(pid);
	need(regs.orig_rax == SYS_getuid);
	regs.orig_rax = SYS_getpid;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	resume(PTRACE_SYSCALL, pid, 0);
	ok_eq(get_regs(pid).rax, pid, "a number changed on entry calls something else");
	ok(exited_with(resume(PTRACE_CONT, pid, 0), 0), "the child got the three results");
}

static int emulated_child(void *arg)
{
	int *fds = arg;
	long a = raw0(SYS_getppid);
	long b = raw3(SYS_write, fds[1], "x", 1);

	return a == 1000 && b == 77 ? 0 : 1;
}

static void test_sysemu(void)
{
	struct user_regs_struct regs;
	int fds[2], status;
	char c;
	pid_t pid;

	need(pipe(fds) == 0);
	pid = traced_child(emulated_child, fds, PTRACE_O_TRACESYSGOOD);
	if (trace(PTRACE_SYSEMU, pid, 0, 0) < 0) {
		tap_skip("SYSEMU", "kernel without PTRACE_SYSEMU");
		end_child(pid);
		return;
	}
	status = wait_status(pid);
	regs = get_regs(pid);
	ok(stopped_by(status, SIGTRAP | 0x80) && regs.orig_rax == SYS_getppid,
	   "SYSEMU stops on entry");
	regs.rax = 1000;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	resume(PTRACE_SYSEMU, pid, 0);
	regs = get_regs(pid);
	ok_eq(regs.orig_rax, SYS_write, "there is no stop on exit");
	regs.rax = 77;
	need(trace(PTRACE_SETREGS, pid, 0, &regs) == 0);
	status = resume(PTRACE_SYSEMU, pid, 0);
	ok(stopped_by(status, SIGTRAP | 0x80) && get_regs(pid).orig_rax == SYS_exit_group &&
	   get_regs(pid).rdi == 0, "the child took our results");
	close(fds[1]);
	end_child(pid);
	ok_eq(read(fds[0], &c, 1), 0, "and none of its calls was made");
	close(fds[0]);
}

static void test_sysemu_step(void)
{
	pid_t pid = traced_child(one_call, NULL, PTRACE_O_TRACESYSGOOD);
	int status;

	resume(PTRACE_CONT, pid, 0);
	if (trace(PTRACE_SYSEMU_SINGLESTEP, pid, 0, 0) < 0) {
		tap_skip("SYSEMU_SINGLESTEP", "kernel without PTRACE_SYSEMU_SINGLESTEP");
		end_child(pid);
		return;
	}
	status = wait_status(pid);
	ok(stopped_by(status, SIGTRAP) && get_regs(pid).rip == (uintptr_t)call_at,
	   "SYSEMU_SINGLESTEP steps an ordinary instruction");
	status = resume(PTRACE_SYSEMU_SINGLESTEP, pid, 0);
	ok(stopped_by(status, SIGTRAP | 0x80) && get_regs(pid).orig_rax == SYS_getpid &&
	   (long)get_regs(pid).rax == -ENOSYS, "and stops at a system call that it does not make");
	end_child(pid);
}

static int info_child(void *arg)
{
	(void)arg;
	raw6(SYS_lseek, 11, 12, 13, 14, 15, 16);
	return 0;
}

static void test_syscall_info(void)
{
	struct __ptrace_syscall_info info;
	pid_t pid = traced_child(info_child, NULL, PTRACE_O_TRACESYSGOOD);
	struct user_regs_struct regs;
	long n;

	n = trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	ok(n > 0 && info.op == PTRACE_SYSCALL_INFO_NONE, "GET_SYSCALL_INFO outside of a call");
	resume(PTRACE_SYSCALL, pid, 0);
	n = trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	regs = get_regs(pid);
	ok(n > 0 && info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == SYS_lseek,
	   "GET_SYSCALL_INFO on entry");
	ok(info.entry.args[0] == 11 && info.entry.args[1] == 12 && info.entry.args[2] == 13 &&
	   info.entry.args[3] == 14 && info.entry.args[4] == 15 && info.entry.args[5] == 16,
	   "with the six arguments");
	ok_eq(info.arch, 0xc000003e, "and the architecture x86-64");
	ok(info.instruction_pointer == regs.rip && info.stack_pointer == regs.rsp,
	   "and rip and rsp");
	resume(PTRACE_SYSCALL, pid, 0);
	n = trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
	ok(n > 0 && info.op == PTRACE_SYSCALL_INFO_EXIT && info.exit.is_error &&
	   info.exit.rval == -EBADF, "GET_SYSCALL_INFO on exit");
	end_child(pid);
}

/* As strace does it: all calls of a small program, entries and exits taking turns. */
static int busy_child(void *arg)
{
	char buf[16];
	int fds[2];

	(void)arg;
	if (pipe(fds) || write(fds[1], "hello", 5) != 5 || read(fds[0], buf, 16) != 5)
		return 1;
	for (int i = 0; i < 50; i++)
		raw0(SYS_getppid);
	kill(getpid(), SIGUSR1);
	return memcmp(buf, "hello", 5) ? 2 : 5;
}

static int busy_child_with_handler(void *arg)
{
	on_signal(SIGUSR1, handler, 0);
	return busy_child(arg);
}

static void test_strace(void)
{
	pid_t pid = traced_child(busy_child_with_handler, NULL, PTRACE_O_TRACESYSGOOD);
	int entries = 0, exits = 0, signals = 0, wrong = 0, returns = 0, sig = 0, status;
	bool inside = false;

	for (;;) {
		struct user_regs_struct regs;

		status = resume(PTRACE_SYSCALL, pid, sig);
		if (!WIFSTOPPED(status))
			break;
		sig = 0;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			signals++;
			sig = WSTOPSIG(status);
			continue;
		}
		regs = get_regs(pid);
		inside = !inside;
		if (inside)
			entries++;
		else
			exits++;
		if (inside && (long)regs.rax != -ENOSYS)
			wrong++;
		returns += inside && regs.orig_rax == SYS_rt_sigreturn;
	}
	ok(exited_with(status, 5), "a program under PTRACE_SYSCALL ends as it should");
	/* exit_group() has no way out. */
	ok_eq(entries, exits + 1, "entries and exits take turns");
	ok(entries >= 56 && wrong == 0, "%d calls seen", entries);
	ok(signals == 1 && returns == 1, "one signal and one sigreturn among them");
}

int main(void)
{
	test_walk();
	test_step_info();
	test_string();
	test_step_call();
	test_step_handler();
	test_syscall_stops();
	test_sysemu();
	test_sysemu_step();
	test_syscall_info();
	test_strace();
	return tap_done();
}
