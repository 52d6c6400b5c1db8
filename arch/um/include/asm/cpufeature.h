/* SPDX-License-Identifier: GPL-2.0 */
/* Kernel code keeps to baseline x86-64: no feature is ever asked of the host. */
#ifndef __ASM_UM_CPUFEATURE_H
#define __ASM_UM_CPUFEATURE_H

#include <asm/cpufeatures.h>

#define boot_cpu_has(bit)		(0)
#define static_cpu_has(bit)		(0)
#define cpu_feature_enabled(bit)	(0)

#endif
