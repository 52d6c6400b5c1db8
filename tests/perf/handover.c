// SPDX-License-Identifier: GPL-2.0
/*
 * What the host takes for the parts of which a guest's system call is made, and so the
 * least that one can cost: the signal of a filtered call and the return from it, and
 * handing over to another process and back, by futex on one core or spinning on two; or
 * telling another process of the call by seccomp's user notification, which is both.
 *
 * Build it with gcc -O2; it takes no arguments.
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 100000, REPEATS = 5 };
enum { MINE = 1, THEIRS = 2 };

struct hand {
	uint32_t turn;
	uint32_t waits[3];	/* by side: it sleeps */
};

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void run_on(int core)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(core, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		fail("sched_setaffinity");
}

/* One side's turn ends; back when it begins again. */
static void hand_over(struct hand *h, uint32_t me, uint32_t other, bool spin)
{
	__atomic_exchange_n(&h->turn, other, __ATOMIC_SEQ_CST);
	if (spin) {
		while (__atomic_load_n(&h->turn, __ATOMIC_SEQ_CST) == other)
			__builtin_ia32_pause();
		return;
	}
	if (__atomic_exchange_n(&h->waits[other], 0, __ATOMIC_SEQ_CST))
		syscall(SYS_futex, &h->waits[other], FUTEX_WAKE, 1, NULL);
	while (__atomic_load_n(&h->turn, __ATOMIC_SEQ_CST) == other) {
		__atomic_exchange_n(&h->waits[me], 1, __ATOMIC_SEQ_CST);
		if (__atomic_load_n(&h->turn, __ATOMIC_SEQ_CST) == other)
			syscall(SYS_futex, &h->waits[me], FUTEX_WAIT, 1, NULL);
	}
	h->waits[me] = 0;
}

static double round_trip(bool spin)
{
	struct hand *h = mmap(NULL, sizeof(*h), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double t;
	pid_t pid;

	if (h == MAP_FAILED)
		fail("mmap");
	h->turn = MINE;
	run_on(0);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		run_on(spin ? 1 : 0);
		while (__atomic_load_n(&h->turn, __ATOMIC_SEQ_CST) == MINE)
			sched_yield();
		for (;;)
			hand_over(h, THEIRS, MINE, spin);
	}
	hand_over(h, MINE, THEIRS, spin);
	t = now_ns();
	for (int i = 0; i < ROUNDS; i++)
		hand_over(h, MINE, THEIRS, spin);
	t = (now_ns() - t) / ROUNDS;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	munmap(h, sizeof(*h));
	return t;
}

static double plain_call(void)
{
	double t = now_ns();

	for (int i = 0; i < ROUNDS; i++)
		syscall(SYS_getppid);
	return (now_ns() - t) / ROUNDS;
}

static void on_sys(int sig)
{
	(void)sig;
}

/* Have the host do that with getppid from now on, in this process. */
static int filter_call(uint32_t action, unsigned int flags)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 4, .filter = program };
	int ret;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		fail("no_new_privs");
	ret = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
	if (ret < 0)
		fail("seccomp");
	return ret;
}

/* In a child, whose filter goes with it. */
static double trapped_call(void)
{
	double t = 0;
	int fd[2];

	if (pipe(fd))
		fail("pipe");
	if (!fork()) {
		signal(SIGSYS, on_sys);
		filter_call(SECCOMP_RET_TRAP, 0);
		t = plain_call();
		if (write(fd[1], &t, sizeof(t)) != sizeof(t))
			fail("write");
		_exit(0);
	}
	close(fd[1]);
	if (read(fd[0], &t, sizeof(t)) != sizeof(t))
		fail("no figure from the filtered child");
	close(fd[0]);
	wait(NULL);
	return t;
}

/* Another process is told of the call, and answers it, on one core. */
static double noticed_call(void)
{
	struct seccomp_notif_resp answer = { };
	struct seccomp_notif notice;
	double *t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int listener;
	pid_t pid;

	if (t == MAP_FAILED)
		fail("mmap");
	*t = 0;
	run_on(0);
	/* This process makes no such call itself any more. */
	listener = filter_call(SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	/* Linux 6.6 and later: wake the other one on this core. */
	ioctl(listener, SECCOMP_IOW(4, uint64_t), 1UL);
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (!pid) {
		for (int i = 0; i < REPEATS; i++) {
			double once = plain_call();

			*t = !*t || once < *t ? once : *t;
		}
		_exit(0);
	}
	for (int i = 0; i < ROUNDS * REPEATS; i++) {
		memset(&notice, 0, sizeof(notice));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &notice))
			fail("SECCOMP_IOCTL_NOTIF_RECV");
		answer.id = notice.id;
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer))
			fail("SECCOMP_IOCTL_NOTIF_SEND");
	}
	waitpid(pid, NULL, 0);
	close(listener);
	return *t;
}

static double best(double (*measure)(void))
{
	double least = measure();

	for (int i = 1; i < REPEATS; i++) {
		double t = measure();

		least = t < least ? t : least;
	}
	return least;
}

static double by_futex(void) { return round_trip(false); }
static double by_spinning(void) { return round_trip(true); }

int main(void)
{
	double call = best(plain_call);
	double trap = best(trapped_call);
	double futex = best(by_futex);

	printf("getppid                          %6.0f ns\n", call);
	printf("trapped by a filter, and back    %6.0f ns  %5.1fx\n", trap, trap / call);
	printf("handed over by futex, one core   %6.0f ns  %5.1fx\n", futex, futex / call);
	printf("least in turns                   %6.0f ns  %5.1fx\n", trap + futex,
	       (trap + futex) / call);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1) {
		double spin = best(by_spinning);

		printf("handed over spinning, two cores  %6.0f ns  %5.1fx\n", spin, spin / call);
		printf("least spinning                   %6.0f ns  %5.1fx\n", trap + spin,
		       (trap + spin) / call);
	}

	/* The last: its filter stays. */
	double notice = noticed_call();

	printf("told by a notice, one core       %6.0f ns  %5.1fx\n", notice, notice / call);
	return 0;
}
