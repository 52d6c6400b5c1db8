/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's <linux/stddef.h> has offsetof(). */
#include <stddef.h>
#include_next <linux/stddef.h>
