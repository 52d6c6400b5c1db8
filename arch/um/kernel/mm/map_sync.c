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
 *
 * A change that adds something may wait until the guest goes on. One that takes
 * something away is done when flush_tlb_mm() returns: by the guest's mapper, for
 * all its threads at once, whether they run or not.
 *
 * Barriers: whoever empties a queue says in "owed" that there may be changes which
 * nobody has waited for, before the queue is seen empty; flush_tlb_mm() looks at
 * the queue first.
 * Context: everything here runs on a vCPU with interrupts disabled, or, for
 * the kernel's area, anywhere.
 */
#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <linux/ratelimit.h>
#include <linux/vmalloc.h>
#include <asm/cacheflush.h>
#include <asm/mmu_context.h>
#include <asm/tlbflush.h>
#include <host/mem.h>
#include <host/vcpu.h>
#include <um/guest_loop.h>
#include <um/guest_mem.h>
#include <um/map_sync.h>
#include <um/smp.h>

enum {
	MAP_BATCH = 32,
	/* An access that misses the cache brings in this much around it. */
	MAP_AROUND_BYTES = 16 * PAGE_SIZE,
	/* Refused so often within a second of each other, it will never be had. */
	REFUSALS_MAX = 3,
};

/* Operations on their way to a guest process, or (guest NULL) the kernel. */
struct map_batch {
	struct mm_struct *mm;
	bool takes;
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
					      b->nr, false);
	b->nr = 0;
}

/* Does @op continue @last without a gap? */
static bool op_continues(const struct map_op *last, const struct map_op *op)
{
	if (last->kind != op->kind || last->prot != op->prot ||
	    last->va + last->len != op->va)
		return false;
	return (op->kind != MAP_OP_MAP && op->kind != MAP_OP_REPLACE) ||
	       last->off + last->len == op->off;
}

