/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Page tables: four levels of 512 entries, walked by software only.
 *
 * The kernel's page tables say what a guest may see; the host mappings of the
 * guest's process are a cache of them (mm/map_sync.c fills it, as hardware
 * fills a TLB). An entry therefore carries three bits of its own, _PAGE_HOST*,
 * which say what the host process has mapped for exactly this entry. They
 * live only in the tables: readers never see them (ptep_get() hides them) and
 * every change of an entry that had them queues a correction.
 *
 *   63           12  11     10        9     8     7     6     5     4     3    2    1    0
 *  | page frame    | huge | swp-excl | HOSTX HOSTW HOST | spec  dirty accs none  exec write pres |
 *
 * An entry of the third level names a table, or with "huge" set a page of
 * 2 MiB and is then made like one of the last level (asm/pgtable_huge.h).
 * A swap entry has PRESENT and PROTNONE clear: type in bits 11-15, offset
 * above, the exclusive marker in bit 10.
 */
#ifndef __ASM_UM_PGTABLE_H
#define __ASM_UM_PGTABLE_H

#include <asm/page.h>
#include <asm-generic/pgtable-nop4d.h>

#define PGDIR_SHIFT	39
#define PUD_SHIFT	30
#define PMD_SHIFT	21

#define PGDIR_SIZE	(_AC(1, UL) << PGDIR_SHIFT)
#define PUD_SIZE	(_AC(1, UL) << PUD_SHIFT)
#define PMD_SIZE	(_AC(1, UL) << PMD_SHIFT)
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))
#define PUD_MASK	(~(PUD_SIZE - 1))
#define PMD_MASK	(~(PMD_SIZE - 1))

#define PTRS_PER_PGD	512
#define PTRS_PER_PUD	512
#define PTRS_PER_PMD	512
#define PTRS_PER_PTE	512

#define USER_PTRS_PER_PGD	(TASK_SIZE / PGDIR_SIZE + 1)

#define VMALLOC_START	_AC(0x300000000000, UL)
#define VMALLOC_END	_AC(0x310000000000, UL)
#define MODULES_VADDR	_AC(0x60000000, UL)
#define MODULES_END	_AC(0x7f000000, UL)

#define _PAGE_PRESENT		0x001UL
#define _PAGE_WRITE		0x002UL
#define _PAGE_EXEC		0x004UL
#define _PAGE_PROTNONE		0x008UL
#define _PAGE_ACCESSED		0x010UL
#define _PAGE_DIRTY		0x020UL
#define _PAGE_SPECIAL		0x040UL
#define _PAGE_HOST		0x080UL
#define _PAGE_HOST_WRITE	0x100UL
#define _PAGE_HOST_EXEC		0x200UL
#define _PAGE_SWP_EXCLUSIVE	0x400UL
#define _PAGE_HUGE		0x800UL

#define _PAGE_HOST_MASK	(_PAGE_HOST | _PAGE_HOST_WRITE | _PAGE_HOST_EXEC)
#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_WRITE | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_KERNEL	(_PAGE_PRESENT | _PAGE_WRITE | _PAGE_ACCESSED | _PAGE_DIRTY)
#define _PAGE_CHG_MASK	(PAGE_MASK | _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_SPECIAL)

#define PAGE_NONE	__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_READONLY	__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED)
#define PAGE_READEXEC	__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_EXEC)
#define PAGE_SHARED	__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_WRITE)
#define PAGE_SHARED_EXEC	\
	__pgprot(_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_WRITE | _PAGE_EXEC)
#define PAGE_KERNEL		__pgprot(_PAGE_KERNEL)
#define PAGE_KERNEL_RO		__pgprot(_PAGE_KERNEL & ~_PAGE_WRITE)
#define PAGE_KERNEL_EXEC	__pgprot(_PAGE_KERNEL | _PAGE_EXEC)

#ifndef __ASSEMBLY__

#include <linux/atomic.h>
#include <linux/mm_types.h>
#include <asm/processor.h>

extern pgd_t swapper_pg_dir[PTRS_PER_PGD];

extern struct page *um_zero_page;
#define ZERO_PAGE(vaddr)	((void)(vaddr), um_zero_page)

void um_map_forget(struct mm_struct *mm, unsigned long addr, unsigned long len);
void um_map_restrict(struct mm_struct *mm, unsigned long addr, unsigned long len);
void um_map_fresh(struct mm_struct *mm, unsigned long addr, unsigned int nr);

/* --- upper levels ------------------------------------------------------- */

