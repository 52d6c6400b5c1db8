// SPDX-License-Identifier: GPL-2.0
/*
 * Guest processes. The template, the first process, is a mapper whose address
 * space is empty. It forks a mapper for each guest address space; so the large
 * process of the kernel forks at boot only. A mapper makes the guest threads of
 * its address space.
 *
 * When an address space ends, its guest threads are killed, never used again:
 * nothing of a program's can live on in a thread of the next one. The mapper,
 * with its memory empty, is kept for another address space.
 *
 * Lock order: guest_mm.lock (of mapper_host.c) inside of template_lock;
 * list_lock alone.
 */
#include <string.h>
#include <linux/futex.h>
#include <sys/wait.h>

#include "../stub/stub_layout.h"
#include "os-Linux/heap.h"
#include "os-Linux/sys.h"
#include "mapper_host.h"
#include "process_host.h"
#include "spawn_host.h"
#include "spin_lock_host.h"

enum {
	/* How many mappers without an address space are kept. */
	POOL_MAX = 64,
	/* Of those which are to end, how many are looked at each time. */
	REAP_MAX = 8,
	/* While the template starts, how often its life is looked at. */
	START_TICK_NS = 10 * 1000 * 1000,
	/* For a second in all, the end waits for them. */
	EXIT_NAP_NS = 1000 * 1000,
	EXIT_NAPS = 1000,
};

static struct guest_mm *template;
static struct guest_mm *all;
/* Mappers without an address space. */
static struct guest_mm *pool;
static unsigned int pool_nr;
/* Structures whose processes were killed, and those which have none. */
static struct guest_mm *dying, *unused;
static unsigned int ncpus;
static __u32 mode;

/* For the lists; for the template. */
static int list_lock, template_lock;

struct guest_mm *process_template(void)
{
	return template;
}

struct guest_mm *process_all(void)
{
	return __atomic_load_n(&all, __ATOMIC_ACQUIRE);
}

/* --- structures ------------------------------------------------------------ */

static void push(struct guest_mm **list, struct guest_mm *mm)
{
	mm->next = *list;
	*list = mm;
}

static struct guest_mm *pop(struct guest_mm **list)
{
	struct guest_mm *mm = *list;

	if (mm)
		*list = mm->next;
	return mm;
}

static bool all_reaped(struct guest_mm *mm)
{
	bool reaped = child_try_reap(&mm->mapper);
	unsigned int i;

	for (i = 0; i < ncpus; i++)
		reaped &= child_try_reap(&mm->slot[i].thread);
	return reaped;
}

/* Under list_lock: those which have ended are free. */
static void reap_some(void)
{
	struct guest_mm **link = &dying, *mm;
	unsigned int looks;

	for (looks = 0; *link && looks < REAP_MAX; looks++) {
		mm = *link;
		if (all_reaped(mm)) {
			*link = mm->next;
			push(&unused, mm);
		} else {
			link = &mm->next;
		}
	}
}

static int new_structure(struct guest_mm **ret)
{
	struct guest_mm *mm;
	void *orders;
	int err;

	spin_lock_host(&list_lock);
	reap_some();
	mm = pop(&unused);
	spin_unlock_host(&list_lock);
	if (mm) {
		*ret = mm;
		return 0;
	}
	mm = heap_zalloc(sizeof(*mm) + ncpus * sizeof(mm->slot[0]));
	if (!mm)
		return -ENOMEM;
	spin_lock_host(&list_lock);
	err = spawn_host_pages(STUB_ORDERS_SIZE, &mm->off, &orders);
	if (!err) {
		mm->orders = orders;
		mm->next_all = all;
		__atomic_store_n(&all, mm, __ATOMIC_RELEASE);
	}
	spin_unlock_host(&list_lock);
	if (err) {
		heap_free(mm);
		return err;
	}
	*ret = mm;
	return 0;
}

/* Nothing the last program was told may be found by the next. */
static void reset_orders(struct guest_mm *mm)
{
	struct stub_orders *orders = mm->orders;

	memset(orders->rule, 0, sizeof(orders->rule));
	memset(orders->ring, 0, sizeof(orders->ring));
	orders->mode = mode;
	orders->kernel_pid = sys_getpid();
	/* The listener comes last. */
	orders->fds = STUB_FD_REPORTS + 2 * ncpus + 1;
}

/* --- threads --------------------------------------------------------------- */

static void set_stack(struct guest_mm *mm, unsigned int cpu)
{
	struct stub_rule *rule = &mm->orders->rule[cpu];

	rule->stack_start = STUB_DATA + (__u64)cpu * STUB_DATA_SIZE + STUB_STACK;
	rule->stack_len = STUB_DATA_SIZE - STUB_STACK;
}

static void map_slot(struct guest_mm *mm, unsigned int cpu)
{
	struct guest_slot *slot = &mm->slot[cpu];
	const struct stub_call map = {
		.nr = SYS_mmap,
		.arg = { STUB_DATA + (__u64)cpu * STUB_DATA_SIZE, STUB_DATA_SIZE,
			 PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			 STUB_FD_DATA, slot->off },
	};

	mapper_order(mm, &map);
	slot->mapped = true;
}

