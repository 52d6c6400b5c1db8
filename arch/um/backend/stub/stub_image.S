/* SPDX-License-Identifier: GPL-2.0 */
/* The stub program, as data of the kernel's image. */
	.section .rodata, "a"
	.globl	stub_image_start, stub_image_end
	.balign	16
stub_image_start:
	.incbin	"stub.elf"
stub_image_end:
	.balign	16

	.section .note.GNU-stack, "", @progbits
