/* SPDX-License-Identifier: GPL-2.0 */
/* For host code: the signals of vCPUs, and how a running guest is stopped. */
#ifndef UM_OS_LINUX_VCPU_INTERNAL_H
#define UM_OS_LINUX_VCPU_INTERNAL_H

#include <signal.h>

struct guest_mm;

/* Signals with these meanings; all helper threads keep them blocked. */
enum {
	OS_SIGNAL_TIMER = SIGALRM,
	OS_SIGNAL_KICK = SIGIO,
};

/**
 * vcpu_set_guest_kick() - what to do to a guest whose vCPU is interrupted
 * @kick: the backend's operation; async-signal-safe
 */
void vcpu_set_guest_kick(void (*kick)(struct guest_mm *mm));

#endif
