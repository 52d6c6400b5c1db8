/* SPDX-License-Identifier: GPL-2.0 */
/* The signal frame in a slot: where a stopped guest's registers are. */
#ifndef UM_SECCOMP_FRAME_HOST_H
#define UM_SECCOMP_FRAME_HOST_H

#include <host/types.h>
#include <host/guest.h>

struct notice_call;
struct stub_slot;

/**
 * frame_put() - set the registers with which a guest will go on
 * @slot: stopped
 * @regs: general registers
 * @step: stop again after one instruction
 *
 * Return: 0, or -EFAULT if the guest has ruined its slot.
 */
int frame_put(struct stub_slot *slot, const struct guest_regs *regs, bool step);

/**
 * frame_get() - the registers of a guest, and why it stopped
 * @slot: stopped
 * @regs: out: general registers
 * @step: as given to frame_put()
 * @ev: out: the event
 *
 * Return: 0, or -EFAULT if the guest has ruined its slot.
 */
int frame_get(struct stub_slot *slot, struct guest_regs *regs, bool step,
	      struct guest_event *ev);

/**
 * frame_of_call() - the registers that are known of a guest at a call
 * @call: the call
 * @regs: out: those registers
 */
void frame_of_call(const struct notice_call *call, struct guest_regs *regs);

/**
 * frame_rest() - the registers of a guest which its call did not tell
 * @slot: stopped, in the stub, where a call of its guest has led
 * @regs: out: all but those of frame_of_call()
 *
 * Return: 0, or -EFAULT if the guest has ruined its slot.
 */
int frame_rest(struct stub_slot *slot, struct guest_regs *regs);

/**
 * frame_fp() - floating-point and vector state of a stopped guest
 * @slot: stopped
 *
 * Return: the state in XSAVE format, frame_fp_size() bytes in the slot, or
 * NULL if the guest has ruined its slot.
 */
unsigned char *frame_fp(struct stub_slot *slot);

/**
 * frame_learn() - learn from the first frame what the processor's state is
 * @slot: of the template
 *
 * Return: 0 or -errno.
 */
int frame_learn(struct stub_slot *slot);

/* Bytes of that state. */
size_t frame_fp_size(void);

/* Copy it between a slot and a buffer, or make a fresh one. */
int frame_fp_get(struct stub_slot *slot, void *buf);
int frame_fp_set(struct stub_slot *slot, const void *buf);
void frame_fp_init(void *buf);

/**
 * frame_fresh() - give a new thread a frame to begin with
 * @slot: its thread has not run
 *
 * Return: 0, or -EFAULT.
 */
int frame_fresh(struct stub_slot *slot);

#endif
