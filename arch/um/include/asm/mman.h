/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_MMAN_H
#define __ASM_UM_MMAN_H

#include <uapi/asm/mman.h>

#endif
