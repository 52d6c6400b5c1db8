/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The mapper: one process for each guest address space which shares the memory
 * of the guest's threads, and is the only one that may change its mappings. It
 * takes orders (system calls, mostly) from a page which nobody but the kernel
 * can write, has no stack, no signals and no state but its registers, and
 * reports by descriptors which guest threads do not have.
 *
 * Guest code can read all this and jump here. Guest threads are refused every
 * system call made from this page: they see to that themselves, below, before
 * they read a word that another can write.
 *
 * rbp = page with the orders, r12 = place in the ring, r13 = the order there,
 * r14 = how many were carried out, r15 = result to report, or what failed
 */
#include <asm/unistd.h>
#include "stub_layout.h"

#define FUTEX_WAIT		0
#define FUTEX_WAKE		1
#define SEEK_SET		0
#define PROT_READ		1
#define MAP_SHARED_FIXED	0x11
#define CLONE_VM_BIT		8
#define FAILED_BIT		32
#define PR_SET_PDEATHSIG	1
#define PR_SET_USER_DISPATCH	59
#define PR_SYS_DISPATCH_ON	1
#define SECCOMP_SET_FILTER	1
#define SIGKILL			9
#define STUB_EXIT_STATUS	101
#define BPF_LD_W_ABS		0x20
#define BPF_JEQ_K		0x15
#define BPF_AND_K		0x54
#define BPF_RET_K		0x06
#define DATA_IP			8
#define RET_KILL_PROCESS	0x80000000
#define RET_ALLOW		0x7fff0000

#define HEAD	(STUB_ORDERS_HEAD - 4096)
#define RING	(STUB_ORDERS_RING - 4096)
#define MODE	(STUB_ORDERS_MODE - 4096)
#define PARENT	(STUB_ORDERS_KERNEL_PID - 4096)
#define FDS	(STUB_ORDERS_FDS - 4096)

	.section .text.mapper, "ax", @progbits
	.balign	4096
	.globl	stub_mapper, stub_mapper_end
stub_mapper:
	xorl	%esp, %esp
	movabsq	$STUB_ORDERS + 4096, %rbp
	xorl	%r12d, %r12d
	leaq	RING(%rbp), %r13
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d

.Lnext:
	cmpl	HEAD(%rbp), %r14d
	jne	.Lorder
	movl	$__NR_futex, %eax
	leaq	HEAD(%rbp), %rdi
	movl	$FUTEX_WAIT, %esi
	movl	%r14d, %edx
	xorl	%r10d, %r10d
	syscall
	jmp	.Lnext

.Lorder:
	movq	(%r13), %rax
	movq	8(%r13), %rdi
	movq	16(%r13), %rsi
	movq	24(%r13), %rdx
	movq	32(%r13), %r10
	movq	40(%r13), %r8
	movq	48(%r13), %r9
	cmpq	$STUB_ORDER_REPORT, %rax
	je	.Lreport
	/* What comes after a failure is not done. */
	btq	$FAILED_BIT, %r15
	jc	.Ldone
	cmpq	$STUB_ORDER_TURN, %rax
	je	.Lgive_turn
	syscall
	cmpq	$-4096, %rax
	ja	.Lfailed
	cmpq	$__NR_clone, (%r13)
	jne	.Ldone
	movq	%rax, %r15
	testq	%rax, %rax
	jz	.Lborn

.Ldone:
	incl	%r14d
	incl	%r12d
	addq	$STUB_CALL_SIZE, %r13
	cmpl	$STUB_RING, %r12d
	jne	.Lnext
	xorl	%r12d, %r12d
	leaq	RING(%rbp), %r13
	jmp	.Lnext

.Lfailed:
	negq	%rax
	movq	%rax, %r15
	btsq	$FAILED_BIT, %r15
	jmp	.Ldone

.Lgive_turn:
	movl	$STUB_TURN_GUEST, %eax
	xchgl	%eax, STUB_PAGE_TURN(%rdi)
	cmpl	$0, STUB_PAGE_STUB_WAITS(%rdi)
	je	.Ldone
	addq	$STUB_PAGE_TURN, %rdi
	movl	$__NR_futex, %eax
	movl	$FUTEX_WAKE, %esi
	movl	$1, %edx
	syscall
	jmp	.Ldone

/* rdi = eventfd, rsi = descriptor whose offset is the result */
.Lreport:
	movq	%rdi, %rbx
	leaq	.Lsay_done(%rip), %r8
	testq	%r15, %r15
	jz	1f
	leaq	.Lsay_result(%rip), %r8
	movl	$__NR_lseek, %eax
	movq	%rsi, %rdi
	movq	%r15, %rsi
	movl	$SEEK_SET, %edx
	syscall
	xorl	%r15d, %r15d
1:	movl	$__NR_write, %eax
	movq	%rbx, %rdi
	movq	%r8, %rsi
	movl	$8, %edx
	syscall
	jmp	.Ldone

