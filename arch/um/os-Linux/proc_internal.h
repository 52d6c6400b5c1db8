/* SPDX-License-Identifier: GPL-2.0 */
/* For os-Linux itself: what proc.c needs to know from main(). */
#ifndef UM_OS_LINUX_PROC_INTERNAL_H
#define UM_OS_LINUX_PROC_INTERNAL_H

#include <stdbool.h>

/* Somebody wants the program to end (stop_signal.c). Async-signal-safe. */
bool stop_was_asked(void);

/* SIGCONT came, which may belong to what asked. Async-signal-safe. */
void stop_note_continue(void);

/* The program's arguments, to start it again with. */
void proc_remember_args(char **argv);

/*
 * Clean up and die by a signal, so that whoever started us sees which.
 * Async-signal-safe.
 */
void proc_die_by_signal(int sig) __attribute__((noreturn));

#endif
