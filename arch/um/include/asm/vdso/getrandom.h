/* SPDX-License-Identifier: GPL-2.0 */
/* What the generic vDSO code for random numbers asks of a port. */
#ifndef __ASM_UM_VDSO_GETRANDOM_H
#define __ASM_UM_VDSO_GETRANDOM_H

#ifndef __ASSEMBLY__

#include <asm/barrier.h>
#include <asm/unistd.h>
#include <asm/vdso/syscall.h>
#include <vdso/datapage.h>

/* What the vDSO exports; see lib/vdso/getrandom.c. */
ssize_t __vdso_getrandom(void *buffer, size_t len, unsigned int flags,
			 void *opaque_state, size_t opaque_len);

static __always_inline ssize_t getrandom_syscall(void *buffer, size_t len,
						 unsigned int flags)
{
	return vdso_syscall3(__NR_getrandom, (long)buffer, len, flags);
}

static __always_inline const struct vdso_rng_data *__arch_get_vdso_rng_data(void)
{
	return &_vdso_rng_data;
}

#endif
#endif
