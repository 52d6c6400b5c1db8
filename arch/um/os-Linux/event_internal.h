/* SPDX-License-Identifier: GPL-2.0 */
/* For os-Linux itself: sleeping until a descriptor is ready. */
#ifndef UM_OS_LINUX_EVENT_INTERNAL_H
#define UM_OS_LINUX_EVENT_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

/**
 * event_sleep() - sleep until a descriptor is ready or a signal comes
 * @sigmask: mask during the sleep
 * @ms: how long at most; -1 for ever
 *
 * Return: true if something became ready; it is queued for
 * os_event_dispatch().
 */
bool event_sleep(const uint64_t *sigmask, int ms);

#endif
