/* SPDX-License-Identifier: GPL-2.0 */
/* For host code: things to be undone however the program ends. */
#ifndef UM_OS_LINUX_EXIT_H
#define UM_OS_LINUX_EXIT_H

/**
 * os_at_exit() - run a function when the program ends
 * @fn: async-signal-safe; called at most once, in any thread
 *
 * Context: boot. There is room for a handful.
 */
void os_at_exit(void (*fn)(void));

#endif
