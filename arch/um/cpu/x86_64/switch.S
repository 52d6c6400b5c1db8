/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Moving between kernel stacks: from one task to another, into a new task,
 * and from the host's main stack to that of the first task.
 */
#include <linux/linkage.h>
#include <asm/asm-offsets.h>

	.text

/*
 * struct task_struct *um_switch_to(prev, next)
 *
 * Interrupts are disabled. Comes back, in the name of prev, when somebody
 * switches to it, and returns the task that did. struct switch_frame in
 * process.c is what is pushed here.
 */
SYM_FUNC_START(um_switch_to)
	pushq	%rbp
	pushq	%rbx
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, TASK_THREAD_SP(%rdi)
	movq	TASK_THREAD_SP(%rsi), %rsp
	movq	%rsi, %gs:VCPU_CURRENT
	movq	%rdi, %rax
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbx
	popq	%rbp
	RET
SYM_FUNC_END(um_switch_to)

/* The first "return" of a new task: prev is still in %rax, %rbp is zero. */
SYM_FUNC_START(um_task_entry)
	movq	%rax, %rdi
	call	um_task_start
	ud2
SYM_FUNC_END(um_task_entry)

/* void um_call_on_stack(void *top, void (*fn)(void)): does not come back. */
SYM_FUNC_START(um_call_on_stack)
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	call	*%rsi
	ud2
SYM_FUNC_END(um_call_on_stack)

	.section .note.GNU-stack, "", @progbits
