/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Huge pages: entries of the third level which name 2 MiB. They have the bits
 * of a last-level entry and _PAGE_HUGE, and the host maps them whole. Generic
 * code also reads them without an accessor, and so sees their host bits: they
 * are ignored here wherever that matters.
 */
#ifndef __ASM_UM_PGTABLE_HUGE_H
#define __ASM_UM_PGTABLE_HUGE_H

/* --- values of entries --------------------------------------------------- */

static inline pte_t pmd_pte(pmd_t pmd) { return __pte(pmd_val(pmd)); }
static inline pmd_t pte_pmd(pte_t pte) { return __pmd(pte_val(pte)); }

static inline int pmd_trans_huge(pmd_t pmd) { return pmd_leaf(pmd); }
static inline int pmd_write(pmd_t pmd) { return pte_write(pmd_pte(pmd)); }
static inline int pmd_dirty(pmd_t pmd) { return pte_dirty(pmd_pte(pmd)); }
static inline int pmd_young(pmd_t pmd) { return pte_young(pmd_pte(pmd)); }
#define pmd_write pmd_write
#define pmd_dirty pmd_dirty
#define pmd_young pmd_young

static inline pmd_t pmd_mkwrite_novma(pmd_t pmd) { return pte_pmd(pte_mkwrite_novma(pmd_pte(pmd))); }
static inline pmd_t pmd_wrprotect(pmd_t pmd) { return pte_pmd(pte_wrprotect(pmd_pte(pmd))); }
static inline pmd_t pmd_mkdirty(pmd_t pmd) { return pte_pmd(pte_mkdirty(pmd_pte(pmd))); }
static inline pmd_t pmd_mkclean(pmd_t pmd) { return pte_pmd(pte_mkclean(pmd_pte(pmd))); }
static inline pmd_t pmd_mkyoung(pmd_t pmd) { return pte_pmd(pte_mkyoung(pmd_pte(pmd))); }
static inline pmd_t pmd_mkold(pmd_t pmd) { return pte_pmd(pte_mkold(pmd_pte(pmd))); }
static inline pmd_t pmd_mkhuge(pmd_t pmd) { return __pmd(pmd_val(pmd) | _PAGE_HUGE); }

/* Neither guest nor kernel can use it, but it is there. */
static inline pmd_t pmd_mkinvalid(pmd_t pmd)
{
	return __pmd(pmd_val(pmd) & ~(_PAGE_PRESENT | _PAGE_PROTNONE));
}

static inline pmd_t pmd_modify(pmd_t pmd, pgprot_t prot)
{
	return pmd_mkhuge(pte_pmd(pte_modify(pmd_pte(pmd), prot)));
}

static inline pmd_t pfn_pmd(unsigned long pfn, pgprot_t prot)
{
	return pte_pmd(pfn_pte(pfn, prot));
}

#define mk_pmd(page, prot)	pfn_pmd(page_to_pfn(page), prot)

#define __HAVE_ARCH_PMD_SAME
static inline int pmd_same(pmd_t a, pmd_t b)
{
	return pte_same(pmd_pte(a), pmd_pte(b));
}

/* --- entries in tables --------------------------------------------------- */

/* Returns what was there: a huge page, a table or nothing. */
static inline pmd_t set_pmd_slot(struct mm_struct *mm, unsigned long addr,
				 pmd_t *pmdp, pmd_t pmd)
{
	unsigned long old = xchg(&pmdp->pmd, pmd_val(pmd) & ~_PAGE_HOST_MASK);

	if (old & _PAGE_HOST)
		um_map_forget(mm, addr & PMD_MASK, PMD_SIZE);
	return __pmd(old & ~_PAGE_HOST_MASK);
}

static inline void set_pmd_at(struct mm_struct *mm, unsigned long addr,
			      pmd_t *pmdp, pmd_t pmd)
{
	set_pmd_slot(mm, addr, pmdp, pmd);
}

static inline pmd_t pmdp_establish(struct vm_area_struct *vma,
				   unsigned long addr, pmd_t *pmdp, pmd_t pmd)
{
	return set_pmd_slot(vma->vm_mm, addr, pmdp, pmd);
}

#define __HAVE_ARCH_PMDP_HUGE_GET_AND_CLEAR
static inline pmd_t pmdp_huge_get_and_clear(struct mm_struct *mm,
					    unsigned long addr, pmd_t *pmdp)
{
	return set_pmd_slot(mm, addr, pmdp, __pmd(0));
}

#define __HAVE_ARCH_PMDP_HUGE_GET_AND_CLEAR_FULL
static inline pmd_t pmdp_huge_get_and_clear_full(struct vm_area_struct *vma,
						 unsigned long addr,
						 pmd_t *pmdp, int full)
{
	/* A whole address space that goes away is emptied by one host call. */
	if (full)
		return __pmd(xchg(&pmdp->pmd, 0) & ~_PAGE_HOST_MASK);
	return set_pmd_slot(vma->vm_mm, addr, pmdp, __pmd(0));
}

/* A table goes, to make place for a huge page: with all that it mapped. */
pmd_t pmdp_collapse_flush(struct vm_area_struct *vma, unsigned long addr,
			  pmd_t *pmdp);
#define pmdp_collapse_flush pmdp_collapse_flush

/* Change permissions of an entry which goes on naming the same page. */
static inline void pmdp_restrict(struct mm_struct *mm, unsigned long addr,
				 pmd_t *pmdp, pmd_t pmd)
{
	unsigned long old = READ_ONCE(pmdp->pmd);

	while (!try_cmpxchg(&pmdp->pmd, &old,
			    (pmd_val(pmd) & ~_PAGE_HOST_MASK) |
			    (old & _PAGE_HOST_MASK)))
		;
	if (old & _PAGE_HOST)
		um_map_restrict(mm, addr & PMD_MASK, PMD_SIZE);
}

#define __HAVE_ARCH_PMDP_SET_WRPROTECT
static inline void pmdp_set_wrprotect(struct mm_struct *mm, unsigned long addr,
				      pmd_t *pmdp)
{
	pmdp_restrict(mm, addr, pmdp, pmd_wrprotect(*pmdp));
}

#define __HAVE_ARCH_PMDP_SET_ACCESS_FLAGS
static inline int pmdp_set_access_flags(struct vm_area_struct *vma,
					unsigned long addr, pmd_t *pmdp,
					pmd_t entry, int dirty)
{
	if (pmd_same(*pmdp, entry))
		return 0;
	pmdp_restrict(vma->vm_mm, addr, pmdp, entry);
	return 1;
}

/* The mapping goes with the accessed bit, as that of a small page. */
#define __HAVE_ARCH_PMDP_TEST_AND_CLEAR_YOUNG
static inline int pmdp_test_and_clear_young(struct vm_area_struct *vma,
					    unsigned long addr, pmd_t *pmdp)
{
	unsigned long old = READ_ONCE(pmdp->pmd);

	while (!try_cmpxchg(&pmdp->pmd, &old, old & ~_PAGE_ACCESSED))
		;
	if ((old & _PAGE_ACCESSED) && (old & _PAGE_HOST))
		um_map_restrict(vma->vm_mm, addr & PMD_MASK, PMD_SIZE);
	return !!(old & _PAGE_ACCESSED);
}

#define update_mmu_cache_pmd(vma, addr, pmdp) \
	um_map_fresh((vma)->vm_mm, (addr) & PMD_MASK, PTRS_PER_PTE)

#endif
