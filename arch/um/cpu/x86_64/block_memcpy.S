/* SPDX-License-Identifier: GPL-2.0 */
/* memcpy(): the generic tree's x86 version. */
#include <arch/x86/lib/memcpy_64.S>

	.section .note.GNU-stack, "", @progbits
