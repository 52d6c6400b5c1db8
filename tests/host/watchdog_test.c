// SPDX-License-Identifier: GPL-2.0
/*
 * The watchdog's host half: it interrupts a vCPU that loops for ever, it
 * counts seconds, and it ends the program if nobody has last words.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <sys/wait.h>
#include <host/proc.h>
#include <host/thread.h>
#include <host/upcall.h>
#include <host/vcpu.h>
#include <os-Linux/signal_internal.h>
#include <watchdog_host.h>
#include "chan_tap.h"

enum {
	BARKED = 3,
	DIED = 4,
};

struct um_vcpu os_vcpus[UM_VCPUS_MAX];

static bool mute;

bool sys_fault_hook(long nr, long *ret);

bool sys_fault_hook(long nr, long *ret)
{
	return false;
}

void upcall_watchdog(__u64 ip, __u64 sp, __u64 bp)
{
	while (mute)
		;
	_exit(ip && sp ? BARKED : 0);
}

void os_die(const char *fmt, ...)
{
	_exit(DIED);
}

int signal_handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags,
		  uint64_t blocked)
{
	struct sigaction sa = { .sa_sigaction = fn, .sa_flags = flags | SA_SIGINFO };

	return sigaction(sig, &sa, NULL) ? -EINVAL : 0;
}

static void (*thread_fn)(void *arg);

static void *thread_main(void *arg)
{
	thread_fn(NULL);
	return NULL;
}

int os_thread_start(const char *name, void (*fn)(void *arg), void *arg,
		    struct os_thread **ret)
{
	pthread_t id;
	sigset_t all;

	thread_fn = fn;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	pthread_create(&id, NULL, thread_main, NULL);
	sigemptyset(&all);
	pthread_sigmask(SIG_SETMASK, &all, NULL);
	return 0;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* Return: how a vCPU ends which does this and then loops for ever. */
static int run(void (*fn)(void), double *seconds)
{
	double start = now();
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(45);
		os_vcpus[0].tid = gettid();
		if (watchdog_host_init())
			_exit(1);
		fn();
		for (;;)
			;
	}
	waitpid(pid, &status, 0);
	*seconds = now() - start;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void set_two(void)
{
	watchdog_host_set(2);
}

static void set_again(void)
{
	watchdog_host_set(2);
	sleep(1);
	watchdog_host_set(3);
}

static void set_held(void)
{
	watchdog_host_set(2);
	watchdog_host_hold(true);
	sleep(4);
	watchdog_host_hold(false);
}

static void set_off(void)
{
	watchdog_host_set(1);
	watchdog_host_set(0);
	sleep(3);
	_exit(0);
}

static void set_mute(void)
{
	mute = true;
	watchdog_host_set(1);
}

int main(void)
{
	double s;

	ok(run(set_two, &s) == BARKED && s > 0.9 && s < 4, "a loop is interrupted (%.1f s)", s);
	ok(run(set_again, &s) == BARKED && s > 2.9 && s < 6, "set again it begins anew (%.1f s)", s);
	ok(run(set_held, &s) == BARKED && s > 4.5 && s < 8, "held it does not count (%.1f s)", s);
	ok(run(set_off, &s) == 0, "taken back it is silent (%.1f s)", s);
	ok(run(set_mute, &s) == DIED && s > 29 && s < 40, "without last words it ends all the same (%.1f s)", s);
	return tap_done();
}
