/* SPDX-License-Identifier: GPL-2.0 */
/* x86's, less the one operation that asks the boot processor for a feature. */
#ifndef __ASM_UM_CMPXCHG_H
#define __ASM_UM_CMPXCHG_H

#include_next <asm/cmpxchg.h>

#undef system_has_cmpxchg128

#endif
