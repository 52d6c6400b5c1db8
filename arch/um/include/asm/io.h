/* SPDX-License-Identifier: GPL-2.0 */
/* There is no device memory; the generic accessors satisfy the compiler. */
#ifndef __ASM_UM_IO_H
#define __ASM_UM_IO_H

#include <asm/page.h>

/* Code for device trees asks for it wherever there are any. */
#define ioremap(addr, size)	((void)(addr), (void)(size), (void __iomem *)NULL)
#define iounmap(addr)		((void)(addr))

#include <asm-generic/io.h>

#endif
