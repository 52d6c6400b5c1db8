/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stub under seccomp: a signal handler that is the whole of it.
 *
 * Whatever stops the guest (a filtered system call, a fault, a kick) is a
 * signal; the host saves all registers in a frame in the slot, where the
 * kernel reads and changes them. The stub then waits for its turn, makes the
 * system calls it is told to (map operations, mostly) and goes back by
 * rt_sigreturn. (Many system calls of guests need no signal where the kernel
 * has a listener: see stub_filter.c.)
 *
 * Guest code can jump to any instruction here with any registers. What it
 * may not do is make a call with the secret, which the filter demands of
 * every call but waiting, waking and sigreturn. The secret lies in the slot
 * only while the kernel knows that this thread sleeps in stub_ip_wait or
 * stub_ip_notice; from there on nothing but %rdi, which the wait itself or the
 * notice has proven, is trusted, and every call is wiped before guest code
 * runs. There is no stack in use.
 */
#include <asm/unistd.h>
#include "stub_layout.h"

#define FUTEX_WAIT	0
#define FUTEX_WAKE	1
#define UC_STACK_SP	16
#define UC_STACK_SIZE	32
/* x is a multiple of 3 if x * THIRD, in 32 bits, is no more than this. */
#define THIRD		0xaaaaaaab
#define THIRD_MAX	0x55555555
#define ARG_R10		32
#define ARG_R8		40
#define ARG_R9		48

	.text

/* rdi = signal, rsi = siginfo, rdx = ucontext */
	.globl	stub_signal
stub_signal:
	movq	UC_STACK_SP(%rdx), %rbx
	subq	$STUB_STACK, %rbx
	/* A stack the guest has chosen would make it a slot of the guest's own. */
	movabsq	$STUB_DATA, %rax
	movq	%rbx, %rcx
	subq	%rax, %rcx
	cmpq	$STUB_SLOTS * STUB_DATA_SIZE, %rcx
	jae	stub_ip_sigreturn
	/* Or a part of one: a slot is 3 times 8 KiB. */
	cmpq	$STUB_DATA_SIZE - STUB_STACK, UC_STACK_SIZE(%rdx)
	jne	stub_ip_sigreturn
	testl	$STUB_DATA_SIZE / 3 - 1, %ecx
	jnz	stub_ip_sigreturn
	shrl	$13, %ecx
	imull	$THIRD, %ecx, %ecx
	cmpl	$THIRD_MAX, %ecx
	ja	stub_ip_sigreturn
	movl	%edi, STUB_PAGE_SIGNO(%rbx)
	movq	%rsi, STUB_PAGE_SIGINFO(%rbx)
	movq	%rdx, STUB_PAGE_FRAME(%rbx)
	testl	$STUB_HAS_FSGSBASE, STUB_PAGE_FLAGS(%rbx)
	jz	.Lstop
	rdfsbase %rax
	movq	%rax, STUB_PAGE_FS_BASE(%rbx)
	rdgsbase %rax
	movq	%rax, STUB_PAGE_GS_BASE(%rbx)

/* The kernel's turn: say so, then wait for ours. rbx = slot */
.Lstop:
	leaq	STUB_PAGE_TURN(%rbx), %rdi
	cmpl	$STUB_TELLS_BY_NOTICE, STUB_PAGE_TRAP(%rbx)
	je	.Lnotice
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
	leaq	STUB_PAGE_TURN(%rbx), %rdi

.Lspin:
	movl	STUB_PAGE_SPIN(%rbx), %ecx
	testl	%ecx, %ecx
	jz	.Lsleep
1:	cmpl	$STUB_TURN_GUEST, (%rdi)
	je	.Lturn
	pause
	decl	%ecx
	jz	.Lsleep
	cmpl	$0, STUB_PAGE_SPIN(%rbx)
	jne	1b

.Lsleep:
	movl	$1, %eax
	xchgl	%eax, STUB_PAGE_STUB_WAITS(%rbx)
2:	cmpl	$STUB_TURN_GUEST, (%rdi)
	je	3f
	movl	$__NR_futex, %eax
	movl	$FUTEX_WAIT, %esi
	movl	$STUB_TURN_KERNEL, %edx
	xorl	%r10d, %r10d
	syscall
	.globl	stub_ip_wait
