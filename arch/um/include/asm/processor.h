/* SPDX-License-Identifier: GPL-2.0 */
/* Per-task state of the port and the limits of a guest's address space. */
#ifndef __ASM_UM_PROCESSOR_H
#define __ASM_UM_PROCESSOR_H

#include <asm/page.h>
#include <asm/ptrace.h>
#include <asm/vdso/processor.h>
#include <host/guest.h>

struct task_struct;

#define TASK_SIZE		((unsigned long)UM_GUEST_TOP)
#define TASK_SIZE_MAX		TASK_SIZE
#define STACK_TOP		(TASK_SIZE - PAGE_SIZE)
#define STACK_TOP_MAX		STACK_TOP
#define TASK_UNMAPPED_BASE	PAGE_ALIGN(TASK_SIZE / 3)

/**
 * struct thread_struct - what a task carries for the port
 * @regs: registers of its guest program while it is not running
 * @fp: floating-point and vector state, um_fp_size bytes; NULL for tasks that
 *	never were a guest
 * @fp_cpu: vCPU in whose part of the guest process the state lies, -1 if @fp
 *	has it
 * @sp: kernel stack pointer while switched away
 * @start_fn: what a new kernel thread runs; NULL for a guest
 * @start_arg: its argument
 * @trap_nr: x86 exception number of the last fault, for signal frames
 * @error_code: its page-fault error code
 * @cr2: its address
 * @map_refusals: how often the host refused a mapping, for good, lately
 * @map_refused_at: when it last did, in jiffies
 */
struct thread_struct {
	struct pt_regs regs;
	void *fp;
	int fp_cpu;
	unsigned long sp;
	int (*start_fn)(void *arg);
	void *start_arg;
	unsigned long trap_nr;
	unsigned long error_code;
	unsigned long cr2;
	unsigned int map_refusals;
	unsigned long map_refused_at;
};

#define INIT_THREAD { .fp_cpu = -1 }

#define task_pt_regs(task)	(&(task)->thread.regs)

#define KSTK_EIP(task)	(task_pt_regs(task)->ip)
#define KSTK_ESP(task)	(task_pt_regs(task)->sp)

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);
unsigned long __get_wchan(struct task_struct *task);

/* Guests keep a copy of vector state: the size is known only at boot. */
extern unsigned int um_fp_size;
int um_fp_alloc(struct task_struct *task);
/* Bring a task's state out of its guest process, to be looked at. */
void um_fp_fetch(struct task_struct *task);
/* Throw away what lies in the guest process: task->thread.fp is the truth. */
void um_fp_forget(struct task_struct *task);

/*
 * Bring the current task's general registers out of its guest process, before
 * they are looked at or changed other than by the result of a system call.
 */
void um_regs_complete(void);

#define cpu_relax_yield()	cpu_relax()

#endif