/*
 * A child. A process is the mapper of a new address space, which it shares with
 * nobody yet: r8 = where its orders lie in the file.
 */
.Lborn:
	btq	$CLONE_VM_BIT, %rdi
	jc	.Lborn_thread
	movq	%r8, %r9
	movl	$__NR_mmap, %eax
	movabsq	$STUB_ORDERS, %rdi
	movl	$STUB_ORDERS_SIZE, %esi
	movl	$PROT_READ, %edx
	movl	$MAP_SHARED_FIXED, %r10d
	movl	$STUB_FD_DATA, %r8d
	syscall
	testq	%rax, %rax
	js	.Lexit
	movl	$__NR_prctl, %eax
	movl	$PR_SET_PDEATHSIG, %edi
	movl	$SIGKILL, %esi
	syscall
	/* The kernel may have ended before it could be noticed. */
	movl	$__NR_getppid, %eax
	syscall
	cmpl	PARENT(%rbp), %eax
	jne	.Lexit
	jmp	stub_mapper

/* A guest thread: rsp = its rule. Siblings may be running guest code. */
.Lborn_thread:
	movq	%rsp, %r15
	movq	STUB_RULE_STACK(%r15), %rbx
	subq	$STUB_STACK, %rbx
	movl	$__NR_close_range, %eax
	xorl	%edi, %edi
	movl	$-1, %esi
	xorl	%edx, %edx
	syscall
	testq	%rax, %rax
	jz	3f
	/* A host before Linux 5.9. */
	movl	FDS(%rbp), %r12d
2:	movl	$__NR_close, %eax
	movl	%r12d, %edi
	syscall
	decl	%r12d
	jns	2b
3:	movl	$__NR_prctl, %eax
	movl	$PR_SET_PDEATHSIG, %edi
	movl	$SIGKILL, %esi
	syscall
	movl	$__NR_getppid, %eax
	syscall
	cmpl	PARENT(%rbp), %eax
	jne	.Lexit
	cmpl	$STUB_MODE_PTRACE, MODE(%rbp)
	je	.Ltraced

	movl	$__NR_sigaltstack, %eax
	leaq	STUB_RULE_STACK(%r15), %rdi
	xorl	%esi, %esi
	syscall
	/*
	 * From here on the host makes a signal of every call from elsewhere than
	 * the stub below this page, and there is no way to have it cease to.
	 */
	movl	$__NR_prctl, %eax
	movl	$PR_SET_USER_DISPATCH, %edi
	movl	$PR_SYS_DISPATCH_ON, %esi
	movabsq	$STUB_CODE, %rdx
	leaq	stub_mapper(%rip), %r10
	subq	%rdx, %r10
	xorl	%r8d, %r8d
	syscall
	testq	%rax, %rax
	jz	stub_born
	/*
	 * A host before Linux 5.11. A filter for each thread does the same, but
	 * later hosts can get stuck when thousands of them come and go.
	 */
	movl	$__NR_seccomp, %eax
	movl	$SECCOMP_SET_FILTER, %edi
	xorl	%esi, %esi
	leaq	.Lrefuse_program(%rip), %rdx
	syscall
	testq	%rax, %rax
	jz	stub_born
.Lexit:
	movl	$__NR_exit_group, %eax
	movl	$STUB_EXIT_STATUS, %edi
	syscall
	hlt

/* The kernel becomes the tracer, which is told of all calls from then on. */
.Ltraced:
	cmpl	$0, STUB_RULE_TRAP(%r15)
	jne	5f
	movl	$__NR_futex, %eax
	leaq	STUB_RULE_TRAP(%r15), %rdi
	movl	$FUTEX_WAIT, %esi
	xorl	%edx, %edx
	xorl	%r10d, %r10d
	syscall
	jmp	.Ltraced
5:	int3
	hlt

	.balign	8
.Lsay_done:
	.quad	STUB_REPORT_DONE
.Lsay_result:
	.quad	STUB_REPORT_RESULT

.macro insn code, jt, jf, k
	.word	\code
	.byte	\jt, \jf
	.long	\k
.endm

/* Guest threads: no call from this page. */
.Lrefuse:
	insn	BPF_LD_W_ABS, 0, 0, DATA_IP + 4
	insn	BPF_JEQ_K, 0, 4, STUB_CODE >> 32
	insn	BPF_LD_W_ABS, 0, 0, DATA_IP
	insn	BPF_AND_K, 0, 0, ~4095
	insn	BPF_JEQ_K, 0, 1, (stub_mapper - 0x7fff00000000)
	insn	BPF_RET_K, 0, 0, RET_KILL_PROCESS
	insn	BPF_RET_K, 0, 0, RET_ALLOW
.Lrefuse_end:
	.balign	8
.Lrefuse_program:
	.quad	(.Lrefuse_end - .Lrefuse) / 8
	.quad	.Lrefuse

stub_mapper_end:
	/* Nothing else lies on this page. */
	.balign	4096, 0xcc

	.section .note.GNU-stack, "", @progbits
