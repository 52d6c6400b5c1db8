// SPDX-License-Identifier: GPL-2.0
/*
 * Signals by which people, shells and service managers ask the whole program
 * for something; Documentation/boundary.rst has the table. Not here: those
 * which are interrupts or faults of a vCPU (vcpu.c), and
 * those by which it is asked to shut down (stop_signal.c) or told of a limit
 * (limits.c).
 * Context: the handlers interrupt any code of vCPU 0; other threads have all
 * signals blocked. They make system calls, note requests, or end the program.
 */
#include <string.h>

#include <host/proc.h>
#include <host/tty.h>
#include <host/upcall.h>
#include "keeper.h"
#include "proc_internal.h"
#include "signal_internal.h"
#include "sys.h"

int signal_handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags,
		  uint64_t blocked)
{
	struct sigaction sa = {
		.sa_sigaction = fn, .sa_flags = flags | SA_SIGINFO
	};

	sigemptyset(&sa.sa_mask);
	memcpy(&sa.sa_mask, &blocked, sizeof(blocked));
	return sigaction(sig, &sa, NULL) ? -EINVAL : 0;
}

static void on_end(int sig, siginfo_t *si, void *ctx)
{
	os_exit(OS_EXIT_FAILURE);
}

static void on_abort(int sig, siginfo_t *si, void *ctx)
{
	proc_die_by_signal(sig);
}

static void on_winch(int sig, siginfo_t *si, void *ctx)
{
	signal_may_move(ctx);
	upcall_signal(sig);
}

/* The shell gets its terminal as it was. SIGCONT makes it ours again. */
static void on_stop(int sig, siginfo_t *si, void *ctx)
{
	os_tty_suspend_all();
	sys_kill(sys_getpid(), SIGSTOP);
}

/* The window may have another size by now. */
static void on_continue(int sig, siginfo_t *si, void *ctx)
{
	stop_note_continue();
	os_tty_resume_all();
	upcall_signal(SIGWINCH);
}

static const struct {
	int sig;
	void (*fn)(int sig, siginfo_t *si, void *ctx);
} requests[] = {
	{ SIGINT, on_end },
	{ SIGQUIT, on_end },
	{ SIGABRT, on_abort },
	{ SIGWINCH, on_winch },
	{ SIGTSTP, on_stop },
	{ SIGCONT, on_continue },
};

/* Without meaning to us, and no reason to end. */
static const int ignored[] = { SIGPIPE, SIGUSR1, SIGUSR2 };

int signal_requests_init(void)
{
	struct sigaction sa = { .sa_handler = SIG_IGN };
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < sizeof(ignored) / sizeof(ignored[0]); i++)
		err = sigaction(ignored[i], &sa, NULL) ? -EINVAL : 0;
	for (i = 0; !err && i < sizeof(requests) / sizeof(requests[0]); i++)
		err = signal_handle(requests[i].sig, requests[i].fn,
				    SA_RESTART, 0);
	err = err ?: limit_signals_init();
	return err ?: stop_signals_init();
}
