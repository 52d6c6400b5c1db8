/* SPDX-License-Identifier: GPL-2.0 */
/* Stopping all processes of the guest for a while, on the host's wish. */
#ifndef UM_STOP_H
#define UM_STOP_H

#include <linux/types.h>

#ifdef CONFIG_MCONSOLE
/**
 * um_processes_stop() - stop all processes; time goes on for them
 *
 * Context: kernel thread, sleeps. Return: 0, -EALREADY, or another -errno if
 * one of them cannot be stopped now.
 */
int um_processes_stop(void);

/**
 * um_processes_go() - let them go on
 *
 * Context: kernel thread, sleeps. Return: were they stopped?
 */
bool um_processes_go(void);
#else
static inline bool um_processes_go(void)
{
	return false;
}
#endif

#endif
