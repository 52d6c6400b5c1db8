// SPDX-License-Identifier: GPL-2.0
/*
 * Pages which a copy has replaced (copy on write). The host maps the old page
 * until the mapper maps the new one over it, which it does on the guest's way
 * back. To have it unmap the old one before would cost a second way to the
 * mapper for each such fault, so the old page is kept instead: while the guest
 * may see it, it is not freed, and because of the reference that is held here
 * nobody writes to it who has it to himself.
 * Context: the only task of the address space, or its end.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/sched.h>
#include <asm/tlbflush.h>
#include <um/map_sync.h>

static bool is_only_task(const struct mm_struct *mm)
{
	return current->mm == mm && atomic_read(&mm->mm_users) == 1;
}

/* Return: whether the old page may be seen a bit longer. */
static bool keep_replaced(struct vm_area_struct *vma, unsigned long addr,
			  pte_t old)
{
	mm_context_t *ctx = &vma->vm_mm->context;
	struct page *page;

	if (!is_only_task(vma->vm_mm) || pte_write(old))
		return false;
	if (is_zero_pfn(pte_pfn(old)))
		return true;
	page = vm_normal_page(vma, addr, old);
	if (!page || ctx->nr_replaced == UM_REPLACED_MAX)
		return false;
	get_page(page);
	ctx->replaced[ctx->nr_replaced++] = page;
	return true;
}

void um_replaced_put(struct mm_struct *mm)
{
	mm_context_t *ctx = &mm->context;

	while (ctx->nr_replaced)
		put_page(ctx->replaced[--ctx->nr_replaced]);
}

pte_t ptep_clear_flush(struct vm_area_struct *vma, unsigned long addr,
		       pte_t *ptep)
{
	struct mm_struct *mm = vma->vm_mm;
	pte_t old = ptep_get_and_clear(mm, addr, ptep);

	if (!pte_accessible(mm, old) || keep_replaced(vma, addr, old))
		return old;
	flush_tlb_page(vma, addr);
	if (is_only_task(mm))
		um_replaced_put(mm);
	return old;
}
