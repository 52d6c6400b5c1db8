// SPDX-License-Identifier: GPL-2.0
/*
 * Clocks and timers: monotonic time never goes back and runs at one rate whether the machine
 * sleeps or works; sleeps are never too short nor far too long; interval timers, timerfd,
 * POSIX timers, CPU-time clocks, time-outs of poll, select and epoll.
 * Not here: preemption (preempt.c).
 */
#include <cpuid.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <x86intrin.h>

#include "util.h"

/* How much too late is still right on a machine that is busy with other things. */
#define SLACK_NS (700 * NSEC_PER_MSEC)

static int ticks;
static siginfo_t last;

static void tick(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)uc;
	last = *info;
	ADD_VAR(ticks, 1);
}

static void spin_ms(unsigned int ms)
{
	u64 end = now_ns() + ms * NSEC_PER_MSEC;

	while (now_ns() < end)
		;
}

static bool lasted(u64 start, unsigned int ms)
{
	u64 ns = now_ns() - start;

	if (ns >= ms * NSEC_PER_MSEC && ns <= ms * NSEC_PER_MSEC + SLACK_NS)
		return true;
	tap_note("took %lu us, want %u ms", ns / 1000, ms);
	return false;
}

static void test_monotonic(void)
{
	static const clockid_t clocks[] = {
		CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_MONOTONIC_COARSE,
	};
	static const char * const names[] = { "MONOTONIC", "RAW", "BOOTTIME", "COARSE" };

	for (size_t c = 0; c < ARRAY_SIZE(clocks); c++) {
		u64 prev = clock_ns(clocks[c]), first = prev;
		int back = 0, n;

		for (n = 0; n < 200000; n++) {
			u64 now = clock_ns(clocks[c]);

			back += now < prev;
			prev = now;
			/* Calls are dear on some kernels: 60 ms will do then. */
			if (n % 1000 == 0 && prev - first > 60 * NSEC_PER_MSEC)
				break;
		}
		ok_eq(back, 0, "CLOCK_%s never goes back in %d readings", names[c], n);
	}
	spin_ms(20);
	ok(clock_ns(CLOCK_BOOTTIME) + SLACK_NS > now_ns(),
	   "boot time is not behind monotonic time");
}

/* The same in several processes, which compare what they read through shared memory. */
static void test_monotonic_across(void)
{
	u64 *newest = map_shared(PAGE);
	pid_t pids[3];
	bool good = true;

	for (int i = 0; i < 3; i++) {
		pids[i] = fork_child();
		if (pids[i])
			continue;
		for (int n = 0; n < 3000; n++) {
			u64 before = READ_VAR(*newest), now = now_ns();

			if (now < before)
				_exit(1);
			WRITE_VAR(*newest, now);
		}
		_exit(0);
	}
	for (int i = 0; i < 3; i++)
		good = exited_with(wait_status(pids[i]), 0) && good;
	ok(good, "no process reads an earlier time than another one did before");
	munmap(newest, PAGE);
}

static bool tsc_is_steady(void)
{
	u32 a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && d & 1U << 8;
}

/* TSC cycles per microsecond of guest time over one interval, spent sleeping or working. */
static double clock_rate(bool working)
{
	u64 ns = now_ns(), tsc = __rdtsc();

	if (working)
		spin_ms(200);
	else
		sleep_ms(200);
	tsc = __rdtsc() - tsc;
	return tsc * 1000.0 / (now_ns() - ns);
}

static void test_rate(void)
{
	double asleep, busy;

	if (!tsc_is_steady()) {
		tap_skip("the clock's rate", "the TSC of this CPU is not steady");
		return;
	}
	asleep = clock_rate(false);
	busy = clock_rate(true);
	tap_note("TSC cycles per microsecond: %.1f asleep, %.1f busy", asleep, busy);
	ok(asleep > busy * 0.97 && asleep < busy * 1.03,
	   "the clock runs at the same rate asleep and busy, against the TSC");
}

