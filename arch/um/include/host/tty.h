/* SPDX-License-Identifier: GPL-2.0 */
/* Host terminals: raw mode that is always undone, and the window size. */
#ifndef UM_HOST_TTY_H
#define UM_HOST_TTY_H

#include <host/types.h>

/**
 * os_tty_raw() - put a terminal into raw mode
 * @fd: descriptor, borrowed; nothing happens if it is not a terminal
 *
 * The old mode is remembered and comes back with os_tty_restore(), and on
 * every way this program ends, SIGKILL excepted.
 * Context: process. Return: 0, -ENOTTY or another -errno.
 */
int os_tty_raw(int fd);

/**
 * os_tty_restore() - undo os_tty_raw()
 * @fd: the descriptor given there
 *
 * Context: any; async-signal-safe.
 */
void os_tty_restore(int fd);

/**
 * os_tty_restore_all() - undo every os_tty_raw()
 *
 * Context: any; async-signal-safe.
 */
void os_tty_restore_all(void);

/**
 * os_tty_suspend_all() - give terminals back while the program is stopped
 *
 * Those whose foreground is somebody else's already are left alone.
 * Context: any; async-signal-safe.
 */
void os_tty_suspend_all(void);

/**
 * os_tty_resume_all() - raw mode again, after the program was stopped
 *
 * Not for terminals in whose background it goes on.
 * Context: any; async-signal-safe.
 */
void os_tty_resume_all(void);

/**
 * os_tty_winsize() - size of a terminal's window
 * @fd: descriptor
 * @rows: out
 * @cols: out
 *
 * Context: any. Return: 0, -ENOTTY or another -errno.
 */
int os_tty_winsize(int fd, __u16 *rows, __u16 *cols);

#endif
