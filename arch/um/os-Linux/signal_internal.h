/* SPDX-License-Identifier: GPL-2.0 */
/* For os-Linux itself: handlers of host signals. */
#ifndef UM_OS_LINUX_SIGNAL_INTERNAL_H
#define UM_OS_LINUX_SIGNAL_INTERNAL_H

#include <signal.h>
#include <stdint.h>
#include <sys/ucontext.h>

/**
 * signal_handle() - have a function called for a signal
 * @sig: the signal
 * @fn: handler
 * @flags: SA_* beside SA_SIGINFO
 * @blocked: signals kept away while it runs (bit n - 1 for signal n), beside its
 *	own, if not SA_NODEFER
 *
 * Context: boot. Return: 0 or -EINVAL.
 */
int signal_handle(int sig, void (*fn)(int, siginfo_t *, void *), int flags,
		  uint64_t blocked);

/**
 * signal_may_move() - a handler may end on another vCPU than it began
 * @ctx: its third argument
 *
 * When a handler ends the host sets the stack for faults which was set when it
 * began; but each vCPU has its own. What the host refuses, it leaves alone.
 * Context: whatever may enable interrupts, or have one.
 */
static inline void signal_may_move(void *ctx)
{
	((ucontext_t *)ctx)->uc_stack.ss_flags = ~0;
}

/**
 * signal_requests_init() - serve what people and the host's tools send
 *
 * Context: boot. Return: 0 or -EINVAL.
 */
int signal_requests_init(void);

/**
 * stop_signals_init() - serve SIGTERM and SIGHUP
 *
 * Context: boot. Return: 0 or -EINVAL.
 */
int stop_signals_init(void);

/**
 * limit_signals_init() - serve SIGXCPU and SIGXFSZ
 *
 * Context: boot. Return: 0 or -EINVAL.
 */
int limit_signals_init(void);

#endif
