/* SPDX-License-Identifier: GPL-2.0 */
/* Clocks and timers of the host. Times are nanoseconds. */
#ifndef UM_HOST_TIMER_H
#define UM_HOST_TIMER_H

#include <host/types.h>

/**
 * os_clock_monotonic() - the host's monotonic clock
 *
 * Context: any; no system call where the host's vDSO answers.
 * Return: nanoseconds since some point in the past.
 */
__u64 os_clock_monotonic(void);

/**
 * os_clock_realtime() - the host's wall clock
 *
 * Context: any. Return: nanoseconds since 1970.
 */
__u64 os_clock_realtime(void);

/**
 * os_timer_create() - the one-shot timer of the calling vCPU
 *
 * When it fires, VCPU_IRQ_TIMER becomes pending on this vCPU.
 * Once is enough; more often does no harm.
 * Context: the vCPU's thread. Return: 0 or -errno.
 */
int os_timer_create(void);

/**
 * os_timer_arm() - let the calling vCPU's timer fire once
 * @delta: nanoseconds from now, at least 1; 0 stops the timer
 *
 * Context: any. Return: 0 or -errno.
 */
int os_timer_arm(__u64 delta);

#endif
