/* SPDX-License-Identifier: GPL-2.0 */
/* There is no device memory; the generic accessors satisfy the compiler. */
#ifndef __ASM_UM_IO_H
#define __ASM_UM_IO_H

#include <asm/page.h>
#include <asm-generic/io.h>

#endif
