// SPDX-License-Identifier: GPL-2.0
/*
 * Bare futex calls: wait and wake, time-outs, bitsets, requeue, every wake-op (which the
 * kernel performs in guest memory), priority inheritance, robust lists, shared futexes in
 * file and anonymous maps, words in pages that are untouched, copied or not there.
 * Not here: what libc builds from them (thread.c).
 */
#include <dirent.h>
#include <linux/futex.h>

#include "util.h"

static long futex(u32 *addr, int op, u32 val, const void *timeout, u32 *addr2,
		  u32 val3)
{
	return raw6(SYS_futex, (long)addr, op, val, (long)timeout, (long)addr2, val3);
}

static u32 *shared;

/* A child that waits on @word; its exit code tells how the wait ended. */
static pid_t waiter(u32 *word, u32 val, u32 bitset)
{
	struct timespec limit;
	pid_t pid = fork_child();
	long ret;

	if (pid)
		return pid;
	clock_gettime(CLOCK_MONOTONIC, &limit);
	limit.tv_sec += 10;
	ret = futex(word, FUTEX_WAIT_BITSET, val, &limit, NULL, bitset);
	_exit(ret == 0 ? 0 : -ret);
}

/* Is the process of this stat file asleep, or not a child of ours? */
static bool asleep(const char *path)
{
	int pid = 0, parent = 0;
	char state = 'S';
	FILE *f = fopen(path, "r");

	if (!f)
		return true;
	if (fscanf(f, "%d (%*[^)]) %c %d", &pid, &state, &parent) != 3)
		state = 'S';
	fclose(f);
	return parent != getpid() || state == 'S' || state == 'Z';
}

static bool all_asleep(void)
{
	DIR *d = opendir("/proc");
	struct dirent *entry;
	char path[600];
	bool all = true;

	need(d);
	while (all && (entry = readdir(d))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
		all = asleep(path);
	}
	closedir(d);
	return all;
}

/* Wait until all children sleep: at a futex. */
static void settle(void)
{
	int i = 0;

	do
		sleep_ms(60);
	while (++i < 200 && !all_asleep());
}

static void test_basic(void)
{
	struct timespec some = { 0, 40000000 };
	pid_t pids[4];
	u64 start = now_ns();
	int woken = 0;

	*shared = 5;
	ok_eq(futex(shared, FUTEX_WAIT, 4, NULL, NULL, 0), -EAGAIN,
	      "wait for a value that is not there");
	ok_eq(futex(shared, FUTEX_WAIT, 5, &some, NULL, 0), -ETIMEDOUT, "wait with a time-out");
	ok(now_ns() - start >= 40 * NSEC_PER_MSEC, "waits its time");
	ok_eq(futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0), 0, "wake with nobody there");
	ok_eq(futex((u32 *)((char *)shared + 1), FUTEX_WAKE, 1, NULL, NULL, 0), -EINVAL,
	      "an odd address");

	for (int i = 0; i < 4; i++)
		pids[i] = waiter(shared, 5, FUTEX_BITSET_MATCH_ANY);
	settle();
	ok_eq(futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0), 1, "wake one of four processes");
	ok_eq(futex(shared, FUTEX_WAKE, 100, NULL, NULL, 0), 3, "wake the others");
	for (int i = 0; i < 4; i++)
		woken += exited_with(wait_status(pids[i]), 0);
	ok_eq(woken, 4, "all four came back with success");
}

static void test_bitset(void)
{
	pid_t a, b;

	a = waiter(shared, 5, 0x1);
	b = waiter(shared, 5, 0x2);
	settle();
	ok_eq(futex(shared, FUTEX_WAKE_BITSET, 10, NULL, NULL, 0x2), 1, "wake by bit set");
	ok(exited_with(wait_status(b), 0), "the one with that bit");
	ok_eq(futex(shared, FUTEX_WAKE_BITSET, 10, NULL, NULL, 0x1), 1, "then the other one");
	ok(exited_with(wait_status(a), 0), "which was still there");
	ok_eq(futex(shared, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0), -EINVAL, "an empty bit set");
}

static void test_requeue(void)
{
	u32 *second = shared + 64;
	pid_t pids[3];
	int woken = 0;

	*second = 0;
	for (int i = 0; i < 3; i++)
		pids[i] = waiter(shared, 5, FUTEX_BITSET_MATCH_ANY);
	settle();
	ok_eq(futex(shared, FUTEX_CMP_REQUEUE, 1, (void *)10, second, 6), -EAGAIN,
	      "requeue compares the value");
	ok_eq(futex(shared, FUTEX_CMP_REQUEUE, 1, (void *)10, second, 5), 3,
	      "one is woken, two are requeued");
	ok_eq(futex(shared, FUTEX_WAKE, 10, NULL, NULL, 0), 0, "nobody is left at the first word");
	ok_eq(futex(second, FUTEX_WAKE, 10, NULL, NULL, 0), 2, "two are woken at the second");
	for (int i = 0; i < 3; i++)
		woken += exited_with(wait_status(pids[i]), 0);
	ok_eq(woken, 3, "all came back");
}

