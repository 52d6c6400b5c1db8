/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's side of the pages which the vDSO reads. */
#ifndef __ASM_UM_VDSO_VSYSCALL_H
#define __ASM_UM_VDSO_VSYSCALL_H

#ifndef __ASSEMBLY__

#include <linux/timekeeper_internal.h>
#include <vdso/datapage.h>

extern struct vdso_data *um_vdso_clocks;
extern struct vdso_rng_data *um_vdso_rng;

static __always_inline struct vdso_data *um_get_k_vdso_data(void)
{
	return um_vdso_clocks;
}

#define __arch_get_k_vdso_data um_get_k_vdso_data

static __always_inline struct vdso_rng_data *um_get_k_vdso_rng_data(void)
{
	return um_vdso_rng;
}

#define __arch_get_k_vdso_rng_data um_get_k_vdso_rng_data

#include <asm-generic/vdso/vsyscall.h>

#endif
#endif
