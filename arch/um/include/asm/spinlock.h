/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_SPINLOCK_H
#define __ASM_UM_SPINLOCK_H

#include <asm/qspinlock.h>
#include <asm/qrwlock.h>

#endif