#define TABLE_NONE(v)		(!(v))
#define TABLE_BAD(v)		(((v) & ~PAGE_MASK) != _PAGE_TABLE)
#define TABLE_PRESENT(v)	((v) & _PAGE_PRESENT)
#define TABLE_VADDR(v)		__va((v) & PAGE_MASK)
#define TABLE_PAGE(v)		pfn_to_page((v) >> PAGE_SHIFT)

static inline int p4d_none(p4d_t p4d) { return TABLE_NONE(p4d_val(p4d)); }
static inline int p4d_bad(p4d_t p4d) { return TABLE_BAD(p4d_val(p4d)); }
static inline int p4d_present(p4d_t p4d) { return TABLE_PRESENT(p4d_val(p4d)); }
static inline void set_p4d(p4d_t *p, p4d_t v) { WRITE_ONCE(*p, v); }
static inline void p4d_clear(p4d_t *p) { set_p4d(p, __p4d(0)); }
static inline pud_t *p4d_pgtable(p4d_t p4d) { return TABLE_VADDR(p4d_val(p4d)); }
#define p4d_page(p4d)	TABLE_PAGE(p4d_val(p4d))

static inline int pud_none(pud_t pud) { return TABLE_NONE(pud_val(pud)); }
static inline int pud_bad(pud_t pud) { return TABLE_BAD(pud_val(pud)); }
static inline int pud_present(pud_t pud) { return TABLE_PRESENT(pud_val(pud)); }
static inline void set_pud(pud_t *p, pud_t v) { WRITE_ONCE(*p, v); }
static inline void pud_clear(pud_t *p) { set_pud(p, __pud(0)); }
static inline pmd_t *pud_pgtable(pud_t pud) { return TABLE_VADDR(pud_val(pud)); }
#define pud_page(pud)	TABLE_PAGE(pud_val(pud))
#define pud_pfn(pud)	(pud_val(pud) >> PAGE_SHIFT)

#define pmd_leaf(pmd)	(!!(pmd_val(pmd) & _PAGE_HUGE))

static inline int pmd_none(pmd_t pmd)
{
	return TABLE_NONE(pmd_val(pmd) & ~_PAGE_HOST_MASK);
}

/* A huge page stays present while it is being split: pmd_mkinvalid(). */
static inline int pmd_present(pmd_t pmd)
{
	return TABLE_PRESENT(pmd_val(pmd)) || pmd_leaf(pmd);
}

static inline int pmd_bad(pmd_t pmd) { return TABLE_BAD(pmd_val(pmd)); }
static inline void set_pmd(pmd_t *p, pmd_t v) { WRITE_ONCE(*p, v); }
static inline void pmd_clear(pmd_t *p) { set_pmd(p, __pmd(0)); }

static inline unsigned long pmd_page_vaddr(pmd_t pmd)
{
	return (unsigned long)TABLE_VADDR(pmd_val(pmd));
}

#define pmd_page(pmd)	TABLE_PAGE(pmd_val(pmd))
#define pmd_pfn(pmd)	(pmd_val(pmd) >> PAGE_SHIFT)
#define pmd_pgtable(pmd)	pmd_page(pmd)

#define pgd_ERROR(e)	pr_err("bad pgd %016lx\n", pgd_val(e))
#define pud_ERROR(e)	pr_err("bad pud %016lx\n", pud_val(e))
#define pmd_ERROR(e)	pr_err("bad pmd %016lx\n", pmd_val(e))
#define pte_ERROR(e)	pr_err("bad pte %016lx\n", pte_val(e))

/* --- values of entries --------------------------------------------------- */

static inline int pte_none(pte_t pte)
{
	return !(pte_val(pte) & ~_PAGE_HOST_MASK);
}

static inline int pte_present(pte_t pte)
{
	return !!(pte_val(pte) & (_PAGE_PRESENT | _PAGE_PROTNONE));
}

static inline int pte_write(pte_t pte) { return !!(pte_val(pte) & _PAGE_WRITE); }
static inline int pte_exec(pte_t pte) { return !!(pte_val(pte) & _PAGE_EXEC); }
static inline int pte_dirty(pte_t pte) { return !!(pte_val(pte) & _PAGE_DIRTY); }
static inline int pte_young(pte_t pte) { return !!(pte_val(pte) & _PAGE_ACCESSED); }
static inline int pte_special(pte_t pte) { return !!(pte_val(pte) & _PAGE_SPECIAL); }

static inline pte_t pte_with(pte_t pte, unsigned long bits)
{
	return __pte(pte_val(pte) | bits);
}

static inline pte_t pte_without(pte_t pte, unsigned long bits)
{
	return __pte(pte_val(pte) & ~bits);
}

