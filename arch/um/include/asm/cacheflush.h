/* SPDX-License-Identifier: GPL-2.0 */
/* x86 keeps its caches coherent; new vmalloc mappings need the host. */
#ifndef __ASM_UM_CACHEFLUSH_H
#define __ASM_UM_CACHEFLUSH_H

void um_kernel_map(unsigned long start, unsigned long end);

#define flush_cache_vmap(start, end)		um_kernel_map(start, end)
#define flush_cache_vmap_early(start, end)	um_kernel_map(start, end)

#include <asm-generic/cacheflush.h>

#endif
