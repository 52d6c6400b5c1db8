/* SPDX-License-Identifier: GPL-2.0 */
/* Birth and death of address spaces; switching costs nothing here. */
#ifndef __ASM_UM_MMU_CONTEXT_H
#define __ASM_UM_MMU_CONTEXT_H

#include <linux/mm_types.h>

#define init_new_context init_new_context
int init_new_context(struct task_struct *tsk, struct mm_struct *mm);

#define destroy_context destroy_context
void destroy_context(struct mm_struct *mm);

/* All pages of an address space are about to be freed. */
void arch_exit_mmap(struct mm_struct *mm);

static inline int arch_dup_mmap(struct mm_struct *oldmm, struct mm_struct *mm)
{
	return 0;
}

static inline bool arch_vma_access_permitted(struct vm_area_struct *vma,
					     bool write, bool execute,
					     bool foreign)
{
	return true;
}

/* A task leaves an address space: nothing of it may stay behind there. */
#define deactivate_mm(tsk, mm) um_fp_leave(tsk, mm)
void um_fp_leave(struct task_struct *tsk, struct mm_struct *mm);

/* The guest loop runs the process of current->mm: nothing to load here. */
static inline void switch_mm(struct mm_struct *prev, struct mm_struct *next,
			     struct task_struct *tsk)
{
}

#include <asm-generic/mmu_context.h>

#endif
