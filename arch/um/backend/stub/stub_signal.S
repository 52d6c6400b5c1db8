/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest thread's part of the stub, under seccomp: a signal handler.
 *
 * Whatever stops the guest (a filtered system call, a fault, a kick) is a
 * signal; the host saves all registers in a frame in the slot, where the
 * kernel reads and changes them. The thread then waits for its turn and goes
 * back by rt_sigreturn. (Many system calls of guests need no signal where the
 * kernel has a listener: see stub_filter.c.)
 *
 * Guest code can jump to any instruction here with any registers, and write
 * to the slot at any time. Nothing it can gain by that is worth having: all
 * that the thread may call on the host is to wait and to wake at words of
 * slots, to go back from a signal, to set its own FS and GS bases, and to choose
 * how its calls are told.
 *
 * rbx = slot, r15 = rule. There is no stack in use.
 */
#include <asm/unistd.h>
#include "stub_layout.h"

#define FUTEX_WAIT	0
#define FUTEX_WAKE	1
#define PR_SET_USER_DISPATCH	59
#define PR_SYS_DISPATCH_ON	1
#define SET_GS		0x1001
#define SET_FS		0x1002
#define UC_STACK_SP	16
#define UC_STACK_SIZE	32
/* x is a multiple of 3 if x * THIRD, in 32 bits, is no more than this. */
#define THIRD		0xaaaaaaab
#define THIRD_MAX	0x55555555
#define RULE_SHIFT	6

	.text

/* rdi = signal, rsi = siginfo, rdx = ucontext */
	.globl	stub_signal
stub_signal:
	movq	UC_STACK_SP(%rdx), %rbx
	subq	$STUB_STACK, %rbx
	/* A stack the guest has chosen is no slot: end the process. */
	movabsq	$STUB_DATA, %rax
	movq	%rbx, %rcx
	subq	%rax, %rcx
	cmpq	$STUB_SLOTS * STUB_DATA_SIZE, %rcx
	jae	stub_ip_sigreturn
	/* Nor is a part of one: a slot is 3 times 8 KiB. */
	cmpq	$STUB_DATA_SIZE - STUB_STACK, UC_STACK_SIZE(%rdx)
	jne	stub_ip_sigreturn
	testl	$STUB_DATA_SIZE / 3 - 1, %ecx
	jnz	stub_ip_sigreturn
	shrl	$13, %ecx
	imull	$THIRD, %ecx, %ecx
	cmpl	$THIRD_MAX, %ecx
	ja	stub_ip_sigreturn
	shlq	$RULE_SHIFT, %rcx
	movabsq	$STUB_ORDERS, %r15
	addq	%rcx, %r15
	movl	%edi, STUB_PAGE_SIGNO(%rbx)
	movq	%rsi, STUB_PAGE_SIGINFO(%rbx)
	movq	%rdx, STUB_PAGE_FRAME(%rbx)
	testl	$STUB_HAS_FSGSBASE, STUB_RULE_FLAGS(%r15)
	jz	.Lstop
	rdfsbase %rax
	movq	%rax, STUB_PAGE_FS_BASE(%rbx)
	rdgsbase %rax
	movq	%rax, STUB_PAGE_GS_BASE(%rbx)

/* The kernel's turn: say so, then wait for ours. */
.Lstop:
	leaq	STUB_PAGE_TURN(%rbx), %rdi
	cmpl	$STUB_TELLS_BY_NOTICE, STUB_RULE_TRAP(%r15)
	je	.Lnotice
.Ltell:
	movl	$STUB_TURN_KERNEL, %eax
	xchgl	%eax, (%rdi)
	xorl	%eax, %eax
	xchgl	%eax, STUB_PAGE_KERNEL_WAITS(%rbx)
	testl	%eax, %eax
	jz	.Lspin
	leaq	STUB_PAGE_KERNEL_WAITS(%rbx), %rdi
	movl	$__NR_futex, %eax
	movl	$FUTEX_WAKE, %esi
	movl	$1, %edx
	syscall
	.globl	stub_ip_wake
stub_ip_wake:

/* A new thread begins here. */
	.globl	stub_born
stub_born:
.Lspin:
	leaq	STUB_PAGE_TURN(%rbx), %rdi
	movl	STUB_RULE_SPIN(%r15), %ecx
	testl	%ecx, %ecx
	jz	.Lsleep
