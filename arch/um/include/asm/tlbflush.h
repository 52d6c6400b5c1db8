/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Flushing. Guest mappings: every accessor which takes rights away queues the
 * change for the host (asm/pgtable.h), and the queue is applied before guest
 * code runs again; with one vCPU nothing is left to do here.
 * The kernel's own mappings (vmalloc) are unmapped on the spot.
 */
#ifndef __ASM_UM_TLBFLUSH_H
#define __ASM_UM_TLBFLUSH_H

struct mm_struct;
struct vm_area_struct;

static inline void flush_tlb_all(void) { }
static inline void flush_tlb_mm(struct mm_struct *mm) { }
static inline void flush_tlb_page(struct vm_area_struct *vma,
				  unsigned long addr) { }
static inline void flush_tlb_range(struct vm_area_struct *vma,
				   unsigned long start, unsigned long end) { }

void flush_tlb_kernel_range(unsigned long start, unsigned long end);

#endif
