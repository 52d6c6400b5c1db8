/* SPDX-License-Identifier: GPL-2.0 */
/* Whether a vCPU and the guest it runs wait for each other by spinning. */
#ifndef UM_SECCOMP_SPIN_HOST_H
#define UM_SECCOMP_SPIN_HOST_H

#include <host/backend.h>

struct stub_slot;

/**
 * spin_init() - find out how fast this machine looks at a word
 * @wanted: spin=
 *
 * Context: boot.
 */
void spin_init(enum um_spin wanted);

/**
 * spin_choose() - decide for the hand-over to come
 * @slot: about to be given to its thread
 * @seated: the vCPU has a core of its own to keep
 *
 * Context: vCPU, with interrupts disabled. Return: how often each side looks
 * before it sleeps; 0 if they share a core.
 */
__u32 spin_choose(const struct stub_slot *slot, bool seated);

/**
 * spin_slow() - a side looked in vain, and slept
 *
 * Context: vCPU, with interrupts disabled.
 */
void spin_slow(void);

/**
 * spin_forced() - a side slept, or would have had to, whatever it is told
 *
 * Context: vCPU, with interrupts disabled.
 */
void spin_forced(void);

/**
 * spin_until() - look at a word until it has a value
 * @word: shared with another thread
 * @want: the value
 * @looks: how often at most; 0 for not at all
 */
void spin_until(const __u32 *word, __u32 want, __u32 looks);

#endif