1:	cmpl	$STUB_TURN_GUEST, (%rdi)
	je	.Lturn
	pause
	decl	%ecx
	jz	.Lsleep
	cmpl	$0, STUB_RULE_SPIN(%r15)
	jne	1b

.Lsleep:
	movl	$1, %eax
	xchgl	%eax, STUB_PAGE_STUB_WAITS(%rbx)
2:	movl	(%rdi), %edx
	cmpl	$STUB_TURN_GUEST, %edx
	je	3f
	movl	$__NR_futex, %eax
	movl	$FUTEX_WAIT, %esi
	xorl	%r10d, %r10d
	syscall
	.globl	stub_ip_wait
stub_ip_wait:
	jmp	2b
3:	movl	$0, STUB_PAGE_STUB_WAITS(%rbx)
	jmp	.Lturn

/*
 * One call that the kernel is told of, and answers when it is our turn, or when
 * we are to wait another way.
 */
.Lnotice:
	movl	$__NR_getpid, %eax
	syscall
	.globl	stub_ip_notice
stub_ip_notice:
	cmpq	$STUB_TURN_GUEST, %rax
	jne	.Lstop

/* Our turn: go on as the frame says. */
.Lturn:
	movl	STUB_RULE_TRAP(%r15), %eax
	cmpl	%eax, STUB_PAGE_WAY(%rbx)
	jne	.Lchoose
.Lchosen:
	testl	$STUB_HAS_FSGSBASE, STUB_RULE_FLAGS(%r15)
	jz	.Lask_for_bases
	movq	STUB_PAGE_FS_BASE(%rbx), %rdx
	rdfsbase %rax
	cmpq	%rax, %rdx
	je	4f
	wrfsbase %rdx
4:	movq	STUB_PAGE_GS_BASE(%rbx), %rdx
	rdgsbase %rax
	cmpq	%rax, %rdx
	je	.Lreturn
	wrgsbase %rdx
.Lreturn:
	movq	STUB_PAGE_FRAME(%rbx), %rsp
	movl	$__NR_rt_sigreturn, %eax
	syscall
	.globl	stub_ip_sigreturn
stub_ip_sigreturn:
	ud2

/*
 * Hosts that do not let programs write the bases have a call for it. The
 * template, with all signals blocked, becomes a mapper.
 */
.Lask_for_bases:
	testl	$STUB_IS_TEMPLATE, STUB_RULE_FLAGS(%r15)
	jnz	stub_mapper
	testl	$STUB_SETS_FS, STUB_RULE_FLAGS(%r15)
	jz	5f
	movl	$__NR_arch_prctl, %eax
	movl	$SET_FS, %edi
	movq	STUB_PAGE_FS_BASE(%rbx), %rsi
	syscall
	.globl	stub_ip_fs
stub_ip_fs:
5:	testl	$STUB_SETS_GS, STUB_RULE_FLAGS(%r15)
	jz	.Lreturn
	movl	$__NR_arch_prctl, %eax
	movl	$SET_GS, %edi
	movq	STUB_PAGE_GS_BASE(%rbx), %rsi
	syscall
	.globl	stub_ip_gs
stub_ip_gs:
	jmp	.Lreturn

/*
 * The guest's calls are to come another way: signals are made of those from
 * elsewhere than the stub, or of none that the filter lets the kernel know of.
 */
.Lchoose:
	movl	%eax, STUB_PAGE_WAY(%rbx)
	leaq	stub_mapper(%rip), %r10
	xorl	%edx, %edx
	cmpl	$STUB_TELLS_BY_NOTICE, %eax
	je	6f
	movabsq	$STUB_CODE, %rdx
	subq	%rdx, %r10
6:	movl	$__NR_prctl, %eax
	movl	$PR_SET_USER_DISPATCH, %edi
	movl	$PR_SYS_DISPATCH_ON, %esi
	xorl	%r8d, %r8d
	syscall
	.globl	stub_ip_choose
stub_ip_choose:
	jmp	.Lchosen

/*
 * The first stop, of the template, shows the kernel what a frame is. It never
 * goes back from it: see STUB_IS_TEMPLATE.
 */
	.globl	stub_first_stop
stub_first_stop:
	xorl	%esp, %esp
	int3
	ud2

	.section .note.GNU-stack, "", @progbits
