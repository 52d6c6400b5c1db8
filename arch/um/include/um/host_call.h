/* SPDX-License-Identifier: GPL-2.0 */
/* Calls of host code which the host may hold up. */
#ifndef UM_HOST_CALL_KERNEL_H
#define UM_HOST_CALL_KERNEL_H

/**
 * um_host_call() - call a function of host code; only this task waits for it
 * @fn: see struct os_call
 * @arg: its argument
 *
 * While the kernel boots, and when there can be no thread, it is called as any
 * other function is. Context: process, sleeps.
 */
void um_host_call(void (*fn)(void *arg), void *arg);

#endif
