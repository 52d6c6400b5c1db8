/* SPDX-License-Identifier: GPL-2.0 */
/* What the rest of the management code may ask of the watchdog. */
#ifndef UM_WATCHDOG_H
#define UM_WATCHDOG_H

#include <linux/types.h>

/* watchdog=reboot; otherwise the program ends. */
extern bool um_watchdog_reboots;

/**
 * um_watchdog_hold() - do not count while processes are stopped on purpose
 * @hold: true to begin with it, false to go on
 *
 * Context: any.
 */
#ifdef CONFIG_UM_WATCHDOG
void um_watchdog_hold(bool hold);
#else
static inline void um_watchdog_hold(bool hold) { }
#endif

#endif