int process_slot(struct guest_mm *mm, unsigned int cpu)
{
	struct guest_slot *slot = &mm->slot[cpu];
	void *page;
	int err;

	/* Only now nobody can write to it any more. */
	child_reap(&slot->thread);
	if (!slot->page) {
		spin_lock_host(&list_lock);
		err = spawn_host_pages(STUB_DATA_SIZE, &slot->off, &page);
		spin_unlock_host(&list_lock);
		if (err)
			return err;
		slot->page = page;
	}
	memset(slot->page, 0, STUB_DATA_SIZE);
	memset(&mm->orders->rule[cpu], 0, sizeof(mm->orders->rule[cpu]));
	set_stack(mm, cpu);
	slot->core = -1;
	slot->ready = false;
	if (!slot->mapped && mode == STUB_MODE_SECCOMP)
		map_slot(mm, cpu);
	return 0;
}

int process_thread(struct guest_mm *mm, unsigned int cpu)
{
	const struct stub_call clone = {
		.nr = SYS_clone,
		.arg = { STUB_CLONE_THREAD,
			 STUB_ORDERS + (__u64)cpu * STUB_RULE_SIZE },
	};
	int pid;

	mapper_order(mm, &clone);
	pid = mapper_sync(mm);
	if (pid <= 0) {
		/* Perhaps it was the slot that failed. */
		mm->slot[cpu].mapped = false;
		return pid ?: -EPROTO;
	}
	child_begin(&mm->slot[cpu].thread, pid);
	return 0;
}

static void kill_threads(struct guest_mm *mm)
{
	unsigned int i;

	for (i = 0; i < ncpus; i++) {
		child_kill(&mm->slot[i].thread);
		mm->slot[i].ready = false;
	}
}

/* --- address spaces -------------------------------------------------------- */

/* Its processes end, sooner or later. */
static void end_process(struct guest_mm *mm)
{
	kill_threads(mm);
	child_kill(&mm->mapper);
	spin_lock_host(&list_lock);
	push(&dying, mm);
	reap_some();
	spin_unlock_host(&list_lock);
}

/* Let @parent make a mapper, which finds its orders at mm->off. */
static int fork_mapper(struct guest_mm *parent, struct guest_mm *mm)
{
	const struct stub_call clone = {
		.nr = SYS_clone,
		.arg = { STUB_CLONE_MAPPER, 0, 0, 0, mm->off },
	};
	unsigned int i;
	int pid;

	for (i = 0; i < ncpus; i++)
		mm->slot[i].mapped = false;
	reset_orders(mm);
	mm->orders->head = 0;
	mapper_begin(mm, 0);
	mapper_order(parent, &clone);
	pid = mapper_sync(parent);
	if (pid <= 0)
		return pid ?: -EPROTO;
	mm->core = parent->core;
	child_begin(&mm->mapper, pid);
	return mapper_sync(mm);
}

/*
 * A template like the one which somebody on the host has killed. Every mapper
 * can make it; what it inherits of a guest's mappings goes.
 */
static int copy_template(struct guest_mm *parent, struct guest_mm *mm)
{
	const struct stub_call unmap[] = {
		{ .nr = SYS_munmap, .arg = { 0, UM_GUEST_TOP } },
		{ .nr = SYS_munmap,
		  .arg = { STUB_DATA, STUB_SLOTS * STUB_DATA_SIZE } },
	};
	int err = fork_mapper(parent, mm);

	if (err)
		return err;
	mapper_order(mm, &unmap[0]);
	mapper_order(mm, &unmap[1]);
	return mapper_sync(mm);
}

/* Under template_lock. */
static int new_template(void)
{
	struct guest_mm *parent, *mm;
	int err;

	err = new_structure(&mm);
	if (err)
		return err;
	err = -ESRCH;
	for (parent = process_all(); parent && err; parent = parent->next_all)
		if (parent != mm && parent->mapper.pid &&
		    !child_gone(&parent->mapper))
			err = copy_template(parent, mm);
	if (err) {
		end_process(mm);
		return err;
	}
	end_process(template);
	template = mm;
	return 0;
}

static int fork_template(struct guest_mm *mm)
{
	int err;

	spin_lock_host(&template_lock);
	err = fork_mapper(template, mm);
	if (err && child_gone(&template->mapper) && !new_template())
		err = fork_mapper(template, mm);
	spin_unlock_host(&template_lock);
	return err;
}

int process_take(struct guest_mm **ret)
{
	struct guest_mm *mm;
	int err;

	spin_lock_host(&list_lock);
	mm = pop(&pool);
	pool_nr -= !!mm;
	spin_unlock_host(&list_lock);
	if (mm) {
		reset_orders(mm);
		*ret = mm;
		return 0;
	}
	err = new_structure(&mm);
	if (err)
		return err;
	err = fork_template(mm);
	if (err) {
		end_process(mm);
		return err;
	}
	*ret = mm;
	return 0;
}

