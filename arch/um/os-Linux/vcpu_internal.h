/* SPDX-License-Identifier: GPL-2.0 */
/* For host code: the signals of vCPUs, and how a running guest is stopped. */
#ifndef UM_OS_LINUX_VCPU_INTERNAL_H
#define UM_OS_LINUX_VCPU_INTERNAL_H

#include <signal.h>
#include <stdint.h>

struct guest_mm;
struct um_vcpu;

/* Signals with these meanings; all helper threads keep them blocked. */
enum {
	OS_SIGNAL_TIMER = SIGALRM,
	OS_SIGNAL_KICK = SIGIO,
	/* These come when a vCPU has interrupts disabled, too. */
	OS_SIGNAL_WATCHDOG = SIGVTALRM,
	OS_SIGNAL_BACKTRACE = SIGSTKFLT,
	/* Any vCPU, likewise: a tick of what waits for the program's end. */
	OS_SIGNAL_DEADLINE = SIGPROF,
};

/* The two, as the host's calls take them. */
extern const uint64_t vcpu_irq_signals;

/**
 * vcpu_set_guest_kick() - what to do to a guest whose vCPU is interrupted
 * @kick: the backend's operation; async-signal-safe
 */
void vcpu_set_guest_kick(void (*kick)(struct guest_mm *mm));

/**
 * vcpu_become() - make the calling thread a vCPU
 * @v: which one
 *
 * Gives the thread what each needs: its words, a stack for faults, signals.
 * Context: boot, or a new thread. Return: 0 or -errno.
 */
int vcpu_become(struct um_vcpu *v);

#endif
