/* SPDX-License-Identifier: GPL-2.0 */
/* Looking at guest memory through the page tables. */
#ifndef UM_GUEST_MEM_H
#define UM_GUEST_MEM_H

#include <linux/mm_types.h>
#include <linux/pgtable.h>

/**
 * um_guest_slot() - page-table entry of an address, host bits included
 * @mm: address space
 * @addr: guest address
 *
 * Context: any; with several vCPUs the caller disables interrupts.
 * Return: the entry, 0 if there is none.
 */
unsigned long um_guest_slot(struct mm_struct *mm, unsigned long addr);

/**
 * um_slot_allows() - whether an entry allows an access as it stands
 * @slot: the entry
 * @fault_flags: FAULT_FLAG_WRITE, FAULT_FLAG_INSTRUCTION or neither
 */
static inline bool um_slot_allows(unsigned long slot, unsigned int fault_flags)
{
	unsigned long need = _PAGE_PRESENT | _PAGE_ACCESSED;

	if (fault_flags & FAULT_FLAG_WRITE)
		need |= _PAGE_WRITE | _PAGE_DIRTY;
	if (fault_flags & FAULT_FLAG_INSTRUCTION)
		need |= _PAGE_EXEC;
	return (slot & need) == need;
}

/**
 * um_guest_peek() - read guest memory that is there already
 * @addr: guest address in the current address space
 * @buf: where to
 * @len: bytes
 *
 * Never faults anything in. Context: any. Return: bytes read.
 */
size_t um_guest_peek(unsigned long addr, void *buf, size_t len);

#endif
