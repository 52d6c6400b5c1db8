/* SPDX-License-Identifier: GPL-2.0 */
/* The vDSO, as data of the kernel's image; vdso_map.c copies it to guest RAM. */
	.section .rodata, "a"
	.globl	um_vdso_image, um_vdso_image_end
	.balign	16
um_vdso_image:
	.incbin	"vdso.so"
um_vdso_image_end:
	.balign	16

	.section .note.GNU-stack, "", @progbits
