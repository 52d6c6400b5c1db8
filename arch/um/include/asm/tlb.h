/* SPDX-License-Identifier: GPL-2.0 */
/* Host mappings are corrected by the page-table accessors themselves. */
#ifndef __ASM_UM_TLB_H
#define __ASM_UM_TLB_H

struct mmu_gather;

static inline void tlb_flush(struct mmu_gather *tlb);
#define tlb_flush tlb_flush

#include <asm-generic/tlb.h>

static inline void tlb_flush(struct mmu_gather *tlb)
{
	/* Nobody runs in an address space that goes away. */
	if (!tlb->fullmm)
		flush_tlb_mm(tlb->mm);
}

#endif
