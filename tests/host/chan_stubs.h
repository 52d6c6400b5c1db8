/* SPDX-License-Identifier: GPL-2.0 */
/* Levers of chan_stubs.c. */
#ifndef CHAN_STUBS_H
#define CHAN_STUBS_H

/* Let system call nr give result from now on; nr -1 for none. */
void chan_fail(long nr, long result);

/* The cookie of a reported event, or -1 after ms milliseconds. */
int chan_event_poll(int ms);

/* What the channels would have done at the end of the program. */
extern void (*chan_at_exit)(void);

#endif
