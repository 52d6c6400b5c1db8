/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flushing. Guest mappings: every accessor which takes rights away queues the
 * change for the host (asm/pgtable.h). It has reached all threads of the guest
 * when the flush returns, whatever they do; and no other vCPU is reading guest
 * memory for the kernel by what it found before.
 * The kernel's own mappings (vmalloc) are unmapped on the spot.
 */
#ifndef __ASM_UM_TLBFLUSH_H
#define __ASM_UM_TLBFLUSH_H

#include <linux/mm_types.h>

void flush_tlb_mm(struct mm_struct *mm);

static inline void flush_tlb_all(void) { }

static inline void flush_tlb_page(struct vm_area_struct *vma,
				  unsigned long addr)
{
	flush_tlb_mm(vma->vm_mm);
}

static inline void flush_tlb_range(struct vm_area_struct *vma,
				   unsigned long start, unsigned long end)
{
	flush_tlb_mm(vma->vm_mm);
}

void flush_tlb_kernel_range(unsigned long start, unsigned long end);

#endif
