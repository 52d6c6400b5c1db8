// SPDX-License-Identifier: GPL-2.0
/*
 * clone and clone3 in their variants: shared memory without a thread group, shared file
 * table, shared file system state, shared signal handlers, thread IDs stored and cleared, a
 * new TLS, a stack of one's own, pidfd, exit signals; flags that do not go together.
 * Not here: POSIX threads (thread.c), plain fork (fork.c).
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/stat.h>

#include "util.h"

#define STACK 65536

static char stack[STACK] __aligned(64);
static int value;

static int store_value(void *arg)
{
	WRITE_VAR(value, (int)(long)arg);
	return 3;
}

static pid_t run_clone(int (*fn)(void *), int flags, void *arg)
{
	pid_t pid = clone(fn, stack + STACK, flags, arg);

	need(pid > 0);
	return pid;
}

static void test_vm(void)
{
	value = 0;
	ok(exited_with(wait_status(run_clone(store_value, CLONE_VM | SIGCHLD, (void *)5L)), 3),
	   "CLONE_VM without CLONE_THREAD is a process");
	ok_eq(value, 5, "that shares our memory");
	wait_status(run_clone(store_value, SIGCHLD, (void *)6L));
	ok_eq(value, 5, "without CLONE_VM it does not");
	wait_status(run_clone(store_value, CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)7L));
	ok_eq(value, 7, "CLONE_VFORK waits");
}

/* A map made by one shows in the other one, both ways. */
static char *shared_map;

