/* SPDX-License-Identifier: GPL-2.0 */
/* The host's random number generator seeds ours. */
#ifndef __ASM_UM_ARCHRANDOM_H
#define __ASM_UM_ARCHRANDOM_H

#include <linux/types.h>
#include <host/proc.h>

static inline size_t __must_check
arch_get_random_longs(unsigned long *v, size_t max_longs)
{
	return 0;
}

static inline size_t __must_check
arch_get_random_seed_longs(unsigned long *v, size_t max_longs)
{
	size_t n = min_t(size_t, max_longs, 32);

	return os_random(v, n * sizeof(*v)) ? 0 : n;
}

#endif