stub_ip_wait:
	leaq	-STUB_PAGE_TURN(%rdi), %rbx
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
	leaq	-STUB_PAGE_TURN(%rdi), %rbx
	cmpq	$STUB_TURN_GUEST, %rax
	jne	.Lstop

/* Our turn: make the calls. r12 = how many, r13 = next, r14 = new process */
.Lturn:
	xorl	%r14d, %r14d
	movl	STUB_PAGE_NR(%rbx), %r12d
	leaq	STUB_PAGE_CALLS(%rbx), %r13
	testl	%r12d, %r12d
	jz	.Ldone

.Lcall:
	movq	(%r13), %rax
	movq	8(%r13), %rdi
	movq	16(%r13), %rsi
	movq	24(%r13), %rdx
	movq	ARG_R10(%r13), %r10
	movq	ARG_R8(%r13), %r8
	movq	ARG_R9(%r13), %r9
	syscall
	.globl	stub_ip_call
stub_ip_call:
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	cmpq	$__NR_clone, (%r13)
	jne	4f
	testq	%rax, %rax
	jz	.Lborn
4:	movq	%r8, ARG_R10(%r13)
	movq	%r8, ARG_R8(%r13)
	movq	%r8, ARG_R9(%r13)
	movq	%rax, STUB_CALL_RESULT(%r13)
	cmpq	$-4096, %rax
	ja	.Lfailed
	addq	$STUB_CALL_SIZE, %r13
	decl	%r12d
	jnz	.Lcall
	movl	$0, STUB_PAGE_NR(%rbx)
	movq	STUB_PAGE_TOKEN(%rbx), %rcx
	movq	%rcx, STUB_PAGE_MADE(%rbx)

	/* A new process whose last call, getppid, found another parent. */
	testl	%r14d, %r14d
	jz	.Ldone
	cmpl	STUB_PAGE_KERNEL_PID(%rbx), %eax
	je	.Ldone
	ud2

.Ldone:
	testl	$STUB_STOP_AFTER, STUB_PAGE_FLAGS(%rbx)
	jnz	.Lreport
	testl	$STUB_HAS_FSGSBASE, STUB_PAGE_FLAGS(%rbx)
	jz	.Lreturn
	movq	STUB_PAGE_FS_BASE(%rbx), %rdx
	rdfsbase %rax
	cmpq	%rax, %rdx
	je	5f
	wrfsbase %rdx
5:	movq	STUB_PAGE_GS_BASE(%rbx), %rdx
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

.Lreport:
	movl	$STUB_CALLS_DONE, STUB_PAGE_SIGNO(%rbx)
	jmp	.Lstop

/* The calls which are left held the secret too. */
.Lfailed:
	movl	%eax, STUB_PAGE_ERR(%rbx)
6:	addq	$STUB_CALL_SIZE, %r13
	decl	%r12d
	jz	7f
	movq	%r8, ARG_R10(%r13)
	movq	%r8, ARG_R8(%r13)
	movq	%r8, ARG_R9(%r13)
	jmp	6b
7:	movl	$0, STUB_PAGE_NR(%rbx)
	movq	STUB_PAGE_TOKEN(%rbx), %rcx
	movq	%rcx, STUB_PAGE_MADE(%rbx)
	movl	$STUB_CALL_FAILED, STUB_PAGE_SIGNO(%rbx)
	jmp	.Lstop

/*
 * The child of a clone. A thread has a slot of its own (its stack pointer)
 * with one call to make. A process makes the call after the clone, which
 * replaces the slot it inherited by its own; two more calls are found there.
 */
.Lborn:
	testl	$STUB_CLONES_THREAD, STUB_PAGE_FLAGS(%rbx)
	jnz	8f
	movl	$1, %r14d
	movl	$3, %r12d
	addq	$STUB_CALL_SIZE, %r13
	jmp	.Lcall
8:	movq	%rsp, %rbx
	jmp	.Lturn

/* The first stop, of a program that is no guest yet: no stack at all. */
	.globl	stub_first_stop
stub_first_stop:
	xorl	%esp, %esp
	int3
	ud2

	.section .note.GNU-stack, "", @progbits
