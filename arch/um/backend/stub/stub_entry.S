/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the stub program begins after exec, in the template: map its pages,
 * which are the first of their file, and run C code on the slot's stack.
 */
#include <asm/unistd.h>
#include "stub_layout.h"

#define PROT_READ		1
#define PROT_READ_WRITE		3
#define MAP_SHARED_FIXED	0x11
#define STUB_EXIT_STATUS	101

	.text

.macro map_pages va, len, prot, off
	movl	$__NR_mmap, %eax
	movabsq	$\va, %rdi
	movl	$\len, %esi
	movl	$\prot, %edx
	movl	$MAP_SHARED_FIXED, %r10d
	movl	$STUB_FD_DATA, %r8d
	movl	$\off, %r9d
	syscall
	testq	%rax, %rax
	js	9f
.endm

	.globl	stub_start
stub_start:
	movq	%rsp, %r12
	map_pages STUB_ORDERS, STUB_ORDERS_SIZE, PROT_READ, 0
	map_pages STUB_DATA, STUB_DATA_SIZE, PROT_READ_WRITE, STUB_ORDERS_SIZE
	movabsq	$STUB_DATA + STUB_BOOT_STACK, %rsp
	movq	%r12, %rdi
	call	stub_main
	int3

9:	movl	$__NR_exit_group, %eax
	movl	$STUB_EXIT_STATUS, %edi
	syscall
	hlt

	.section .note.GNU-stack, "", @progbits
