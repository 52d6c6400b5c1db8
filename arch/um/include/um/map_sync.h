/* SPDX-License-Identifier: GPL-2.0 */
/* Bringing host mappings in line with page tables. */
#ifndef UM_MAP_SYNC_H
#define UM_MAP_SYNC_H

struct mm_struct;

/**
 * um_map_enter() - this vCPU is about to run guest code
 * @mm: the address space of the current task
 *
 * The queued changes are ordered; run() has them done. Gives the vCPU its part of
 * the guest process if it has none.
 * Context: vCPU, interrupts disabled. Return: 0 or -errno (process lost).
 */
int um_map_enter(struct mm_struct *mm);

/**
 * um_map_failed() - the host refused a change
 * @mm: the address space of the current task
 * @err: what the host said
 *
 * Drops all mappings; faults bring back those that are needed.
 * Context: vCPU, interrupts disabled.
 */
void um_map_failed(struct mm_struct *mm, int err);

/**
 * um_map_around() - queue an entry and its neighbours which are ready
 * @mm: the address space
 * @addr: guest address
 *
 * For entries which allow an access but are not mapped on the host.
 */
void um_map_around(struct mm_struct *mm, unsigned long addr);

/**
 * um_map_hopeless() - the host refuses what the current task needs, and not for
 * want of memory
 *
 * Return: true once, after it has done so several times in a row.
 */
bool um_map_hopeless(void);

/**
 * um_replaced_put() - free the pages which copies have replaced
 * @mm: an address space of which the host maps none of them any more
 */
void um_replaced_put(struct mm_struct *mm);

#endif