/* The next program maps the slots which it needs, when they are zeroed. */
static void order_unmap_all(struct guest_mm *mm)
{
	static const struct map_op everything = {
		.kind = MAP_OP_UNMAP, .va = 0, .len = UM_GUEST_TOP,
	};
	const struct stub_call slots = {
		.nr = SYS_munmap,
		.arg = { STUB_DATA, (__u64)ncpus * STUB_DATA_SIZE },
	};

	mapper_map_op(mm, &everything);
	if (mode == STUB_MODE_SECCOMP)
		mapper_order(mm, &slots);
}

void process_empty(struct guest_mm *mm)
{
	unsigned int i, tries;
	int err = -1;

	kill_threads(mm);
	/* What was ordered before may have failed: then it is done once more. */
	for (tries = 0; err && tries < 2; tries++) {
		order_unmap_all(mm);
		err = mapper_sync(mm);
	}
	for (i = 0; i < ncpus; i++)
		mm->slot[i].mapped = false;
	if (!err)
		return;
	child_kill(&mm->mapper);
	child_reap(&mm->mapper);
	for (i = 0; i < ncpus; i++)
		child_reap(&mm->slot[i].thread);
}

void process_give_back(struct guest_mm *mm)
{
	bool keep;

	if (!mm)
		return;
	spin_lock_host(&list_lock);
	keep = mm->mapper.pid && !mm->mapper.lost && pool_nr < POOL_MAX;
	if (keep) {
		push(&pool, mm);
		pool_nr++;
	}
	spin_unlock_host(&list_lock);
	if (!keep)
		end_process(mm);
}

/* --- start and end --------------------------------------------------------- */

/* Boot: it has not become a mapper yet, or has made its first stop. */
static int await_template(struct stub_page *page)
{
	const struct timespec tick = { .tv_nsec = START_TICK_NS };

	while (__atomic_load_n(&page->turn, __ATOMIC_SEQ_CST) != STUB_TURN_KERNEL) {
		if (child_gone(&template->mapper))
			return -ESRCH;
		__atomic_store_n(&page->kernel_waits, 1, __ATOMIC_SEQ_CST);
		sys_futex(&page->kernel_waits, FUTEX_WAIT, 1, &tick);
	}
	return 0;
}

int process_start(const struct process_params *p, struct stub_page **ret)
{
	struct guest_slot *slot;
	struct stub_page *page;
	int pid, err;

	ncpus = p->ncpus;
	mode = p->mode;
	err = child_init();
	if (!err)
		err = spawn_host_init();
	if (!err)
		err = mapper_init(ncpus);
	if (!err)
		err = new_structure(&template);
	if (err)
		return err;
	slot = &template->slot[0];
	err = spawn_host_pages(STUB_DATA_SIZE, &slot->off, (void **)&slot->page);
	if (err)
		return err;
	reset_orders(template);
	set_stack(template, 0);
	template->orders->rule[0].trap = STUB_TELLS_BY_FUTEX;
	template->orders->rule[0].flags = STUB_IS_TEMPLATE;
	page = slot->page;
	page->turn = STUB_TURN_GUEST;
	page->way = STUB_TELLS_BY_FUTEX;
	page->notices = p->notices;
	page->go = 1;
	mapper_begin(template, 0);
	pid = spawn_host_first(p->ram_fd, p->socket, ncpus);
	if (pid < 0)
		return pid;
	child_begin(&template->mapper, pid);
	*ret = page;
	return mode == STUB_MODE_SECCOMP ? await_template(page) : 0;
}

int process_ready(void)
{
	struct stub_page *page = template->slot[0].page;
	int err;

	__atomic_store_n(&page->turn, STUB_TURN_GUEST, __ATOMIC_SEQ_CST);
	sys_futex(&page->turn, FUTEX_WAKE, 1, NULL);
	err = mapper_sync(template);
	if (!err && page->version != STUB_VERSION)
		err = -EPROTO;
	return err;
}

int process_forget_slot(void)
{
	const struct stub_call unmap = {
		.nr = SYS_munmap, .arg = { STUB_DATA, STUB_DATA_SIZE },
	};

	mapper_order(template, &unmap);
	return mapper_sync(template);
}

/* Those which the host holds up are left to it. */
static void reap_all(void)
{
	const struct timespec nap = { .tv_nsec = EXIT_NAP_NS };
	struct guest_mm *mm = process_all();
	unsigned int naps;

	for (naps = 0; mm && naps < EXIT_NAPS; ) {
		if (all_reaped(mm)) {
			mm = mm->next_all;
			continue;
		}
		sys_call(SYS_nanosleep, &nap, NULL);
		naps++;
	}
}

void process_exit(void)
{
	struct guest_mm *mm;
	unsigned int i;

	for (mm = process_all(); mm; mm = mm->next_all) {
		child_kill(&mm->mapper);
		for (i = 0; i < ncpus; i++)
			child_kill(&mm->slot[i].thread);
	}
	reap_all();
}

void process_stop(void)
{
	process_exit();
	all = NULL;
	template = NULL;
}
