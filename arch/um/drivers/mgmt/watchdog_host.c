// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of the watchdog: a thread counts seconds, so that a kernel which
 * hangs with interrupts disabled is noticed, too. When time is over it signals
 * the first vCPU, whatever that does; if not even its signal handler runs (the host
 * itself is stuck), it ends the program.
 */
#include <sys/ucontext.h>

#include <host/proc.h>
#include <host/thread.h>
#include <host/upcall.h>
#include <host/vcpu.h>
#include <os-Linux/signal_internal.h>
#include <os-Linux/sys.h>
#include <os-Linux/vcpu_internal.h>
#include "watchdog_host.h"

enum {
	/* Seconds for saying what is wrong; other vCPUs are given ten of them. */
	LAST_WORDS = 30,
};

static bool held;
/* Seconds left; 0 if nobody counts. */
static __u32 left;

static void on_expiry(int sig, siginfo_t *si, void *ctx)
{
	const greg_t *g = ((ucontext_t *)ctx)->uc_mcontext.gregs;

	/* Somebody else may send one, too. */
	if (si->si_code != SI_TKILL || si->si_pid != sys_getpid())
		return;
	upcall_watchdog(g[REG_RIP], g[REG_RSP], g[REG_RBP]);
}

static void sleep_seconds(time_t n)
{
	struct timespec t = { .tv_sec = n };

	sys_call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &t, NULL);
}

/* Return: true if this was the last second. */
static bool count_down(void)
{
	__u32 n = __atomic_load_n(&left, __ATOMIC_RELAXED);

	if (!n || __atomic_load_n(&held, __ATOMIC_RELAXED))
		return false;
	/* If it was set meanwhile, that counts. */
	return __atomic_compare_exchange_n(&left, &n, n - 1, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
	       n == 1;
}

static void count(void *arg)
{
	do {
		sleep_seconds(1);
	} while (!count_down());
	sys_tgkill(sys_getpid(), os_vcpus[0].tid, OS_SIGNAL_WATCHDOG);
	sleep_seconds(LAST_WORDS);
	os_die("watchdog: the kernel does not even say why it hangs");
}

int watchdog_host_init(void)
{
	struct os_thread *thread;
	int err;

	err = signal_handle(OS_SIGNAL_WATCHDOG, on_expiry, 0, 0);
	return err ?: os_thread_start("uml-watchdog", count, NULL, &thread);
}

void watchdog_host_set(__u32 seconds)
{
	__atomic_store_n(&left, seconds, __ATOMIC_RELAXED);
}

void watchdog_host_hold(bool hold)
{
	__atomic_store_n(&held, hold, __ATOMIC_RELAXED);
}
