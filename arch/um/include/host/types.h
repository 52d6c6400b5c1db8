/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Types both worlds may use. The only header a contract header includes.
 * Kernel code gets them from the kernel, host code from libc and the uapi.
 */
#ifndef UM_HOST_TYPES_H
#define UM_HOST_TYPES_H

#ifdef __KERNEL__
#include <linux/types.h>
#include <linux/stddef.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <linux/types.h>
#endif

/* An address in a guest's address space: never dereferenced as it stands. */
typedef __u64 guest_va_t;

/* An offset into guest RAM, which is the guest-physical address. */
typedef __u64 phys_off_t;

#endif