static void test_wall(void)
{
	struct timeval tv;
	u64 real, us, diff;
	time_t t;

	need(gettimeofday(&tv, NULL) == 0);
	real = clock_ns(CLOCK_REALTIME);
	t = time(NULL);
	us = tv.tv_sec * 1000000ULL + tv.tv_usec;
	diff = real / 1000 - us;
	ok(diff < 500000, "gettimeofday and CLOCK_REALTIME agree");
	ok(t - tv.tv_sec >= 0 && t - tv.tv_sec <= 1, "time() agrees with them");
	ok(tv.tv_sec > 1700000000, "the wall clock is set");
	ok(raw2(SYS_gettimeofday, 0, 0) == 0, "gettimeofday with null pointers");
	ok_eq(raw2(SYS_clock_gettime, 99, &tv), -EINVAL, "an unknown clock gives EINVAL");
	ok_eq(raw2(SYS_clock_gettime, CLOCK_MONOTONIC, 8), -EFAULT, "a bad pointer gives EFAULT");
}

static void test_sleeps(void)
{
	static const unsigned int lengths[] = { 1, 3, 10, 50, 120 };
	struct timespec until, ts = { 0, 1000000000 };
	bool good = true;
	u64 start;

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		start = now_ns();
		sleep_ms(lengths[i]);
		good = lasted(start, lengths[i]) && good;
	}
	ok(good, "nanosleep of 1 to 120 ms is neither short nor far too long");
	ok(nanosleep(&ts, NULL) == -1 && errno == EINVAL, "nanosleep of 10^9 ns gives EINVAL");

	start = now_ns();
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += 40000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	need(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0);
	ok(lasted(start, 40), "absolute clock_nanosleep");
	start = now_ns();
	need(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == 0);
	ok(now_ns() - start < SLACK_NS, "an absolute time that has gone by does not wait");
	start = now_ns();
	for (int i = 0; i < 20; i++)
		sleep_ms(2);
	ok(lasted(start, 40), "twenty short sleeps in a row");
}

static void test_timeouts(void)
{
	struct timeval tv = { 0, 30000 };
	struct epoll_event ev;
	u64 start = now_ns();
	int ep = epoll_create1(EPOLL_CLOEXEC);

	need(poll(NULL, 0, 30) == 0);
	ok(lasted(start, 30), "poll");
	start = now_ns();
	need(select(0, NULL, NULL, NULL, &tv) == 0);
	ok(lasted(start, 30), "select");
	start = now_ns();
	need(ep >= 0 && epoll_wait(ep, &ev, 1, 30) == 0);
	ok(lasted(start, 30), "epoll_wait");
	close(ep);
}

static void wait_ticks(int n, unsigned int limit_ms)
{
	u64 end = now_ns() + limit_ms * NSEC_PER_MSEC;

	while (READ_VAR(ticks) < n && now_ns() < end)
		sleep_ms(1);
}

static void test_itimer(void)
{
	struct itimerval it = { { 0, 10000 }, { 0, 10000 } }, off = { 0 }, now;
	u64 start = now_ns();

	ticks = 0;
	on_signal(SIGALRM, tick, SA_RESTART);
	need(setitimer(ITIMER_REAL, &it, NULL) == 0);
	wait_ticks(10, 3000);
	need(setitimer(ITIMER_REAL, &off, &now) == 0);
	ok(ticks >= 10 && lasted(start, 100), "ITIMER_REAL: ten ticks of 10 ms");
	ok(now.it_interval.tv_usec == 10000 && now.it_value.tv_usec <= 10000,
	   "setitimer tells the old timer");
	ticks = 0;
	sleep_ms(30);
	ok_eq(ticks, 0, "a timer that is off does not tick");

	ticks = 0;
	on_signal(SIGVTALRM, tick, SA_RESTART);
	need(setitimer(ITIMER_VIRTUAL, &it, NULL) == 0);
	sleep_ms(60);
	ok(ticks <= 2, "ITIMER_VIRTUAL does not run while asleep");
	for (start = now_ns(); READ_VAR(ticks) < 4 && now_ns() - start < 5 * NSEC_PER_SEC;)
		for (int i = 0; i < 100000; i++)
			asm volatile("");
	need(setitimer(ITIMER_VIRTUAL, &off, NULL) == 0);
	ok(ticks >= 4, "ITIMER_VIRTUAL ticks while the program runs");

	ticks = 0;
	on_signal(SIGPROF, tick, SA_RESTART);
	need(setitimer(ITIMER_PROF, &it, NULL) == 0);
	for (start = now_ns(); READ_VAR(ticks) < 4 && now_ns() - start < 5 * NSEC_PER_SEC;)
		raw0(SYS_getppid);
	need(setitimer(ITIMER_PROF, &off, NULL) == 0);
	ok(ticks >= 4, "ITIMER_PROF ticks in system calls too");

	ticks = 0;
	start = now_ns();
	alarm(1);
	ok(alarm(1) == 1, "alarm tells the seconds that were left");
	pause();
	ok(ticks == 1 && lasted(start, 1000), "alarm ends pause after a second");
}

