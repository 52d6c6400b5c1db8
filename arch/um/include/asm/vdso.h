/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vDSO of guests, as it lies in their address spaces:
 *
 *   UM_VVAR_TIME    clocks (generic struct vdso_data); in a time namespace its
 *                   page of offsets instead
 *   UM_VVAR_TIMENS  the clocks, when UM_VVAR_TIME has a namespace's offsets
 *   UM_VVAR_COMMON  what no namespace changes: random numbers, and the port's
 *                   struct um_vdso_data at UM_VDSO_DATA_OFFSET
 *   code            the image (kernel/vdso/), an ELF shared object
 */
#ifndef __ASM_UM_VDSO_H
#define __ASM_UM_VDSO_H

#define UM_VVAR_TIME		0
#define UM_VVAR_TIMENS		1
#define UM_VVAR_COMMON		2
#define UM_VVAR_PAGES		3

#define UM_VDSO_DATA_OFFSET	64

#ifndef __ASSEMBLY__

#include <linux/types.h>

struct pt_regs;

/**
 * struct um_vdso_data - what the port tells its vDSO
 * @host_clock: address of the host's clock_gettime(); 0 if there is none
 * @single_cpu: there is one CPU only, so every task runs on CPU 0
 */
struct um_vdso_data {
	u64 host_clock;
	u32 single_cpu;
};

/* Defined by the vDSO's linker script, for code in the vDSO. */
extern const struct um_vdso_data um_vdso_data __attribute__((visibility("hidden")));

/* Make the pages, at boot before anything counts time. */
void um_vdso_setup(void);

/* enum vdso_clock_mode of the host's monotonic clock. */
int um_vdso_clock_mode(void);

/* Answer a system call which the host's own vDSO code made in a guest. */
void um_vdso_host_call(struct pt_regs *regs);

#endif
#endif
