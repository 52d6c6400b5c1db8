// SPDX-License-Identifier: GPL-2.0
/*
 * Fork storms: hundreds of children one after the other, many at once, trees; each checks
 * the memory and registers it got. Wait statuses in all forms, orphans, zombies.
 * Not here: what copy-on-write does to pages (cow.c), clone flags (clone.c).
 */
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "util.h"

#define WORDS 4096

static u32 *data;

static void fill(u32 seed)
{
	for (int i = 0; i < WORDS; i++)
		data[i] = seed * 2654435761U + i;
}

static bool check(u32 seed)
{
	for (int i = 0; i < WORDS; i++)
		if (data[i] != seed * 2654435761U + i)
			return false;
	return true;
}

static void test_sequence(void)
{
	int good = 0, total = 200;

	for (int i = 0; i < total; i++) {
		pid_t pid;

		/* One page changes between forks; it must be new in each child. */
		fill(i);
		pid = fork_child();
		if (pid == 0)
			_exit(check(i) && getppid() != getpid() ? i : 255 - i % 2);
		good += exited_with(wait_status(pid), i);
	}
	ok_eq(good, total, "200 children in sequence see the memory of their moment");
}

static void test_crowd(void)
{
	enum { CROWD = 50 };
	pid_t pids[CROWD];
	int good = 0;

	for (int i = 0; i < CROWD; i++) {
		fill(i);
		pids[i] = fork_child();
		if (pids[i] == 0) {
			bool before = check(i);

			raw0(SYS_sched_yield);
			fill(i + 1000);
			raw0(SYS_sched_yield);
			_exit(before && check(i + 1000) ? i : 200);
		}
	}
	for (int i = CROWD - 1; i >= 0; i--)
		good += exited_with(wait_status(pids[i]), i);
	ok_eq(good, CROWD, "50 children at once each have their own memory");
	ok(check(CROWD - 1), "the parent's memory is as it was");
}

/* A tree three deep and four wide; returns the number of processes in it. */
static int tree(int depth)
{
	pid_t pids[4];
	int sum = 1;

	if (depth == 0)
		return check(4242);
	for (int i = 0; i < 4; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(tree(depth - 1));
	}
	for (int i = 0; i < 4; i++) {
		int status = wait_status(pids[i]);

		sum += WIFEXITED(status) ? WEXITSTATUS(status) : 0;
	}
	return sum;
}

static void test_tree(void)
{
	fill(4242);
	ok_eq(tree(3), 1 + 4 + 16 + 64, "a tree of 85 processes is complete");
}

/* --- registers ------------------------------------------------------------ */

static u64 fork_regs[10];
static u8 fork_vectors[16][32];

/* fork by a bare system call; afterwards store the registers that must not change. */
static long fork_with_regs(const u8 (*vectors)[32])
{
	long ret;

	if (has_avx())
		asm volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "vmovdqu 32 * \\r(%0), %%ymm\\r\n"
			     ".endr\n" : : "r" (vectors));
	else
		asm volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "movdqu 32 * \\r(%0), %%xmm\\r\n"
			     ".endr\n" : : "r" (vectors));
	asm volatile("push %%rbp; push %%rbx\n"
		     "mov $0x1001, %%rbx; mov $0x1002, %%rdx; mov $0x1003, %%rsi\n"
		     "mov $0x1004, %%r8; mov $0x1005, %%r9; mov $0x1006, %%r10\n"
		     "mov $0x1007, %%r12; mov $0x1008, %%r13; mov $0x1009, %%r14\n"
		     "mov $0x100a, %%rbp\n"
		     "syscall\n"
		     "mov %%rbx, 0(%%rdi); mov %%rdx, 8(%%rdi); mov %%rsi, 16(%%rdi)\n"
		     "mov %%r8, 24(%%rdi); mov %%r9, 32(%%rdi); mov %%r10, 40(%%rdi)\n"
		     "mov %%r12, 48(%%rdi); mov %%r13, 56(%%rdi); mov %%r14, 64(%%rdi)\n"
		     "mov %%rbp, 72(%%rdi)\n"
		     "pop %%rbx; pop %%rbp\n"
		     : "=a" (ret)
		     : "a" (SYS_fork), "D" (fork_regs)
		     : "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14",
		       "memory", "cc");
	if (has_avx())
		asm volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "vmovdqu %%ymm\\r, 32 * \\r(%0)\n"
			     ".endr\n"
			     "vzeroupper" : : "r" (fork_vectors) : "memory");
	else
		asm volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
			     "movdqu %%xmm\\r, 32 * \\r(%0)\n"
			     ".endr\n" : : "r" (fork_vectors) : "memory");
	return ret;
}

static bool fork_regs_good(const u8 (*vectors)[32])
{
	size_t len = has_avx() ? 32 : 16;

	for (int i = 0; i < 10; i++)
		if (fork_regs[i] != 0x1001U + i)
			return false;
	for (int i = 0; i < 16; i++)
		if (memcmp(fork_vectors[i], vectors[i], len))
			return false;
	return true;
}

static void test_registers(void)
{
	u8 vectors[16][32];
	int good = 0;

	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 32; j++)
			vectors[i][j] = i * 32 + j;
	for (int i = 0; i < 20; i++) {
		long pid;

		memset(fork_regs, 0, sizeof(fork_regs));
		memset(fork_vectors, 0, sizeof(fork_vectors));
		pid = fork_with_regs(vectors);
		if (pid == 0)
			_exit(fork_regs_good(vectors) ? 0 : 1);
		need(pid > 0);
		good += exited_with(wait_status(pid), 0) && fork_regs_good(vectors);
	}
	ok_eq(good, 20, "parent and child leave fork with the same general and vector registers");
}

