/* SPDX-License-Identifier: GPL-2.0 */
/* What options need of the kernel's <linux/types.h>, out of libc. */
#ifndef OPTION_SHIM_TYPES_H
#define OPTION_SHIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include_next <linux/types.h>

typedef __u32 u32;
typedef __u64 u64;

struct list_head {
	struct list_head *next, *prev;
};

#endif
