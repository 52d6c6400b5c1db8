/* SPDX-License-Identifier: GPL-2.0 */
/* TAP output of the channel tests: one line per check, a plan at the end. */
#ifndef CHAN_TAP_H
#define CHAN_TAP_H

#include <stdio.h>

static int tap_nr, tap_failed;

#define ok(cond, ...) do {						\
	int __good = !!(cond);						\
									\
	tap_failed += !__good;						\
	printf("%sok %d - ", __good ? "" : "not ", ++tap_nr);		\
	printf(__VA_ARGS__);						\
	printf("\n");							\
	if (!__good)							\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #cond);	\
} while (0)

static inline int tap_done(void)
{
	printf("1..%d\n", tap_nr);
	return tap_failed ? 1 : 0;
}

#endif
