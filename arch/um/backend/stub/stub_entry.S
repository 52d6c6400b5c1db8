/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stub's entries. Each ends at a breakpoint, which the backend waits for;
 * registers are all the state there is where no stack may be used.
 */
#include <asm/unistd.h>
#include "stub_layout.h"

#define PROT_READ_WRITE		3
#define MAP_SHARED_FIXED	0x11
#define CLONE_PARENT_SIGCHLD	(0x8000 | 17)
#define STUB_EXIT_STATUS	101

	.text

/* Map the data page at offset %rbx of its file; jump to 9: if that fails. */
.macro map_data_page
	movl	$__NR_mmap, %eax
	movabsq	$STUB_DATA, %rdi
	movl	$STUB_DATA_SIZE, %esi
	movl	$PROT_READ_WRITE, %edx
	movl	$MAP_SHARED_FIXED, %r10d
	movl	$STUB_FD_DATA, %r8d
	movq	%rbx, %r9
	syscall
	testq	%rax, %rax
	js	9f
.endm

.macro use_data_page_stack
	movabsq	$STUB_DATA + STUB_BOOT_STACK, %rsp
.endm

/* Where the program begins after exec. */
	.globl	stub_start
stub_start:
	movq	%rsp, %r12
	xorl	%ebx, %ebx
	map_data_page
	use_data_page_stack
	movq	%r12, %rdi
	call	stub_main
	int3

/* Work off the operations in the data page. */
	.globl	stub_entry_apply
stub_entry_apply:
	use_data_page_stack
	call	stub_apply
	int3

/*
 * Make a sibling whose data page is at offset %rdi. Both end at a breakpoint;
 * the parent finds the result of clone() in %rax.
 */
	.globl	stub_entry_clone
stub_entry_clone:
	movq	%rdi, %rbx
	movl	$__NR_clone, %eax
	movl	$CLONE_PARENT_SIGCHLD, %edi
	xorl	%esi, %esi
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	xorl	%r8d, %r8d
	syscall
	testq	%rax, %rax
	jnz	1f
	map_data_page
1:	int3

9:	movl	$__NR_exit_group, %eax
	movl	$STUB_EXIT_STATUS, %edi
	syscall
	hlt

	.section .note.GNU-stack, "", @progbits
