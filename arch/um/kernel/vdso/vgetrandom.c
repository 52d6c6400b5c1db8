// SPDX-License-Identifier: GPL-2.0
/*
 * vDSO: random numbers. The work is generic (lib/vdso/getrandom.c, which the
 * Makefile includes). This is guest code.
 */
#include <linux/compiler.h>
#include <linux/types.h>

ssize_t getrandom(void *buffer, size_t len, unsigned int flags,
		  void *opaque_state, size_t opaque_len)
	__weak __alias(__vdso_getrandom);

ssize_t __vdso_getrandom(void *buffer, size_t len, unsigned int flags,
			 void *opaque_state, size_t opaque_len)
{
	return __cvdso_getrandom(buffer, len, flags, opaque_state, opaque_len);
}
