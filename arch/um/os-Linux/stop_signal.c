// SPDX-License-Identifier: GPL-2.0
/*
 * Being stopped by SIGTERM or SIGHUP: the guest is asked to shut down, and the
 * host's clock sees to it that the program ends whatever the guest does.
 * Flow: signal -> here -> upcall_signal() -> kernel/requests.c ->
 * os_stop_heard() -> the guest ends the program, or time is over.
 * Time is counted in ticks of a timer, which is a signal that a kernel with
 * interrupts disabled gets, too; while the program is stopped there are none.
 * Context: everything is async-signal-safe.
 */
#include <signal.h>
#include <string.h>

#include <host/proc.h>
#include <host/timer.h>
#include <host/upcall.h>
#include "keeper.h"
#include "proc_internal.h"
#include "signal_internal.h"
#include "sys.h"
#include "vcpu_internal.h"

enum {
	TICK_NS = 250 * 1000 * 1000,
	TICKS_PER_S = 4,
	/* Less than two seconds for a kernel to say that it has heard. */
	TICKS_UNHEARD = 7,
	/*
	 * timeout(1) sends two SIGTERM at once and SIGCONT behind them; no tick
	 * may come before that. A terminal that is closed, or a service manager,
	 * sends up to three SIGHUP.
	 */
	SAME_TERM_NS = 100 * 1000 * 1000,
	SAME_HUP_NS = 1000 * 1000 * 1000,
};

static __u64 asked_at;
static int asked_by;
static __u64 continued_at;
/* Asked again, by what may be the same request: a SIGCONT will tell. */
static bool asked_twice;
/* The kernel shuts the guest down. */
static bool heard;
static __u32 ticks_left;
static __u32 patience = OS_STOP_PATIENCE_DEFAULT;

void os_stop_patience(__u32 seconds)
{
	patience = seconds;
}

bool stop_was_asked(void)
{
	return __atomic_load_n(&asked_at, __ATOMIC_SEQ_CST);
}

static void give_up(void)
{
	const char *name = asked_by == SIGHUP ? "SIGHUP" : "SIGTERM";

	if (__atomic_load_n(&heard, __ATOMIC_SEQ_CST))
		os_die("%s: the guest has not shut down within %u s (stop_timeout=); ending without it",
		       name, patience);
	os_die("%s: the guest does not react; ending without it", name);
}

static void on_tick(int sig, siginfo_t *si, void *ctx)
{
	__u32 n = __atomic_load_n(&ticks_left, __ATOMIC_SEQ_CST);

	/* Somebody else may send one, too. */
	if (si->si_code != SI_TIMER)
		return;
	if (asked_twice && continued_at < asked_at)
		os_exit(OS_EXIT_FAILURE);
	asked_twice = false;
	if (!n)
		return;
	/* If it was set meanwhile, that counts. */
	if (__atomic_compare_exchange_n(&ticks_left, &n, n - 1, false,
					__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) &&
	    n == 1)
		give_up();
}

/* Without a timer there is no limit, but everything else. */
static void start_ticking(void)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = OS_SIGNAL_DEADLINE,
	};
	struct itimerspec each = {
		.it_interval = { .tv_nsec = TICK_NS },
		.it_value = { .tv_nsec = TICK_NS },
	};
	int timer;

	if (!sys_call(SYS_timer_create, CLOCK_MONOTONIC, &ev, &timer))
		sys_call(SYS_timer_settime, timer, 0, &each, NULL);
}

void os_stop_heard(void)
{
	if (!stop_was_asked())
		return;
	__atomic_store_n(&heard, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&ticks_left, patience * TICKS_PER_S, __ATOMIC_SEQ_CST);
}

void stop_note_continue(void)
{
	continued_at = os_clock_monotonic();
}

/* Asking again is an order, if it is not the same request. */
static void ask_again(int sig, __u64 after)
{
	if (sig == SIGHUP && after < SAME_HUP_NS)
		return;
	if (after > SAME_TERM_NS)
		os_exit(OS_EXIT_FAILURE);
	asked_twice = true;
}

static void on_stop_request(int sig, siginfo_t *si, void *ctx)
{
	__u64 now = os_clock_monotonic(), first = 0;

	signal_may_move(ctx);
	if (keeper_is_echo(si))
		return;
	if (!__atomic_compare_exchange_n(&asked_at, &first, now, false,
					 __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		ask_again(sig, now > first ? now - first : 0);
		return;
	}
	asked_by = sig;
	__atomic_store_n(&ticks_left, TICKS_UNHEARD, __ATOMIC_SEQ_CST);
	start_ticking();
	/* There is no guest yet. */
	if (!upcall_signal(sig))
		os_exit(OS_EXIT_FAILURE);
}

int stop_signals_init(void)
{
	int err;

	err = signal_handle(OS_SIGNAL_DEADLINE, on_tick, SA_RESTART, 0);
	err = err ?: signal_handle(SIGTERM, on_stop_request, SA_RESTART, 0);
	return err ?: signal_handle(SIGHUP, on_stop_request, SA_RESTART, 0);
}
