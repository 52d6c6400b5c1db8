/* SPDX-License-Identifier: GPL-2.0 */
/* What the pure code of drivers/mgmt needs of <linux/string.h>, out of libc. */
#ifndef MGMT_SHIM_STRING_H
#define MGMT_SHIM_STRING_H

#include <string.h>

static inline size_t str_has_prefix(const char *s, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(s, prefix, len) ? 0 : len;
}

static inline void strscpy(char *to, const char *from, size_t len)
{
	size_t n = strnlen(from, len - 1);

	memcpy(to, from, n);
	to[n] = '\0';
}

#endif