static inline pte_t pte_mkwrite_novma(pte_t pte) { return pte_with(pte, _PAGE_WRITE); }
static inline pte_t pte_wrprotect(pte_t pte) { return pte_without(pte, _PAGE_WRITE); }
static inline pte_t pte_mkdirty(pte_t pte) { return pte_with(pte, _PAGE_DIRTY); }
static inline pte_t pte_mkclean(pte_t pte) { return pte_without(pte, _PAGE_DIRTY); }
static inline pte_t pte_mkyoung(pte_t pte) { return pte_with(pte, _PAGE_ACCESSED); }
static inline pte_t pte_mkold(pte_t pte) { return pte_without(pte, _PAGE_ACCESSED); }
static inline pte_t pte_mkspecial(pte_t pte) { return pte_with(pte, _PAGE_SPECIAL); }

static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	return __pte((pte_val(pte) & _PAGE_CHG_MASK) |
		     (pgprot_val(prot) & ~_PAGE_HOST_MASK));
}

#define pte_pfn(pte)	(pte_val(pte) >> PAGE_SHIFT)
#define PFN_PTE_SHIFT	PAGE_SHIFT

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte((pfn << PAGE_SHIFT) | pgprot_val(prot));
}

#define mk_pte(page, prot)	pfn_pte(page_to_pfn(page), prot)
#define pte_page(pte)		pfn_to_page(pte_pfn(pte))

#define pte_accessible(mm, pte)	((void)(mm), pte_val(pte) & _PAGE_PRESENT)

static inline int pte_same(pte_t a, pte_t b)
{
	return !((pte_val(a) ^ pte_val(b)) & ~_PAGE_HOST_MASK);
}
#define __HAVE_ARCH_PTE_SAME

/* --- entries in tables --------------------------------------------------- */

/* The entry with its host bits: for this header and mm/map_sync.c. */
static inline unsigned long pte_slot(pte_t *ptep)
{
	return READ_ONCE(ptep->pte);
}

static inline pte_t ptep_get(pte_t *ptep)
{
	return __pte(pte_slot(ptep) & ~_PAGE_HOST_MASK);
}
#define ptep_get ptep_get

static inline void set_pte(pte_t *ptep, pte_t pte)
{
	WRITE_ONCE(ptep->pte, pte_val(pte) & ~_PAGE_HOST_MASK);
}

/* Returns what was there. */
static inline pte_t set_pte_slot(struct mm_struct *mm, unsigned long addr,
				 pte_t *ptep, pte_t pte)
{
	/* Another vCPU may be setting host bits: mm/map_sync.c. */
	unsigned long old = xchg(&ptep->pte, pte_val(pte) & ~_PAGE_HOST_MASK);

	if (old & _PAGE_HOST)
		um_map_forget(mm, addr, PAGE_SIZE);
	return __pte(old & ~_PAGE_HOST_MASK);
}

static inline void set_ptes(struct mm_struct *mm, unsigned long addr,
			    pte_t *ptep, pte_t pte, unsigned int nr)
{
	for (;;) {
		set_pte_slot(mm, addr, ptep, pte);
		if (--nr == 0)
			break;
		ptep++;
		addr += PAGE_SIZE;
		pte = __pte(pte_val(pte) + PAGE_SIZE);
	}
}
#define set_ptes set_ptes

static inline void pte_clear(struct mm_struct *mm, unsigned long addr,
			     pte_t *ptep)
{
	set_pte_slot(mm, addr, ptep, __pte(0));
}

#define __HAVE_ARCH_PTEP_GET_AND_CLEAR
static inline pte_t ptep_get_and_clear(struct mm_struct *mm,
				       unsigned long addr, pte_t *ptep)
{
	return set_pte_slot(mm, addr, ptep, __pte(0));
}

#define __HAVE_ARCH_PTEP_GET_AND_CLEAR_FULL
static inline pte_t ptep_get_and_clear_full(struct mm_struct *mm,
					    unsigned long addr, pte_t *ptep,
					    int full)
{
	/* A whole address space that goes away is emptied by one host call. */
	if (full)
		return __pte(xchg(&ptep->pte, 0) & ~_PAGE_HOST_MASK);
	return set_pte_slot(mm, addr, ptep, __pte(0));
}

#define __HAVE_ARCH_PTEP_CLEAR_FLUSH
pte_t ptep_clear_flush(struct vm_area_struct *vma, unsigned long addr,
		       pte_t *ptep);

/* Change permissions of an entry which goes on naming the same page. */
static inline void ptep_restrict(struct mm_struct *mm, unsigned long addr,
				 pte_t *ptep, pte_t pte)
{
	unsigned long old = pte_slot(ptep);

	while (!try_cmpxchg(&ptep->pte, &old,
			    (pte_val(pte) & ~_PAGE_HOST_MASK) |
			    (old & _PAGE_HOST_MASK)))
		;
	if (old & _PAGE_HOST)
		um_map_restrict(mm, addr, PAGE_SIZE);
}

