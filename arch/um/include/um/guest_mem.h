/* SPDX-License-Identifier: GPL-2.0 */
/* Looking at guest memory through the page tables. */
#ifndef UM_GUEST_MEM_H
#define UM_GUEST_MEM_H

#include <linux/mm_types.h>
#include <linux/pgtable.h>
#include <asm/vcpu_regs.h>

/*
 * Page tables are used without locks between these two, interrupts disabled:
 * flush_tlb_mm() waits for the end of it before pages and tables are freed.
 */
static __always_inline void um_guest_walk_begin(void)
{
	vcpu_write32(walking, 1);
	/* Before any entry is read: wait_for_walkers() has the other half. */
	smp_mb();
}

static __always_inline void um_guest_walk_end(void)
{
	barrier();
	vcpu_write32(walking, 0);
}

/**
 * um_guest_slot() - page-table entry of an address, host bits included
 * @mm: address space
 * @addr: guest address
 *
 * Context: between um_guest_walk_begin() and _end().
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
