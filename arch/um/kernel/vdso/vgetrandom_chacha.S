/* SPDX-License-Identifier: GPL-2.0 */
/* The block function of the random numbers: the generic tree's x86 version. */
#include <arch/x86/entry/vdso/vgetrandom-chacha.S>

	.section .note.GNU-stack, "", @progbits
