/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flushing. Guest mappings: every accessor which takes rights away queues the
 * change for the host (asm/pgtable.h), and the queue is applied before guest
 * code runs again. What is left to do here is to make sure that guest code
 * does not run: on other vCPUs, or because the guest only pretends to have
 * stopped; and that no other vCPU is reading guest memory for the kernel.
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
