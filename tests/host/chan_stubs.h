/* SPDX-License-Identifier: GPL-2.0 */
/* Levers of chan_stubs.c. */
#ifndef CHAN_STUBS_H
#define CHAN_STUBS_H

/* Let system call nr give result from now on; nr -1 for none. */
void chan_fail(long nr, long result);

/* The cookie of a reported event, or -1 after ms milliseconds. */
int chan_event_poll(int ms);

/* Called before each system call, if set. */
extern void (*chan_before_call)(void);

/* The words of the vCPU which the test is. */
extern struct um_vcpu chan_vcpu;

/* What the channels would have done at the end of the program. */
extern void (*chan_at_exit)(void);

#endif
