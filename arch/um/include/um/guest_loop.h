/* SPDX-License-Identifier: GPL-2.0 */
/* The life of a task as a guest, and the backend that runs it. */
#ifndef UM_GUEST_LOOP_H
#define UM_GUEST_LOOP_H

#include <linux/compiler.h>
#include <asm/mmu.h>
#include <host/backend.h>

struct pt_regs;
struct task_struct;

/* Chosen at boot, before the first guest. */
extern const struct um_backend *um_backend;

/**
 * um_guest_loop() - run the current task as a guest, for ever
 * @regs: its registers
 *
 * Context: a task's kernel stack, interrupts disabled.
 */
void __noreturn um_guest_loop(struct pt_regs *regs);

/**
 * um_fp_claim() - have the guest process hold a task's floating-point state
 * @task: the current task
 * @ctx: its address space, entered (um_map_enter())
 *
 * Return: 0 or -errno (guest process lost).
 */
int um_fp_claim(struct task_struct *task, mm_context_t *ctx);

/* Handler of a stop; interrupts enabled. */
void um_guest_syscall(struct pt_regs *regs, long nr);
/* The same; interrupts disabled when it is called, and enabled when it returns. */
void um_guest_fault(struct pt_regs *regs, const struct guest_event *ev);

#endif
