/* SPDX-License-Identifier: GPL-2.0 */
/* Prototypes of functions written in assembler and exported to modules. */
#include <linux/string.h>
#include <asm/page.h>
