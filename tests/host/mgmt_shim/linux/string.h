/* SPDX-License-Identifier: GPL-2.0 */
/* What options and drivers/mgmt need of <linux/string.h>, out of libc. */
#ifndef MGMT_SHIM_STRING_H
#define MGMT_SHIM_STRING_H

#include <errno.h>
#include <string.h>
#include <sys/types.h>

static inline size_t str_has_prefix(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) ? 0 : len;
}

static inline ssize_t shim_strscpy(char *to, const char *from, size_t len)
{
	size_t n = strnlen(from, len - 1);

	memcpy(to, from, n);
	to[n] = '\0';
	return from[n] ? -E2BIG : (ssize_t)n;
}

/* With the size, or of an array. */
#define SHIM_STRSCPY2(to, from)		shim_strscpy(to, from, sizeof(to))
#define SHIM_STRSCPY3(to, from, len)	shim_strscpy(to, from, len)
#define SHIM_FOURTH(a, b, c, d, ...)	d
#define strscpy(...) \
	SHIM_FOURTH(__VA_ARGS__, SHIM_STRSCPY3, SHIM_STRSCPY2, 0)(__VA_ARGS__)

#endif
