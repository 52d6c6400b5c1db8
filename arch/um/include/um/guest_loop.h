/* SPDX-License-Identifier: GPL-2.0 */
/* The life of a task as a guest, and the backend that runs it. */
#ifndef UM_GUEST_LOOP_H
#define UM_GUEST_LOOP_H

#include <linux/compiler.h>
#include <host/backend.h>

struct pt_regs;

/* Chosen at boot, before the first guest. */
extern const struct um_backend *um_backend;

/**
 * um_guest_loop() - run the current task as a guest, for ever
 * @regs: its registers
 *
 * Context: a task's kernel stack, interrupts disabled.
 */
void __noreturn um_guest_loop(struct pt_regs *regs);

/* Handlers of the stops; interrupts enabled. */
void um_guest_syscall(struct pt_regs *regs, long nr);
void um_guest_fault(struct pt_regs *regs, const struct guest_event *ev);

#endif