/* --- wait ----------------------------------------------------------------- */

static int exit_with(void *arg)
{
	return *(int *)arg;
}

static void test_wait(void)
{
	int code = 0x1ff;
	siginfo_t info;
	struct rusage ru;
	int status;
	pid_t pid;

	ok(exited_with(run_child(exit_with, &code), 0xff), "an exit code is cut to eight bits");
	ok(waitpid(-1, NULL, 0) == -1 && errno == ECHILD, "without children wait gives ECHILD");

	pid = fork_child();
	if (pid == 0) {
		pause();
		_exit(0);
	}
	ok_eq(waitpid(pid, &status, WNOHANG), 0, "WNOHANG does not wait for a child that lives");
	kill(pid, SIGSTOP);
	ok(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
	   WSTOPSIG(status) == SIGSTOP, "WUNTRACED tells of a stop");
	kill(pid, SIGCONT);
	ok(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status),
	   "WCONTINUED tells of the continuation");
	kill(pid, SIGKILL);
	memset(&info, 0, sizeof(info));
	ok(waitid(P_PID, pid, &info, WEXITED | WNOWAIT) == 0 && info.si_pid == pid &&
	   info.si_code == CLD_KILLED && info.si_status == SIGKILL, "WNOWAIT leaves the child");
	ok(wait4(pid, &status, 0, &ru) == pid && WIFSIGNALED(status) &&
	   WTERMSIG(status) == SIGKILL, "a child killed by SIGKILL");
	ok(ru.ru_utime.tv_sec == 0 && ru.ru_utime.tv_usec < 1000000,
	   "wait4 tells the child's time");
	ok(waitpid(pid, &status, 0) == -1 && errno == ECHILD, "a child is reaped once");
}

static void test_inherited(void)
{
	int fd = tmp_file(0);
	sigset_t set;
	pid_t pid;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	need(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	raise(SIGUSR1);
	need(write(fd, "parent", 6) == 6);
	pid = fork_child();
	if (pid == 0) {
		sigset_t mask, pending;

		sigprocmask(SIG_BLOCK, NULL, &mask);
		sigpending(&pending);
		if (!sigismember(&mask, SIGUSR1) || sigismember(&pending, SIGUSR1))
			_exit(1);
		_exit(write(fd, "child", 5) == 5 ? 0 : 2);
	}
	ok(exited_with(wait_status(pid), 0), "the mask is inherited, pending signals are not");
	ok_eq(lseek(fd, 0, SEEK_CUR), 11, "the file position is shared");
	signal(SIGUSR1, SIG_IGN);
	need(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
	signal(SIGUSR1, SIG_DFL);
	close(fd);
}

static void test_orphan(void)
{
	pid_t *orphan = map_shared(PAGE);
	pid_t pid, got;
	int status;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0) {
		tap_skip("orphans go to the subreaper", "no PR_SET_CHILD_SUBREAPER");
		return;
	}
	pid = fork_child();
	if (pid == 0) {
		pid = fork();
		if (pid == 0) {
			sleep_ms(50);
			_exit(getppid() == 0 ? 1 : 33);
		}
		*orphan = pid;
		_exit(0);
	}
	wait_status(pid);
	got = wait(&status);
	ok(got == READ_VAR(*orphan) && exited_with(status, 33), "orphans go to the subreaper");
	munmap(orphan, PAGE);
}

/* Many short lives, several makers at once. */
static int maker(void *arg)
{
	int n = *(int *)arg, good = 0;

	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(i & 0x7f);
		good += exited_with(wait_status(pid), i & 0x7f);
	}
	return good == n ? 0 : 1;
}

static void test_makers(void)
{
	enum { MAKERS = 4 };
	pid_t pids[MAKERS];
	bool good = true;
	int n = 60;

	for (int i = 0; i < MAKERS; i++) {
		pids[i] = fork_child();
		if (pids[i] == 0)
			_exit(maker(&n));
	}
	for (int i = 0; i < MAKERS; i++)
		good = exited_with(wait_status(pids[i]), 0) && good;
	ok(good, "four processes that fork 60 times each, at once");
}

/* KiB of page tables in the whole system. */
static long page_tables(void)
{
	char line[128];
	long kib = -1;
	FILE *f = fopen("/proc/meminfo", "r");

	need(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "PageTables: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

/* An address space leaves nothing behind: each has three tables of 4 KiB at least. */
static void test_tables(void)
{
	enum { CHILDREN = 400 };
	long before = page_tables(), grown;

	need(before >= 0);
	for (int i = 0; i < CHILDREN; i++) {
		pid_t pid = fork_child();

		if (pid == 0)
			_exit(0);
		wait_status(pid);
	}
	grown = page_tables() - before;
	tap_note("page tables grew by %ld KiB", grown);
	ok(grown < 4 * CHILDREN / 2, "the page tables of processes go with them");
}

int main(void)
{
	data = map_anon(WORDS * sizeof(*data));
	test_sequence();
	test_crowd();
	test_tree();
	test_registers();
	test_wait();
	test_inherited();
	test_orphan();
	test_makers();
	test_tables();
	return tap_done();
}
