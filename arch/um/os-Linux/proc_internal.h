/* SPDX-License-Identifier: GPL-2.0 */
/* For os-Linux itself: what proc.c needs to know from main(). */
#ifndef UM_OS_LINUX_PROC_INTERNAL_H
#define UM_OS_LINUX_PROC_INTERNAL_H

/* The program's arguments, to start it again with. */
void proc_remember_args(char **argv);

/*
 * Clean up and die by a signal, so that whoever started us sees which.
 * Async-signal-safe.
 */
void proc_die_by_signal(int sig) __attribute__((noreturn));

#endif