static void test_timerfd(void)
{
	struct itimerspec its = { { 0, 10000000 }, { 0, 20000000 } }, now;
	u64 start, n = 0;
	struct pollfd pfd = { .events = POLLIN };

	pfd.fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	if (pfd.fd < 0 && errno == ENOSYS) {
		tap_skip("timerfd", "kernel without CONFIG_TIMERFD");
		return;
	}
	start = now_ns();
	need(timerfd_settime(pfd.fd, 0, &its, NULL) == 0);
	ok(read(pfd.fd, &n, 8) == -1 && errno == EAGAIN, "timerfd has not expired yet");
	need(poll(&pfd, 1, 2000) == 1 && read(pfd.fd, &n, 8) == 8);
	ok(n >= 1 && lasted(start, 20), "timerfd expires and wakes poll");
	sleep_ms(100);
	need(read(pfd.fd, &n, 8) == 8);
	ok(n >= 8 && n <= 8 + SLACK_NS / (10 * NSEC_PER_MSEC), "timerfd counts %lu periods", n);
	ok(timerfd_gettime(pfd.fd, &now) == 0 && now.it_interval.tv_nsec == 10000000 &&
	   now.it_value.tv_nsec <= 10000000, "timerfd_gettime");
	close(pfd.fd);
}

static void test_posix_timer(void)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	struct itimerspec its = { { 0, 5000000 }, { 0, 5000000 } };
	timer_t timer;
	sigset_t set;
	siginfo_t info;
	u64 start;

	ev.sigev_value.sival_int = 4711;
	on_signal(SIGRTMIN, tick, 0);
	if (timer_create(CLOCK_MONOTONIC, &ev, &timer) < 0 && errno == ENOSYS) {
		tap_skip("POSIX timers", "kernel without CONFIG_POSIX_TIMERS");
		return;
	}
	ticks = 0;
	start = now_ns();
	need(timer_settime(timer, 0, &its, NULL) == 0);
	wait_ticks(8, 3000);
	ok(ticks >= 8 && lasted(start, 40), "a POSIX timer ticks");
	ok(last.si_code == SI_TIMER && last.si_value.sival_int == 4711,
	   "its signal has code and value");

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	need(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	sleep_ms(60);
	need(sigwaitinfo(&set, &info) == SIGRTMIN);
	ok(info.si_overrun >= 8, "missed ticks are counted (%d)", info.si_overrun);
	need(timer_delete(timer) == 0);
	need(sigprocmask(SIG_UNBLOCK, &set, NULL) == 0);
	ticks = 0;
	sleep_ms(20);
	ok_eq(ticks, 0, "a deleted timer is silent");
}

static void test_cpu_clocks(void)
{
	u64 thread = clock_ns(CLOCK_THREAD_CPUTIME_ID), wall = now_ns();
	u64 process = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

	sleep_ms(100);
	ok(clock_ns(CLOCK_THREAD_CPUTIME_ID) - thread < 50 * NSEC_PER_MSEC,
	   "a sleeping thread uses no CPU time");
	thread = clock_ns(CLOCK_THREAD_CPUTIME_ID);
	wall = now_ns();
	spin_ms(100);
	thread = clock_ns(CLOCK_THREAD_CPUTIME_ID) - thread;
	wall = now_ns() - wall;
	ok(thread > 10 * NSEC_PER_MSEC && thread < wall + 20 * NSEC_PER_MSEC,
	   "a spinning thread uses CPU time, and not more than there is");
	ok(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - process > 10 * NSEC_PER_MSEC,
	   "the process's CPU clock goes on too");
}

int main(void)
{
	test_monotonic();
	test_monotonic_across();
	test_rate();
	test_wall();
	test_sleeps();
	test_timeouts();
	test_itimer();
	test_timerfd();
	test_posix_timer();
	test_cpu_clocks();
	return tap_done();
}
