/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A timer of the host which notices that the kernel does nothing any more.
 * Kernel half: watchdog.c; host half: watchdog_host.c.
 */
#ifndef UM_WATCHDOG_HOST_H
#define UM_WATCHDOG_HOST_H

#include <host/types.h>

/**
 * watchdog_host_init() - start the thread that counts
 *
 * Context: initcall, on vCPU 0, which is the one that is interrupted when time
 * is over. Return: 0 or -errno.
 */
int watchdog_host_init(void);

/**
 * watchdog_host_set() - begin to count down, or begin anew
 * @seconds: then upcall_watchdog() comes; 0 stops counting
 *
 * Seconds in which the whole program was stopped do not count.
 * Context: any.
 */
void watchdog_host_set(__u32 seconds);

/**
 * watchdog_host_hold() - keep the count where it is
 * @hold: true to begin with it, false to go on
 *
 * Context: any.
 */
void watchdog_host_hold(bool hold);

#endif
