/* SPDX-License-Identifier: GPL-2.0 */
/* What options need of <linux/kernel.h>, out of libc. */
#ifndef OPTION_SHIM_KERNEL_H
#define OPTION_SHIM_KERNEL_H

#include <stdlib.h>
#include <string.h>
#include "../../../host/chan_shim/linux/kernel.h"

static inline int vscnprintf(char *buf, size_t len, const char *fmt,
			     va_list args)
{
	int n = vsnprintf(buf, len, fmt, args);

	return n < (int)len ? n : (int)len - 1;
}

static inline unsigned long long memparse(const char *text, char **end)
{
	static const char suffixes[] = "KkMmGgTtPpEe";
	unsigned long long n = strtoull(text, end, 0);
	const char *suffix = **end ? strchr(suffixes, **end) : NULL;

	if (!suffix)
		return n;
	++*end;
	return n << 10 * ((suffix - suffixes) / 2 + 1);
}

#endif
