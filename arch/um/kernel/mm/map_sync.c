// SPDX-License-Identifier: GPL-2.0
/*
 * Host mappings as a cache of the page tables.
 *
 * Changes of page-table entries are queued per address space (map_queue.c).
 * Before guest code resumes, the queue is worked off: entries are compared
 * with what the host has (their host bits), differences become map
 * operations, neighbours are merged, and the backend applies them in a batch.
 * If the host refuses (too many mappings), everything is dropped: the cache
 * starts anew, and faults fill it again.
 * The kernel's own vmalloc area goes the same way, at once and without queue.
 * Context: everything here runs on the vCPU with interrupts disabled, or, for
 * the kernel's area, anywhere.
 */
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/ratelimit.h>
#include <linux/vmalloc.h>
#include <asm/cacheflush.h>
#include <asm/mmu_context.h>
#include <asm/tlbflush.h>
#include <host/mem.h>
#include <um/guest_loop.h>
#include <um/guest_mem.h>
#include <um/map_sync.h>

enum {
	MAP_BATCH = 48,
	/* An access that misses the cache brings in this much around it. */
	MAP_AROUND_BYTES = 16 * PAGE_SIZE,
};

/* Operations on their way to a guest process, or (guest NULL) the kernel. */
struct map_batch {
	struct mm_struct *mm;
	int err;
	unsigned int nr;
	struct map_op op[MAP_BATCH];
};

static void batch_flush(struct map_batch *b)
{
	if (b->nr && !b->err)
		b->err = b->mm == &init_mm ?
			 os_mem_apply(b->op, b->nr) :
			 um_backend->mm_apply(b->mm->context.guest, b->op,
					      b->nr);
	b->nr = 0;
}

/* Does @op continue @last without a gap? */
static bool op_continues(const struct map_op *last, const struct map_op *op)
{
	if (last->kind != op->kind || last->prot != op->prot ||
	    last->va + last->len != op->va)
		return false;
	return op->kind != MAP_OP_MAP || last->off + last->len == op->off;
}

static void batch_add(struct map_batch *b, const struct map_op *op)
{
	struct map_op *last = &b->op[b->nr - 1];

	if (b->nr && op_continues(last, op)) {
		last->len += op->len;
		return;
	}
	if (b->nr == MAP_BATCH)
		batch_flush(b);
	b->op[b->nr++] = *op;
}

static void batch_unmap(struct map_batch *b, unsigned long start,
			unsigned long end)
{
	struct map_op op = {
		.kind = MAP_OP_UNMAP, .va = start, .len = end - start,
	};

	batch_add(b, &op);
}

/* The host bits an entry ought to have. */
static unsigned long wanted_host_bits(unsigned long slot)
{
	unsigned long want = _PAGE_HOST;

	if (!um_slot_allows(slot, 0))
		return 0;
	if (um_slot_allows(slot, FAULT_FLAG_WRITE))
		want |= _PAGE_HOST_WRITE;
	if (slot & _PAGE_EXEC)
		want |= _PAGE_HOST_EXEC;
	return want;
}

static u32 host_prot(unsigned long bits)
{
	return MAP_PROT_READ |
	       ((bits & _PAGE_HOST_WRITE) ? MAP_PROT_WRITE : 0) |
	       ((bits & _PAGE_HOST_EXEC) ? MAP_PROT_EXEC : 0);
}

static void compare_slot(struct map_batch *b, pte_t *ptep, unsigned long addr)
{
	unsigned long slot = pte_slot(ptep);
	unsigned long have = slot & _PAGE_HOST_MASK;
	unsigned long want = wanted_host_bits(slot);
	struct map_op op = { .va = addr, .len = PAGE_SIZE };

	if (have == want)
		return;
	if (!want) {
		op.kind = MAP_OP_UNMAP;
	} else {
		op.kind = have ? MAP_OP_PROTECT : MAP_OP_MAP;
		op.prot = host_prot(want);
		op.off = slot & PAGE_MASK;
	}
	batch_add(b, &op);
	WRITE_ONCE(ptep->pte, (slot & ~_PAGE_HOST_MASK) | want);
}

