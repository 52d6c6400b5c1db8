/* SPDX-License-Identifier: GPL-2.0 */
/* Interrupts for the port's drivers and its own core. */
#ifndef UM_IRQ_H
#define UM_IRQ_H

/**
 * um_irq_alloc() - a free interrupt number
 * @name: who asks, for messages
 *
 * The number is for request_irq() and is the cookie of os_event_add() and
 * os_event_raise(). Context: process or boot. Return: the number or -ENOSPC.
 */
int um_irq_alloc(const char *name);

/**
 * um_irq_free() - give a number back
 * @irq: from um_irq_alloc(), after free_irq()
 */
void um_irq_free(int irq);

/* Deliver pending interrupts in the name of a stopped guest. */
struct pt_regs;
void um_irq_handle(struct pt_regs *regs);

#endif