#define __HAVE_ARCH_PTEP_SET_WRPROTECT
static inline void ptep_set_wrprotect(struct mm_struct *mm,
				      unsigned long addr, pte_t *ptep)
{
	pte_t old = ptep_get(ptep);

	if (pte_write(old))
		ptep_restrict(mm, addr, ptep, pte_wrprotect(old));
}

#define __HAVE_ARCH_PTEP_SET_ACCESS_FLAGS
static inline int ptep_set_access_flags(struct vm_area_struct *vma,
					unsigned long addr, pte_t *ptep,
					pte_t entry, int dirty)
{
	if (pte_same(ptep_get(ptep), entry))
		return 0;
	ptep_restrict(vma->vm_mm, addr, ptep, entry);
	return 1;
}

/*
 * The host is not asked who accesses a page: unless the mapping goes with the
 * accessed bit, reclaim sees no access any more. It goes when the guest next
 * runs; that is soon enough.
 */
#define __HAVE_ARCH_PTEP_TEST_AND_CLEAR_YOUNG
static inline int ptep_test_and_clear_young(struct vm_area_struct *vma,
					    unsigned long addr, pte_t *ptep)
{
	unsigned long old = pte_slot(ptep);

	while (!try_cmpxchg(&ptep->pte, &old, old & ~_PAGE_ACCESSED))
		;
	if ((old & _PAGE_ACCESSED) && (old & _PAGE_HOST))
		um_map_restrict(vma->vm_mm, addr, PAGE_SIZE);
	return !!(old & _PAGE_ACCESSED);
}

/*
 * Nothing changes entries behind the kernel's back, so that a change of
 * protection need not clear them meanwhile, and keeps the host mapping.
 */
#define __HAVE_ARCH_PTEP_MODIFY_PROT_TRANSACTION
static inline pte_t ptep_modify_prot_start(struct vm_area_struct *vma,
					   unsigned long addr, pte_t *ptep)
{
	return ptep_get(ptep);
}

static inline void ptep_modify_prot_commit(struct vm_area_struct *vma,
					   unsigned long addr, pte_t *ptep,
					   pte_t old, pte_t pte)
{
	if (pte_pfn(old) == pte_pfn(pte) && pte_present(pte))
		ptep_restrict(vma->vm_mm, addr, ptep, pte);
	else
		set_pte_slot(vma->vm_mm, addr, ptep, pte);
}

static inline void update_mmu_cache_range(struct vm_fault *vmf,
					  struct vm_area_struct *vma,
					  unsigned long addr, pte_t *ptep,
					  unsigned int nr)
{
	um_map_fresh(vma->vm_mm, addr, nr);
}

#define update_mmu_cache(vma, addr, ptep) \
	update_mmu_cache_range(NULL, vma, addr, ptep, 1)

/* The page fault code has queued the mapping again when this is reached. */
#define flush_tlb_fix_spurious_fault(vma, addr, ptep) \
	um_map_fresh((vma)->vm_mm, addr, 1)

/* --- swap entries -------------------------------------------------------- */

#define __SWP_TYPE_SHIFT	11
#define __SWP_TYPE_BITS		5
#define __SWP_OFFSET_SHIFT	16

#define __swp_type(x)	(((x).val >> __SWP_TYPE_SHIFT) & ((1 << __SWP_TYPE_BITS) - 1))
#define __swp_offset(x)	((x).val >> __SWP_OFFSET_SHIFT)
#define __swp_entry(type, offset)					\
	((swp_entry_t) {						\
		(((unsigned long)(type) & ((1 << __SWP_TYPE_BITS) - 1))	\
		 << __SWP_TYPE_SHIFT) |					\
		((unsigned long)(offset) << __SWP_OFFSET_SHIFT) })
#define __pte_to_swp_entry(pte)	((swp_entry_t) { pte_val(pte) })
#define __swp_entry_to_pte(x)	__pte((x).val)

static inline int pte_swp_exclusive(pte_t pte)
{
	return !!(pte_val(pte) & _PAGE_SWP_EXCLUSIVE);
}

static inline pte_t pte_swp_mkexclusive(pte_t pte)
{
	return pte_with(pte, _PAGE_SWP_EXCLUSIVE);
}

static inline pte_t pte_swp_clear_exclusive(pte_t pte)
{
	return pte_without(pte, _PAGE_SWP_EXCLUSIVE);
}

#define pgprot_noncached(prot)	(prot)

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
#include <asm/pgtable_huge.h>
#endif

#endif
#endif