/* The kernel performs the operation on the second word: all operations, all comparisons. */
static void test_wake_op(void)
{
	static const struct {
		int op;
		u32 old, arg, want;
	} ops[] = {
		{ FUTEX_OP_SET, 10, 77, 77 }, { FUTEX_OP_ADD, 10, 5, 15 },
		{ FUTEX_OP_OR, 0x30, 0x0f, 0x3f }, { FUTEX_OP_ANDN, 0xff, 0x0f, 0xf0 },
		{ FUTEX_OP_XOR, 0xff, 0x0f, 0xf0 },
		{ FUTEX_OP_OR | FUTEX_OP_OPARG_SHIFT, 1, 7, 0x81 },
	};
	static const int cmps[] = {
		FUTEX_OP_CMP_EQ, FUTEX_OP_CMP_NE, FUTEX_OP_CMP_LT, FUTEX_OP_CMP_LE,
		FUTEX_OP_CMP_GT, FUTEX_OP_CMP_GE,
	};
	u32 *word = shared + 100;
	bool good = true;
	char *fresh = map_anon(PAGE);

	for (size_t i = 0; i < ARRAY_SIZE(ops); i++) {
		*word = ops[i].old;
		good = futex(shared, FUTEX_WAKE_OP, 0, NULL, word,
			     FUTEX_OP(ops[i].op, ops[i].arg, FUTEX_OP_CMP_EQ, 0)) == 0 && good;
		good = good && *word == ops[i].want;
	}
	ok(good, "wake-op sets, adds, ors, clears, toggles and shifts");
	for (size_t i = 0; i < ARRAY_SIZE(cmps); i++)
		good = futex(shared, FUTEX_WAKE_OP, 0, NULL, word,
			     FUTEX_OP(FUTEX_OP_SET, 1, cmps[i], 1)) == 0 && good;
	ok(good, "wake-op takes all its comparisons");
	ok_eq(futex(shared, FUTEX_WAKE_OP, 0, NULL, word, FUTEX_OP(FUTEX_OP_SET, 1, 9, 1)), -ENOSYS,
	      "and no others");
	ok(futex(shared, FUTEX_WAKE_OP, 0, NULL, (u32 *)fresh,
		 FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0)) == 0 && *(u32 *)fresh == 3,
	   "wake-op on a page never touched");
	ok_eq(futex(shared, FUTEX_WAKE_OP, 0, NULL, (u32 *)8, FUTEX_OP(0, 0, 0, 0)), -EFAULT,
	      "wake-op on a hole");
	need(mprotect(fresh, PAGE, PROT_READ) == 0);
	ok_eq(futex(shared, FUTEX_WAKE_OP, 0, NULL, (u32 *)fresh, FUTEX_OP(0, 9, 0, 0)), -EFAULT,
	      "wake-op on a read-only page");
	ok_eq(*(u32 *)fresh, 3, "which stays as it was");
	munmap(fresh, PAGE);
}

/* Both ends on words in memory of different kinds. */
static void test_places(void)
{
	struct timespec short_time = { 0, 1000000 };
	u32 *fresh = map_anon(2 * PAGE), *map;
	int fd = tmp_file(PAGE);
	pid_t pid;

	ok_eq(futex(fresh, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0), -EAGAIN,
	      "private wait on a page never touched");
	ok_eq(futex(fresh + PAGE / 4, FUTEX_WAIT, 0, &short_time, NULL, 0), -ETIMEDOUT,
	      "shared wait on a page never touched");
	ok_eq(futex((u32 *)16, FUTEX_WAIT, 0, NULL, NULL, 0), -EFAULT, "wait on a hole");
	ok_eq(futex((u32 *)16, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0), -EFAULT,
	      "private wait on a hole");
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(map != MAP_FAILED);
	pid = fork_child();
	if (pid == 0) {
		/* The same file page at another address is the same futex. */
		u32 *other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

		_exit(-futex(other + 3, FUTEX_WAIT, 0, NULL, NULL, 0));
	}
	settle();
	ok_eq(futex(map + 3, FUTEX_WAKE, 1, NULL, NULL, 0), 1,
	      "a futex in a file map at two addresses");
	ok(exited_with(wait_status(pid), 0), "wakes across processes");

	/* After fork the same private address is a different futex. */
	pid = waiter(fresh, 0, FUTEX_BITSET_MATCH_ANY);
	settle();
	ok_eq(futex(fresh, FUTEX_WAKE, 1, NULL, NULL, 0), 0, "copied memory is not the same futex");
	kill(pid, SIGKILL);
	wait_status(pid);
	munmap(fresh, 2 * PAGE);
	munmap(map, PAGE);
	close(fd);
}

