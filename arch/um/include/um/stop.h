/* SPDX-License-Identifier: GPL-2.0 */
/* Stopping all processes or all file systems for a while, on the host's wish. */
#ifndef UM_STOP_H
#define UM_STOP_H

#include <linux/errno.h>
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

/**
 * um_processes_stopping() - is somebody stopping them, or letting them go, now?
 *
 * Context: any. Return: yes or no; it may change at once.
 */
bool um_processes_stopping(void);

/**
 * um_fs_freeze() - write out all writable file systems on disks, and stop them
 * @seconds: they thaw by themselves then
 * @why: out: text on error, perhaps empty
 * @len: size of @why
 *
 * Context: kernel thread, sleeps until all are at rest. Return: 0, -EALREADY,
 * or another -errno: then none is frozen.
 */
int um_fs_freeze(unsigned int seconds, char *why, size_t len);

/**
 * um_fs_thaw() - let them be written to again
 *
 * Context: kernel thread, sleeps. Return: 0, or -EALREADY: they are not frozen,
 * or not any more.
 */
int um_fs_thaw(void);
#else
static inline int um_fs_thaw(void)
{
	return -EALREADY;
}

static inline bool um_processes_go(void)
{
	return false;
}
#endif

#endif
