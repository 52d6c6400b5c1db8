/* SPDX-License-Identifier: GPL-2.0 */
/* memset(): the generic tree's x86 version. */
#include <arch/x86/lib/memset_64.S>

	.section .note.GNU-stack, "", @progbits
