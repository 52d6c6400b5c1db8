/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Readiness of host descriptors, as interrupts.
 *
 * Edge-triggered: an event is reported once; the handler must read (or write)
 * until -EAGAIN, or ask again with os_event_rearm().
 */
#ifndef UM_HOST_EVENT_H
#define UM_HOST_EVENT_H

#include <host/types.h>

enum os_event_dir {
	OS_EVENT_IN = 1,
	OS_EVENT_OUT = 2,
};

enum {
	/* Cookies are smaller than this. */
	OS_EVENT_MAX = 512,
};

/**
 * os_event_init() - start the event service
 *
 * Context: boot. Return: 0 or -errno.
 */
int os_event_init(void);

/**
 * os_event_add() - report readiness of a descriptor
 * @fd: descriptor, borrowed until os_event_del(); regular files are refused
 *	with -EPERM
 * @dir: enum os_event_dir bits; hang-up and errors are always reported
 * @cookie: interrupt number given to upcall_event_ready(), < OS_EVENT_MAX
 *
 * A descriptor that is ready already is reported at once.
 * Context: host half of a driver, any context. Return: 0 or -errno.
 */
int os_event_add(int fd, __u32 dir, __u32 cookie);

/**
 * os_event_rearm() - report the current state again if it is ready
 * @fd: descriptor given to os_event_add()
 * @dir: as there; replaces what was asked before
 * @cookie: as there
 *
 * Context: any. Return: 0 or -errno.
 */
int os_event_rearm(int fd, __u32 dir, __u32 cookie);

/**
 * os_event_del() - stop reporting; a last report may still be on its way
 * @fd: descriptor given to os_event_add()
 *
 * Context: any.
 */
void os_event_del(int fd);

/**
 * os_event_raise() - report a cookie without a descriptor
 * @cookie: interrupt number, < OS_EVENT_MAX
 *
 * For host threads which finished something. Context: any thread.
 */
void os_event_raise(__u32 cookie);

/**
 * os_event_dispatch() - call upcall_event_ready() for all that is ready
 *
 * Context: interrupt, on the vCPU that takes device interrupts.
 */
void os_event_dispatch(void);

#endif