static int map_there(void *arg)
{
	char *p = mmap(arg, PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (p != arg)
		return 1;
	*p = 'm';
	WRITE_VAR(shared_map, p);
	while (READ_VAR(*p) != 'n')
		raw0(SYS_sched_yield);
	return munmap(p, PAGE) ? 2 : 0;
}

static void test_vm_maps(void)
{
	char *hole = map_anon(PAGE);
	pid_t pid;

	munmap(hole, PAGE);
	fault_init();
	pid = run_clone(map_there, CLONE_VM | SIGCHLD, hole);
	while (!READ_VAR(shared_map))
		raw0(SYS_sched_yield);
	ok_eq(READ_VAR(*hole), 'm', "CLONE_VM: a map made there is here");
	WRITE_VAR(*hole, 'n');
	ok(exited_with(wait_status(pid), 0), "CLONE_VM: a write here is seen there");
	ok(fault_of(do_read, hole) == SIGSEGV && fault_seen.code == SEGV_MAPERR,
	   "CLONE_VM: unmapped there is unmapped here");
}

static int close_fd(void *arg)
{
	return close((int)(long)arg) ? 1 : 0;
}

static int change_dir(void *arg)
{
	umask(0123);
	return chdir(arg) ? 1 : 0;
}

static void nothing(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
}

static int change_handler(void *arg)
{
	(void)arg;
	on_signal(SIGUSR1, nothing, 0);
	return 0;
}

static void test_tables(void)
{
	long fd = open("/dev/null", O_RDONLY);
	struct sigaction sa;
	char cwd[256];

	need(fd >= 0);
	wait_status(run_clone(close_fd, SIGCHLD, (void *)fd));
	ok(fcntl(fd, F_GETFD) >= 0, "without CLONE_FILES a close there is not one here");
	wait_status(run_clone(close_fd, CLONE_FILES | SIGCHLD, (void *)fd));
	ok(fcntl(fd, F_GETFD) == -1 && errno == EBADF, "with CLONE_FILES it is");

	need(chdir("/tmp") == 0);
	umask(022);
	wait_status(run_clone(change_dir, SIGCHLD, "/proc"));
	ok(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/tmp"),
	   "without CLONE_FS the directory stays");
	wait_status(run_clone(change_dir, CLONE_FS | SIGCHLD, "/proc"));
	ok(getcwd(cwd, sizeof(cwd)) && !strcmp(cwd, "/proc") && umask(022) == 0123,
	   "with CLONE_FS directory and umask are shared");

	signal(SIGUSR1, SIG_DFL);
	wait_status(run_clone(change_handler, CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL));
	need(sigaction(SIGUSR1, NULL, &sa) == 0);
	ok(sa.sa_sigaction == nothing, "CLONE_SIGHAND shares the handlers");
}

/* --- thread IDs and TLS --------------------------------------------------- */

static pid_t parent_tid, child_tid;
static u64 new_tls[64];
static u64 tls_seen;

/* Runs without libc: FS is not libc's. */
static noinline int look_at_tls(void *arg)
{
	(void)arg;
	asm volatile("mov %%fs:16, %0" : "=r" (tls_seen));
	return 0;
}

static void test_tids(void)
{
	struct timespec limit = { 5, 0 };
	int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
		    CLONE_SYSVSEM | CLONE_PARENT_SETTID | CLONE_CHILD_SETTID |
		    CLONE_CHILD_CLEARTID | CLONE_SETTLS;
	pid_t tid, before;

	new_tls[0] = (uintptr_t)new_tls;
	new_tls[2] = 0x7777;
	child_tid = -1;
	tid = clone(look_at_tls, stack + STACK, flags, NULL, &parent_tid, new_tls, &child_tid);
	need(tid > 0);
	ok_eq(parent_tid, tid, "CLONE_PARENT_SETTID stores the thread's ID");
	/* The kernel clears the word at the thread's end and wakes who waits there. */
	while ((before = READ_VAR(child_tid)) != 0)
		if (raw4(SYS_futex, &child_tid, FUTEX_WAIT, before, &limit) == -ETIMEDOUT)
			break;
	ok_eq(child_tid, 0, "CLONE_CHILD_CLEARTID clears it and wakes at the end");
	ok_eq(tls_seen, 0x7777, "CLONE_SETTLS gives the thread its FS");

	child_tid = -1;
	tid = raw6(SYS_clone, CLONE_CHILD_SETTID | SIGCHLD, 0, 0, (long)&child_tid, 0, 0);
	if (tid == 0)
		_exit(READ_VAR(child_tid) == (pid_t)raw0(SYS_getpid) ? 0 : 1);
	ok(exited_with(wait_status(tid), 0), "CLONE_CHILD_SETTID stores in the child's memory");
	ok_eq(child_tid, -1, "and not in the parent's");
}

/* --- clone3 --------------------------------------------------------------- */

static void test_clone3(void)
{
	struct clone_args args = { .flags = CLONE_PIDFD | CLONE_PARENT_SETTID,
				   .exit_signal = SIGCHLD };
	int pidfd = -1, tid = 0;
	siginfo_t info = { 0 };
	long pid;

	args.pidfd = (uintptr_t)&pidfd;
	args.parent_tid = (uintptr_t)&tid;
	pid = raw2(SYS_clone3, &args, sizeof(args));
	if (pid == -ENOSYS) {
		tap_skip("clone3", "kernel without clone3");
		return;
	}
	if (pid == 0)
		raw1(SYS_exit_group, 19);
	need(pid > 0);
	ok(pidfd >= 0 && tid == pid, "clone3 gives pidfd and thread ID");
	ok(waitid(P_PIDFD, pidfd, &info, WEXITED) == 0 && info.si_pid == pid &&
	   info.si_status == 19, "waitid by pidfd");
	ok_eq(raw4(SYS_pidfd_send_signal, pidfd, SIGTERM, 0, 0), -ESRCH, "the pidfd of the dead");
	close(pidfd);
	args.flags = CLONE_THREAD;
	ok_eq(raw2(SYS_clone3, &args, sizeof(args)), -EINVAL, "CLONE_THREAD alone gives EINVAL");
	args.flags = 0;
	args.exit_signal = 200;
	ok_eq(raw2(SYS_clone3, &args, sizeof(args)), -EINVAL, "a bad exit signal gives EINVAL");
	ok_eq(raw2(SYS_clone3, 8, sizeof(args)), -EFAULT, "a bad pointer gives EFAULT");
	ok_eq(raw2(SYS_clone3, &args, 8), -EINVAL, "a small structure gives EINVAL");
}

/* A child on a stack given by clone3, entered as the kernel does it: with that rsp. */
static void test_clone3_stack(void)
{
	struct clone_args args = { .flags = CLONE_VM, .exit_signal = SIGCHLD,
				   .stack = (uintptr_t)stack, .stack_size = STACK };
	static u64 sp_seen;
	long pid;

	asm volatile("syscall\n"
		     "test %%rax, %%rax\n"
		     "jnz 1f\n"
		     "mov %%rsp, %[sp]\n"
		     "mov %[exit], %%eax\n"
		     "mov $8, %%edi\n"
		     "syscall\n"
		     "1:\n"
		     : "=a" (pid), [sp] "=m" (sp_seen)
		     : "a" (SYS_clone3), "D" (&args), "S" (sizeof(args)), [exit] "i" (SYS_exit)
		     : "rcx", "r11", "memory", "cc");
	if (pid == -ENOSYS) {
		tap_skip("clone3 with a stack", "kernel without clone3");
		return;
	}
	need(pid > 0);
	ok(exited_with(wait_status(pid), 8), "a child on a stack given to clone3");
	ok_eq(READ_VAR(sp_seen), (uintptr_t)stack + STACK, "starts at its top");
}

/* --- exit signals, parents ------------------------------------------------ */

static int exit_signal_seen;

static void note(int sig, siginfo_t *info, void *uc)
{
	(void)info;
	(void)uc;
	exit_signal_seen = sig;
}

static int grandchild(void *arg)
{
	return getppid() == (pid_t)(long)arg ? 9 : 1;
}

static int make_sibling(void *arg)
{
	static char other[STACK] __aligned(64);

	return clone(grandchild, other + STACK, CLONE_PARENT | SIGCHLD, arg) > 0 ? 0 : 1;
}

static void test_parents(void)
{
	int status;
	pid_t pid;

	on_signal(SIGUSR2, note, SA_RESTART);
	pid = run_clone(store_value, SIGUSR2, NULL);
	ok(waitpid(pid, NULL, 0) == -1 && errno == ECHILD,
	   "a clone child is not waited for plainly");
	ok(waitpid(pid, &status, __WCLONE) == pid && exited_with(status, 3), "but with __WCLONE");
	ok_eq(exit_signal_seen, SIGUSR2, "its exit signal is the one that was chosen");

	pid = run_clone(make_sibling, SIGCHLD, (void *)(long)getpid());
	ok(exited_with(wait_status(pid), 0), "a child that makes a sibling");
	ok(wait(&status) > 0 && exited_with(status, 9), "CLONE_PARENT: it is ours");

	ok_eq(raw2(SYS_clone, CLONE_SIGHAND | SIGCHLD, 0), -EINVAL,
	      "CLONE_SIGHAND without CLONE_VM gives EINVAL");
	ok_eq(raw2(SYS_clone, CLONE_THREAD | CLONE_VM | SIGCHLD, 0), -EINVAL,
	      "CLONE_THREAD without CLONE_SIGHAND gives EINVAL");
}

int main(void)
{
	test_vm();
	test_vm_maps();
	test_tables();
	test_tids();
	test_clone3();
	test_clone3_stack();
	test_parents();
	return tap_done();
}
