/* SPDX-License-Identifier: GPL-2.0 */
#ifndef __ASM_UM_EXEC_H
#define __ASM_UM_EXEC_H

/* Programs may start on a randomised stack. */
unsigned long arch_align_stack(unsigned long sp);

#endif
