/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_ARCH_HWEIGHT_H
#define __ASM_UM_ARCH_HWEIGHT_H

#include <asm-generic/bitops/arch_hweight.h>

#endif
