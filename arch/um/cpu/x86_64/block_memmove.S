/* SPDX-License-Identifier: GPL-2.0 */
/* memmove(): the generic tree's x86 version. */
#include <arch/x86/lib/memmove_64.S>

	.section .note.GNU-stack, "", @progbits
