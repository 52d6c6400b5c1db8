/* SPDX-License-Identifier: GPL-2.0 */
/* What chan_parse.c needs of the kernel's <linux/kernel.h>, out of libc. */
#ifndef CHAN_SHIM_KERNEL_H
#define CHAN_SHIM_KERNEL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))

static inline __attribute__((format(printf, 3, 4)))
int scnprintf(char *buf, size_t len, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, len, fmt, args);
	va_end(args);
	if (!len)
		return 0;
	return n < (int)len ? n : (int)len - 1;
}

#endif