/* Where the last-level table of @addr is, or NULL and the end of the hole. */
static pte_t *find_table(struct mm_struct *mm, unsigned long addr,
			 unsigned long end, unsigned long *next)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d = p4d_offset(pgd, addr);
	pud_t *pud;
	pmd_t *pmd;

	*next = pgd_addr_end(addr, end);
	if (p4d_none_or_clear_bad(p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	*next = pud_addr_end(addr, end);
	if (pud_none_or_clear_bad(pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	*next = pmd_addr_end(addr, end);
	if (pmd_none_or_clear_bad(pmd))
		return NULL;
	return pte_offset_kernel(pmd, addr);
}

enum empty_policy { SKIP_EMPTY, UNMAP_EMPTY };

static void compare_range(struct map_batch *b, unsigned long start,
			  unsigned long end, enum empty_policy empty)
{
	unsigned long addr = start, next;
	pte_t *ptep;

	while (addr < end) {
		ptep = find_table(b->mm, addr, end, &next);
		if (!ptep) {
			if (empty == UNMAP_EMPTY)
				batch_unmap(b, addr, next);
			addr = next;
			continue;
		}
		for (; addr < next; addr += PAGE_SIZE, ptep++) {
			if (empty == UNMAP_EMPTY && !pte_slot(ptep))
				batch_unmap(b, addr, addr + PAGE_SIZE);
			else
				compare_slot(b, ptep, addr);
		}
	}
}

static void clear_host_bits(struct mm_struct *mm, unsigned long addr,
			    unsigned long end)
{
	unsigned long next;
	pte_t *ptep;

	while (addr < end) {
		ptep = find_table(mm, addr, end, &next);
		if (!ptep) {
			addr = next;
			continue;
		}
		for (; addr < next; addr += PAGE_SIZE, ptep++)
			if (pte_slot(ptep) & _PAGE_HOST)
				set_pte(ptep, ptep_get(ptep));
	}
}

/* The host did not take a batch: forget all mappings and start again. */
static void drop_everything(struct mm_struct *mm, int err)
{
	struct map_batch b = { .mm = mm };

	pr_warn_once("host refused a mapping of %s[%d] (%pe)%s\n",
		     current->comm, task_pid_nr(current), ERR_PTR(err),
		     err == -ENOMEM ?
		     "; if this is frequent, raise the host's sysctl vm.max_map_count" :
		     "");
	mm->context.queue.nr = 0;
	clear_host_bits(mm, 0, TASK_SIZE);
	batch_unmap(&b, 0, TASK_SIZE);
	batch_flush(&b);
}

void um_map_apply(struct mm_struct *mm)
{
	struct um_map_queue *q = &mm->context.queue;
	struct map_batch b;
	unsigned int i;

	if (!q->nr)
		return;

	b.mm = mm;
	b.err = 0;
	b.nr = 0;
	for (i = 0; i < q->nr; i++) {
		struct um_map_range *r = &q->range[i];

		if (r->change == UM_MAP_FORGET) {
			batch_unmap(&b, r->start, r->end);
			/*
			 * An older comparison may have found the new entry
			 * already; the one that follows must map it again.
			 */
			clear_host_bits(mm, r->start, r->end);
		} else {
			compare_range(&b, r->start, r->end, SKIP_EMPTY);
		}
	}
	q->nr = 0;
	batch_flush(&b);
	if (unlikely(b.err))
		drop_everything(mm, b.err);
}

static void map_changed(struct mm_struct *mm, enum um_map_change change,
			unsigned long start, unsigned long end)
{
	struct um_map_queue *q = &mm->context.queue;
	unsigned long flags;

	if (!mm->context.guest)
		return;
	local_irq_save(flags);
	if (!um_map_queue_add(q, change, start, end)) {
		um_map_apply(mm);
		um_map_queue_add(q, change, start, end);
	}
	local_irq_restore(flags);
}

/* An entry that the host had mapped was replaced or cleared. */
void um_map_forget(struct mm_struct *mm, unsigned long addr)
{
	map_changed(mm, UM_MAP_FORGET, addr, addr + PAGE_SIZE);
}

/* An entry that the host has mapped changed its permissions. */
void um_map_restrict(struct mm_struct *mm, unsigned long addr)
{
	map_changed(mm, UM_MAP_COMPARE, addr, addr + PAGE_SIZE);
}

/* Entries were made valid. */
void um_map_fresh(struct mm_struct *mm, unsigned long addr, unsigned int nr)
{
	addr &= PAGE_MASK;
	map_changed(mm, UM_MAP_COMPARE, addr, addr + nr * PAGE_SIZE);
}

void um_map_around(struct mm_struct *mm, unsigned long addr)
{
	unsigned long start = addr & ~(MAP_AROUND_BYTES - 1UL);

	map_changed(mm, UM_MAP_COMPARE, start,
		    min(start + MAP_AROUND_BYTES, TASK_SIZE));
}

static void kernel_compare(unsigned long start, unsigned long end,
			   enum empty_policy empty)
{
	struct map_batch b = { .mm = &init_mm };
	unsigned long flags;

	local_irq_save(flags);
	compare_range(&b, start & PAGE_MASK, PAGE_ALIGN(end), empty);
	batch_flush(&b);
	local_irq_restore(flags);
	if (b.err)
		panic("host refused to map kernel memory (%pe); raise the host's sysctl vm.max_map_count",
		      ERR_PTR(b.err));
}

/* flush_cache_vmap(): new entries in the vmalloc or module area. */
void um_kernel_map(unsigned long start, unsigned long end)
{
	kernel_compare(start, end, SKIP_EMPTY);
}
EXPORT_SYMBOL_GPL(um_kernel_map);

static void unmap_stale(unsigned long start, unsigned long end,
			unsigned long area_start, unsigned long area_end)
{
	start = max(start, area_start);
	end = min(end, area_end);
	if (start < end)
		kernel_compare(start, end, UNMAP_EMPTY);
}

/*
 * The range may span areas, with anything between them; only these two are
 * mapped by page tables.
 */
void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	unmap_stale(start, end, MODULES_VADDR, MODULES_END);
	unmap_stale(start, end, VMALLOC_START, VMALLOC_END);
}

int init_new_context(struct task_struct *tsk, struct mm_struct *mm)
{
	mm_context_t *ctx = &mm->context;
	unsigned long flags;
	int err;

	memset(ctx, 0, sizeof(*ctx));
	local_irq_save(flags);
	err = um_backend->mm_create(&ctx->guest);
	local_irq_restore(flags);
	if (err)
		pr_warn_ratelimited("cannot make a host process for %s[%d] (%pe)\n",
				    tsk->comm, task_pid_nr(tsk), ERR_PTR(err));
	return err;
}

void destroy_context(struct mm_struct *mm)
{
	unsigned long flags;

	local_irq_save(flags);
	um_backend->mm_destroy(mm->context.guest);
	mm->context.guest = NULL;
	local_irq_restore(flags);
}
