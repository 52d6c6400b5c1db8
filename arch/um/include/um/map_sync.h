/* SPDX-License-Identifier: GPL-2.0 */
/* Bringing host mappings in line with page tables. */
#ifndef UM_MAP_SYNC_H
#define UM_MAP_SYNC_H

struct mm_struct;

/**
 * um_map_apply() - apply the queued changes of an address space
 * @mm: the address space, whose guest process is stopped
 *
 * Context: vCPU, interrupts disabled.
 */
void um_map_apply(struct mm_struct *mm);

/**
 * um_map_around() - queue an entry and its neighbours which are ready
 * @mm: the address space
 * @addr: guest address
 *
 * For entries which allow an access but are not mapped on the host.
 */
void um_map_around(struct mm_struct *mm, unsigned long addr);

#endif