static void batch_add(struct map_batch *b, const struct map_op *op)
{
	struct map_op *last = &b->op[b->nr - 1];

	b->takes |= op->kind != MAP_OP_MAP;
	/* What is mapped over need not be unmapped first. */
	if (b->nr && last->kind == MAP_OP_UNMAP && op->kind == MAP_OP_MAP &&
	    last->va == op->va && last->len == op->len) {
		*last = *op;
		last->kind = MAP_OP_REPLACE;
		return;
	}
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

/* An entry, of the last level or a huge one, which maps @len at @addr. */
static void compare_slot(struct map_batch *b, unsigned long *entry,
			 unsigned long addr, unsigned long len)
{
	unsigned long slot = READ_ONCE(*entry), have, want;
	struct map_op op = { .va = addr, .len = len };

	/* Whoever changes the entry meanwhile queues it again. */
	do {
		/* A table now, which is nothing for the guest. */
		if (len == PMD_SIZE && !(slot & _PAGE_HUGE))
			return;
		have = slot & _PAGE_HOST_MASK;
		want = wanted_host_bits(slot);
		if (have == want)
			return;
	} while (!try_cmpxchg(entry, &slot, (slot & ~_PAGE_HOST_MASK) | want));

	if (!want) {
		op.kind = MAP_OP_UNMAP;
	} else {
		op.kind = have ? MAP_OP_PROTECT : MAP_OP_MAP;
		op.prot = host_prot(want);
		op.off = slot & PAGE_MASK;
	}
	batch_add(b, &op);
}

/*
 * Where the entry of @addr is, in the last-level table or, with *@huge set, a
 * huge one; or NULL. @next: end of the table, the huge page or the hole.
 */
static unsigned long *find_entry(struct mm_struct *mm, unsigned long addr,
				 unsigned long end, unsigned long *next,
				 bool *huge)
{
	pgd_t *pgd = pgd_offset(mm, addr);
	p4d_t *p4d = p4d_offset(pgd, addr);
	pud_t *pud;
	pmd_t *pmdp, pmd;

	*huge = false;
	*next = pgd_addr_end(addr, end);
	if (p4d_none_or_clear_bad(p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	*next = pud_addr_end(addr, end);
	if (pud_none_or_clear_bad(pud))
		return NULL;
	pmdp = pmd_offset(pud, addr);
	*next = pmd_addr_end(addr, end);
	/* It may become a table, or cease to be one, at any time. */
	pmd = READ_ONCE(*pmdp);
	if (pmd_leaf(pmd)) {
		*huge = true;
		return &pmdp->pmd;
	}
	if (pmd_none(pmd))
		return NULL;
	return &((pte_t *)pmd_page_vaddr(pmd) + pte_index(addr))->pte;
}

enum empty_policy { SKIP_EMPTY, UNMAP_EMPTY };

static void compare_range(struct map_batch *b, unsigned long start,
			  unsigned long end, enum empty_policy empty)
{
	unsigned long addr = start, next, *entry;
	bool huge;

	for (; addr < end; addr = next) {
		entry = find_entry(b->mm, addr, end, &next, &huge);
		if (!entry) {
			if (empty == UNMAP_EMPTY)
				batch_unmap(b, addr, next);
			continue;
		}
		if (huge) {
			compare_slot(b, entry, addr & PMD_MASK, PMD_SIZE);
			continue;
		}
		for (; addr < next; addr += PAGE_SIZE, entry++) {
			if (empty == UNMAP_EMPTY && !READ_ONCE(*entry))
				batch_unmap(b, addr, addr + PAGE_SIZE);
			else
				compare_slot(b, entry, addr, PAGE_SIZE);
		}
	}
}

/* Return: whether the host had it mapped. */
static bool clear_host_bits(unsigned long *entry)
{
	unsigned long slot = READ_ONCE(*entry);

	do {
		if (!(slot & _PAGE_HOST))
			return false;
	} while (!try_cmpxchg(entry, &slot, slot & ~_PAGE_HOST_MASK));
	return true;
}

/*
 * The host is to have nothing of a range. Entries there now may be newer than
 * the change that says so, and be mapped by an older comparison; the one that
 * follows maps them again. A huge page is mapped whole or not at all.
 */
static void forget_range(struct map_batch *b, unsigned long start,
			 unsigned long end)
{
	unsigned long addr = start, next, *entry;
	bool huge;

	batch_unmap(b, start, end);
	for (; addr < end; addr = next) {
		entry = find_entry(b->mm, addr, end, &next, &huge);
		if (!entry)
			continue;
		if (huge) {
			if (clear_host_bits(entry) && next - addr < PMD_SIZE)
				batch_unmap(b, addr & PMD_MASK,
					    (addr & PMD_MASK) + PMD_SIZE);
			continue;
		}
		for (; addr < next; addr += PAGE_SIZE, entry++)
			clear_host_bits(entry);
	}
}

static u64 this_bit(void)
{
	return 1ULL << raw_smp_processor_id();
}

/* --- applying -------------------------------------------------------------- */

/* Everything ordered so far is done. */
static int wait_applied(mm_context_t *ctx)
{
	return um_backend->mm_apply(ctx->guest, NULL, 0, true);
}

/* It will go on like this: see um_map_hopeless(). */
static void note_refusal(struct mm_struct *mm)
{
	struct thread_struct *thread = &current->thread;

	if (current->mm != mm)
		return;
	if (time_after(jiffies, thread->map_refused_at + HZ))
		thread->map_refusals = 0;
	thread->map_refusals++;
	thread->map_refused_at = jiffies;
}

bool um_map_hopeless(void)
{
	struct thread_struct *thread = &current->thread;

	if (thread->map_refusals < REFUSALS_MAX)
		return false;
	thread->map_refusals = 0;
	return true;
}

/*
 * The host did not take a change: forget all mappings and start again. If it
 * does not take that either, there is nothing any more that could be mapped.
 */
static void drop_everything(struct mm_struct *mm, int err)
{
	struct map_batch b = { .mm = mm };

	if (err != -ENOMEM && err != -ESRCH && err != -EAGAIN)
		note_refusal(mm);
	if (err != -ESRCH)
		pr_warn_once("host refused a mapping of %s[%d] (%pe)%s\n",
			     current->comm, task_pid_nr(current), ERR_PTR(err),
			     err == -ENOMEM ?
			     "; if this is frequent, raise the host's sysctl vm.max_map_count" :
			     "");
	forget_range(&b, 0, TASK_SIZE);
	batch_flush(&b);
	if (b.err || wait_applied(&mm->context))
		um_backend->mm_empty(mm->context.guest);
}

static void apply_range(struct map_batch *b, const struct um_map_range *r)
{
	if (r->change == UM_MAP_COMPARE)
		compare_range(b, r->start, r->end, SKIP_EMPTY);
	else
		forget_range(b, r->start, r->end);
}

/* Under apply_lock. */
static void apply_queue(struct mm_struct *mm, bool now)
{
	mm_context_t *ctx = &mm->context;
	struct um_map_queue q;
	struct map_batch b = { .mm = mm, .takes = ctx->owed };
	unsigned int i;

	um_guest_walk_begin();
	raw_spin_lock(&ctx->lock);
	q.nr = ctx->queue.nr;
	memcpy(q.range, ctx->queue.range, q.nr * sizeof(q.range[0]));
	WRITE_ONCE(ctx->owed, true);
	/* flush_tlb_mm() reads it first, then the other. */
	smp_store_release(&ctx->queue.nr, 0);
	raw_spin_unlock(&ctx->lock);

	for (i = 0; i < q.nr; i++)
		apply_range(&b, &q.range[i]);
	batch_flush(&b);
	if (now && !b.err)
		b.err = wait_applied(ctx);
	if (unlikely(b.err))
		drop_everything(mm, b.err);
	WRITE_ONCE(ctx->owed, b.takes && !now && !b.err);
	um_guest_walk_end();
}

static void apply(struct mm_struct *mm, bool now)
{
	mm_context_t *ctx = &mm->context;

	raw_spin_lock(&ctx->apply_lock);
	if (READ_ONCE(ctx->queue.nr) || (now && ctx->owed))
		apply_queue(mm, now);
	raw_spin_unlock(&ctx->apply_lock);
}

/* Have a part of our own of the guest process. */
static int attach(struct mm_struct *mm)
{
	mm_context_t *ctx = &mm->context;
	int err;

	raw_spin_lock(&ctx->apply_lock);
	err = um_backend->mm_attach(ctx->guest);
	if (err == -ENOMEM) {
		um_guest_walk_begin();
		drop_everything(mm, err);
		um_guest_walk_end();
		err = um_backend->mm_attach(ctx->guest);
	}
	if (!err)
		ctx->attached |= this_bit();
	raw_spin_unlock(&ctx->apply_lock);
	return err;
}

int um_map_enter(struct mm_struct *mm)
{
	mm_context_t *ctx = &mm->context;

	if (READ_ONCE(ctx->queue.nr))
		apply(mm, false);
	if (likely(READ_ONCE(ctx->attached) & this_bit()))
		return 0;
	return attach(mm);
}

void um_map_failed(struct mm_struct *mm, int err)
{
	raw_spin_lock(&mm->context.apply_lock);
	um_guest_walk_begin();
	drop_everything(mm, err);
	um_guest_walk_end();
	raw_spin_unlock(&mm->context.apply_lock);
}

/* All other vCPUs have let go of tables and pages they found before. */
static void wait_for_walkers(void)
{
	unsigned int spins;
	int cpu;

	/* The entries were changed before we look who may have read them. */
	smp_mb();
	for_each_online_cpu(cpu) {
		if (cpu == raw_smp_processor_id())
			continue;
		spins = 0;
		while (READ_ONCE(os_vcpus[cpu].walking))
			um_spin_relax(&spins);
	}
}

void flush_tlb_mm(struct mm_struct *mm)
{
	mm_context_t *ctx = &mm->context;
	unsigned long flags;

	if (!ctx->guest)
		return;
	local_irq_save(flags);
	/* Changes of entries come before; apply_queue() writes the queue last. */
	if (smp_load_acquire(&ctx->queue.nr) || READ_ONCE(ctx->owed))
		apply(mm, true);
	wait_for_walkers();
	local_irq_restore(flags);
}

void arch_exit_mmap(struct mm_struct *mm)
{
	mm_context_t *ctx = &mm->context;
	unsigned long flags;

	if (!ctx->guest)
		return;
	local_irq_save(flags);
	raw_spin_lock(&ctx->apply_lock);
	um_backend->mm_empty(ctx->guest);
	raw_spin_unlock(&ctx->apply_lock);
	local_irq_restore(flags);
	um_replaced_put(mm);
}

/* --- changes of entries ---------------------------------------------------- */

static void map_changed(struct mm_struct *mm, enum um_map_change change,
			unsigned long start, unsigned long end)
{
	mm_context_t *ctx = &mm->context;
	unsigned long flags;
	bool fits;

	if (!ctx->guest)
		return;
	local_irq_save(flags);
	for (;;) {
		raw_spin_lock(&ctx->lock);
		fits = um_map_queue_add(&ctx->queue, change, start, end);
		raw_spin_unlock(&ctx->lock);
		if (likely(fits))
			break;
		apply(mm, false);
	}
	local_irq_restore(flags);
}

/* An entry that the host had mapped was replaced or cleared. */
void um_map_forget(struct mm_struct *mm, unsigned long addr, unsigned long len)
{
	map_changed(mm, UM_MAP_FORGET, addr, addr + len);
}

/* An entry that the host has mapped changed its permissions. */
void um_map_restrict(struct mm_struct *mm, unsigned long addr,
		     unsigned long len)
{
	map_changed(mm, UM_MAP_COMPARE, addr, addr + len);
}

/* Entries were made valid. */
void um_map_fresh(struct mm_struct *mm, unsigned long addr, unsigned int nr)
{
	addr &= PAGE_MASK;
	map_changed(mm, UM_MAP_COMPARE, addr, addr + nr * PAGE_SIZE);
}

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
static void clear_table(pmd_t pmd)
{
	pte_t *pte = (pte_t *)pmd_page_vaddr(pmd);
	unsigned int i;

	for (i = 0; i < PTRS_PER_PTE; i++)
		clear_host_bits(&pte[i].pte);
}

pmd_t pmdp_collapse_flush(struct vm_area_struct *vma, unsigned long addr,
			  pmd_t *pmdp)
{
	pmd_t old = set_pmd_slot(vma->vm_mm, addr, pmdp, __pmd(0));

	um_map_forget(vma->vm_mm, addr & PMD_MASK, PMD_SIZE);
	flush_tlb_mm(vma->vm_mm);
	/* Nobody saw it there any more; it comes back if the pages are in use. */
	clear_table(old);
	return old;
}
#endif

void um_map_around(struct mm_struct *mm, unsigned long addr)
{
	unsigned long start = addr & ~(MAP_AROUND_BYTES - 1UL);

	map_changed(mm, UM_MAP_COMPARE, start,
		    min(start + MAP_AROUND_BYTES, TASK_SIZE));
}

/*
 * What one vCPU unmaps another may just have got: a purge flushes all from the
 * lowest to the highest area it frees. So looking at entries and having the
 * host do accordingly is one step.
 */
static DEFINE_RAW_SPINLOCK(kernel_lock);

static void kernel_compare(unsigned long start, unsigned long end,
			   enum empty_policy empty)
{
	struct map_batch b = { .mm = &init_mm };
	unsigned long flags;

	raw_spin_lock_irqsave(&kernel_lock, flags);
	compare_range(&b, start & PAGE_MASK, PAGE_ALIGN(end), empty);
	batch_flush(&b);
	raw_spin_unlock_irqrestore(&kernel_lock, flags);
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
	raw_spin_lock_init(&ctx->apply_lock);
	raw_spin_lock_init(&ctx->lock);
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
