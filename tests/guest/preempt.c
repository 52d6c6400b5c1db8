// SPDX-License-Identifier: GPL-2.0
/*
 * CPU-bound loops are preempted: spinning processes and threads share the machine, others
 * get their turn in time, signals and timers reach a loop that makes no system call.
 * Not here: clock accuracy (timer.c).
 */
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "util.h"

#define SPINNERS 3

struct shared {
	u64 count[SPINNERS];
	int stop;
};

static struct shared *shared;

/* No system call, no fault, no yield. */
static void spin_process(int i)
{
	for (;;)
		ADD_VAR(shared->count[i], 1);
}

static pid_t start_spinner(int i)
{
	pid_t pid = fork_child();

	if (pid == 0)
		spin_process(i);
	return pid;
}

static void test_progress(void)
{
	u64 before[SPINNERS], total[SPINNERS] = { 0 }, most = 0, least = ~0UL;
	pid_t pids[SPINNERS];
	int starved = 0;

	for (int i = 0; i < SPINNERS; i++)
		pids[i] = start_spinner(i);
	sleep_ms(100);
	for (int window = 0; window < 4; window++) {
		for (int i = 0; i < SPINNERS; i++)
			before[i] = READ_VAR(shared->count[i]);
		sleep_ms(250);
		for (int i = 0; i < SPINNERS; i++) {
			u64 gain = READ_VAR(shared->count[i]) - before[i];

			starved += gain == 0;
			total[i] += gain;
		}
	}
	for (int i = 0; i < SPINNERS; i++) {
		if (total[i] > most)
			most = total[i];
		if (total[i] < least)
			least = total[i];
	}
	tap_note("work done by three spinning processes: %lu to %lu", least, most);
	ok_eq(starved, 0, "each of three spinning processes moves in every quarter of a second");
	ok(least * 8 > most, "and none gets eight times as much as another");

	kill(pids[0], SIGSTOP);
	need(waitpid(pids[0], NULL, WUNTRACED) == pids[0]);
	before[0] = READ_VAR(shared->count[0]);
	sleep_ms(60);
	ok_eq(READ_VAR(shared->count[0]), before[0], "SIGSTOP halts a spinning process");
	kill(pids[0], SIGCONT);
	for (int i = 0; i < 100 && READ_VAR(shared->count[0]) == before[0]; i++)
		sleep_ms(20);
	ok(READ_VAR(shared->count[0]) != before[0], "SIGCONT lets it spin on");
	for (int i = 0; i < SPINNERS; i++) {
		kill(pids[i], SIGKILL);
		ok(killed_by(wait_status(pids[i]), SIGKILL), "SIGKILL ends spinning process %d", i);
	}
}

/* A sleeper among spinners wakes in time, many times. */
static void test_latency(void)
{
	u64 worst = 0;
	pid_t pids[SPINNERS];

	for (int i = 0; i < SPINNERS; i++)
		pids[i] = start_spinner(i);
	for (int i = 0; i < 40; i++) {
		u64 start = now_ns(), late;

		sleep_ms(5);
		late = now_ns() - start - 5 * NSEC_PER_MSEC;
		if (late > worst)
			worst = late;
	}
	tap_note("the latest of 40 wake-ups was %lu us late", worst / 1000);
	ok(worst < NSEC_PER_SEC, "a sleeper among spinning processes wakes in time");
	for (int i = 0; i < SPINNERS; i++) {
		kill(pids[i], SIGKILL);
		wait_status(pids[i]);
	}
}

static int ticks;

static void tick(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	ADD_VAR(ticks, 1);
}

static sigjmp_buf jump;

static void leave(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	siglongjmp(jump, 1);
}

static void test_timer_signal(void)
{
	struct itimerval it = { { 0, 10000 }, { 0, 10000 } }, off = { 0 };
	static u64 start;
	u64 laps = 0;

	on_signal(SIGALRM, tick, 0);
	need(setitimer(ITIMER_REAL, &it, NULL) == 0);
	while (READ_VAR(ticks) < 20)
		laps++;
	need(setitimer(ITIMER_REAL, &off, NULL) == 0);
	ok(laps > 0 && ticks >= 20,
	   "twenty timer signals reach a loop that only looks at a variable");

	on_signal(SIGALRM, leave, 0);
	it.it_interval.tv_usec = 0;
	it.it_value.tv_usec = 30000;
	start = now_ns();
	if (sigsetjmp(jump, 1) == 0) {
		need(setitimer(ITIMER_REAL, &it, NULL) == 0);
		asm volatile("1: jmp 1b");
	}
	start = now_ns() - start;
	ok(start >= 30 * NSEC_PER_MSEC && start < NSEC_PER_SEC,
	   "a jump to itself is left by a signal handler, in time");
}

static int jump_to_self(void *arg)
{
	(void)arg;
	signal(SIGALRM, SIG_DFL);
	alarm(1);
	asm volatile("1: jmp 1b");
	return 1;
}

/* Threads that hand a word around without ever going to sleep. */
enum { HANDOVERS = 6 };

static int turn;

static void *hand_over(void *arg)
{
	int me = (long)arg;

	for (int i = 0; i < HANDOVERS; i++) {
		while (READ_VAR(turn) % 2 != me)
			asm volatile("pause");
		ADD_VAR(turn, 1);
	}
	return NULL;
}

static void test_threads(void)
{
	pthread_t t[2];

	for (long i = 0; i < 2; i++)
		need(pthread_create(&t[i], NULL, hand_over, (void *)i) == 0);
	for (int i = 0; i < 2; i++)
		need(pthread_join(t[i], NULL) == 0);
	ok_eq(turn, 2 * HANDOVERS, "two spinning threads hand a word to each other");
}

/* A spinner of low priority does not keep others from work, nor is it starved for ever. */
static void test_nice(void)
{
	u64 start[2], gain[2];
	pid_t pids[2];

	for (int i = 0; i < 2; i++) {
		pids[i] = fork_child();
		if (pids[i] == 0) {
			cpu_set_t one;

			CPU_ZERO(&one);
			CPU_SET(0, &one);
			sched_setaffinity(0, sizeof(one), &one);
			setpriority(PRIO_PROCESS, 0, i ? 10 : 0);
			spin_process(i);
		}
	}
	sleep_ms(100);
	for (int i = 0; i < 2; i++)
		start[i] = READ_VAR(shared->count[i]);
	sleep_ms(1200);
	for (int i = 0; i < 2; i++)
		gain[i] = READ_VAR(shared->count[i]) - start[i];
	tap_note("nice 0 did %lu, nice 10 did %lu", gain[0], gain[1]);
	ok(gain[0] > gain[1], "nice 0 gets more than nice 10 on one CPU");
	ok(gain[1] > 0, "nice 10 is not starved");
	for (int i = 0; i < 2; i++) {
		kill(pids[i], SIGKILL);
		wait_status(pids[i]);
	}
}

int main(void)
{
	shared = map_shared(PAGE);
	test_progress();
	test_latency();
	test_timer_signal();
	ok(killed_by(run_child(jump_to_self, NULL), SIGALRM), "alarm ends a jump to itself");
	test_threads();
	test_nice();
	return tap_done();
}