static void test_pi(void)
{
	u32 *word = shared + 200;
	pid_t pid;
	long ret;

	*word = 0;
	ret = futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
	if (ret == -ENOSYS) {
		tap_skip("FUTEX_LOCK_PI", "kernel without FUTEX_PI");
		return;
	}
	ok(ret == 0 && *word == (u32)gettid(), "lock-pi puts the thread's ID there");
	ok_eq(futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0), -EDEADLK,
	      "a second time is a deadlock");
	pid = fork_child();
	if (pid == 0) {
		ret = futex(word, FUTEX_LOCK_PI, 0, NULL, NULL, 0);
		if (ret || (*word & FUTEX_TID_MASK) != (u32)gettid())
			_exit(1);
		_exit(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0) ? 2 : 0);
	}
	settle();
	ok(READ_VAR(*word) & FUTEX_WAITERS, "a waiter shows in the word");
	ok_eq(futex(word, FUTEX_UNLOCK_PI, 0, NULL, NULL, 0), 0, "unlock-pi");
	ok(exited_with(wait_status(pid), 0), "hands the lock over");
	ok_eq(*word & FUTEX_TID_MASK, 0, "the word is free at the end");
}

static int robust_child(void *arg, u32 *go)
{
	struct robust_list_head *head = (struct robust_list_head *)(shared + 300);
	struct robust_list *entry = (struct robust_list *)(shared + 320);
	u32 *word = (u32 *)(entry + 1);

	head->list.next = entry;
	head->futex_offset = sizeof(*entry);
	head->list_op_pending = NULL;
	entry->next = &head->list;
	*word = gettid() | FUTEX_WAITERS;
	if (raw2(SYS_set_robust_list, head, sizeof(*head)))
		return 1;
	while (!READ_VAR(*go))
		futex(go, FUTEX_WAIT, 0, NULL, NULL, 0);
	if (arg)
		kill(getpid(), SIGKILL);
	return 0;
}

static void test_robust(void)
{
	u32 *word = (u32 *)((struct robust_list *)(shared + 320) + 1), *go = shared + 340;

	for (long killed = 0; killed < 2; killed++) {
		pid_t pid, waiting;
		int status;

		*word = *go = 0;
		pid = fork_child();
		if (pid == 0)
			_exit(robust_child((void *)killed, go));
		while (!READ_VAR(*word))
			raw0(SYS_sched_yield);
		waiting = waiter(word, pid | FUTEX_WAITERS, FUTEX_BITSET_MATCH_ANY);
		settle();
		*(volatile u32 *)go = 1;
		futex(go, FUTEX_WAKE, 1, NULL, NULL, 0);
		status = wait_status(pid);
		ok(killed ? WIFSIGNALED(status) : exited_with(status, 0), "a holder of a lock %s",
		   killed ? "is killed" : "exits");
		ok(READ_VAR(*word) & FUTEX_OWNER_DIED, "its robust list marks the word");
		ok(exited_with(wait_status(waiting), 0), "and wakes the waiter");
	}
	ok_eq(raw2(SYS_set_robust_list, shared, 3), -EINVAL, "a wrong size of the list head");
}

static void nothing(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
}

static void test_interrupted(void)
{
	pid_t pid;
	int status;

	*shared = 5;
	on_signal(SIGUSR1, nothing, 0);
	pid = fork_child();
	if (pid == 0)
		_exit(-futex(shared, FUTEX_WAIT, 5, NULL, NULL, 0));
	settle();
	kill(pid, SIGUSR1);
	status = wait_status(pid);
	ok(exited_with(status, EINTR), "a handler ends the wait with EINTR");
	pid = fork_child();
	if (pid == 0)
		_exit(-futex(shared, FUTEX_WAIT, 5, NULL, NULL, 0));
	settle();
	kill(pid, SIGSTOP);
	need(waitpid(pid, &status, WUNTRACED) == pid);
	kill(pid, SIGCONT);
	settle();
	ok_eq(futex(shared, FUTEX_WAKE, 1, NULL, NULL, 0), 1, "a waiter that was stopped waits on");
	ok(exited_with(wait_status(pid), 0), "until it is woken");
}

int main(void)
{
	shared = map_shared(PAGE);
	test_basic();
	test_bitset();
	test_requeue();
	test_wake_op();
	test_places();
	test_pi();
	test_robust();
	test_interrupted();
	return tap_done();
}
