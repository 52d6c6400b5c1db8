// SPDX-License-Identifier: GPL-2.0
/*
 * The seccomp backend. In a nutshell:
 *
 *  - A guest address space is a host process running the stub. Each vCPU that
 *    runs it has a thread of its own there, with a slot (slot_host.h).
 *  - A filter turns the guest's system calls into signals; so are faults. The
 *    stub's signal handler waits for the kernel, which finds the registers in
 *    the signal frame (frame_host.h). No host call looks into the process.
 *  - With one vCPU, and where the host can do it, many calls come without a
 *    signal: the host tells of them and the thread waits for the result
 *    (notice_host.h). Then only the arguments are known; for the other
 *    registers the thread is recalled to the stub.
 *  - Map operations are put off until the guest goes on, then made by the
 *    stub thread. They carry the secret which the filter asks for; it is in
 *    the slot only while every thread of the process is known to sleep.
 *  - A process whose address space ended is kept for the next one; when none
 *    is left, the template (the first process) forks.
 *
 * Context: vCPUs with interrupts disabled; the kernel lets one vCPU at a time
 * do things to one guest_mm, except that each runs its own slot.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <host/proc.h>
#include "../common/spawn_host.h"
#include "../stub/stub_layout.h"
#include "frame_host.h"
#include "notice_host.h"
#include "os-Linux/exit.h"
#include "os-Linux/heap.h"
#include "os-Linux/sys.h"
#include "os-Linux/this_vcpu.h"
#include "os-Linux/vcpu_internal.h"
#include "seccomp_backend_host.h"
#include "slot_host.h"
#include "spin_host.h"

enum {
	/* Looks at a lock before its holder is thought to have no core. */
	LOCK_SPINS = 1000,
	/* How many idle processes are kept. */
	POOL_MAX = 64,
	/* Operations put off; one more call may be needed for each thread. */
	OPS_MAX = STUB_CALLS_MAX - 4,
};

/**
 * struct guest_mm - a guest process
 * @pid: its host pid, 0 if there is none
 * @nr_ops: how many of @op wait to be applied
 * @op: map operations that were put off
 * @next: in the pool, or in the list of free structures
 * @next_all: in the list of all, for the exit and for deaths
 * @slot: by vCPU, NULL as long as there was no thread for it; slot 0 is that of
 *	the first thread
 */
struct guest_mm {
	int pid;
	unsigned int nr_ops;
	struct map_op op[OPS_MAX];
	struct guest_mm *next;
	struct guest_mm *next_all;
	struct stub_slot *slot[];
};

static struct guest_mm *template;
static struct guest_mm *all;
static struct guest_mm *pool;
static unsigned int pool_nr;
/* Structures, with their slots, whose process is gone. */
static struct guest_mm *unused;
static unsigned int slots_made;
static unsigned int ncpus;
static __u32 base_flags;
/* What a call must carry; known to the kernel and the filter only. */
static __u64 secret;

/* Perhaps a thread waits for an answer. */
static bool some_notice;

/* For the lists above, and for the template. */
static int list_lock, template_lock;

/* vCPUs have interrupts disabled: the holder soon goes on, if the host lets it. */
static void lock(int *word)
{
	unsigned int spins = 0;

	while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE)) {
		__builtin_ia32_pause();
		if (++spins > LOCK_SPINS)
			os_vcpu_nap(spins - LOCK_SPINS);
	}
}

static void unlock(int *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

/* --- calls made by a stub thread ------------------------------------------ */

static __u64 host_prot(__u32 prot)
{
	return ((prot & MAP_PROT_READ) ? PROT_READ : 0) |
	       ((prot & MAP_PROT_WRITE) ? PROT_WRITE : 0) |
	       ((prot & MAP_PROT_EXEC) ? PROT_EXEC : 0);
}

static struct stub_call mmap_call(__u64 va, __u64 len, __u64 prot, int fd,
				  __u64 off)
{
	return (struct stub_call) {
		.nr = SYS_mmap,
		.arg = { va, len, prot,
			 (secret & ~0xffffffffULL) |
			 MAP_SHARED | MAP_FIXED | MAP_POPULATE,
			 secret << 32 | (__u32)fd, off },
	};
}

/* All but mmap have the sixth argument free. */
static struct stub_call other_call(__u64 nr, __u64 a, __u64 b, __u64 c)
{
	return (struct stub_call) { .nr = nr, .arg = { a, b, c, 0, 0, secret } };
}

static struct stub_call call_of(const struct map_op *op)
{
	switch (op->kind) {
	case MAP_OP_MAP:
		return mmap_call(op->va, op->len, host_prot(op->prot),
				 STUB_FD_RAM, op->off);
	case MAP_OP_PROTECT:
		return other_call(SYS_mprotect, op->va, op->len,
				  host_prot(op->prot));
	default:
		return other_call(SYS_munmap, op->va, op->len, 0);
	}
}

static bool has_thread(const struct guest_mm *mm, unsigned int cpu)
{
	return mm->slot[cpu] && mm->slot[cpu]->live;
}

static int hold_each(struct guest_mm *mm, unsigned int *ret)
{
	unsigned int i;
	int err = 0;

	*ret = 0;
	for (i = 0; i < ncpus && !err; i++) {
		if (!has_thread(mm, i))
			continue;
		err = slot_hold(mm->slot[i]);
		(*ret)++;
	}
	return err;
}

static bool all_still_held(struct guest_mm *mm)
{
	unsigned int i;
	bool all_held = true;

	for (i = 0; i < ncpus; i++)
		if (has_thread(mm, i))
			slot_seal(mm->slot[i]);
	for (i = 0; i < ncpus; i++)
		if (has_thread(mm, i) && !slot_still_held(mm->slot[i]))
			all_held = false;
	return all_held;
}

/*
 * Every thread of the process sleeps in the stub, so nobody can look. The one
 * held last could have set going those held first: if they all slept until
 * after that was undone, nobody can any more.
 */
static int hold_all(struct guest_mm *mm)
{
	unsigned int threads;
	int err;

	do
		err = hold_each(mm, &threads);
	while (!err && threads > 1 && !all_still_held(mm));
	return err;
}

/* Random numbers, some for each vCPU: a call to the host is not for one. */
static __u64 new_token(void)
{
	enum { TOKENS = 32 };
	static struct {
		unsigned int left;
		__u64 token[TOKENS];
	} stock[UM_VCPUS_MAX];
	const unsigned int cpu = this_vcpu()->cpu;

	if (!stock[cpu].left) {
		if (sys_getrandom(stock[cpu].token, sizeof(stock[cpu].token), 0) !=
		    sizeof(stock[cpu].token))
			os_die("seccomp: the host has no random numbers any more");
		stock[cpu].left = TOKENS;
	}
	return stock[cpu].token[--stock[cpu].left];
}

/*
 * A thread, which is held, is to make the first @nr calls in its slot. That it
 * did is believed if it knows the token: guest code never sees one before.
 */
static void load(struct stub_slot *slot, unsigned int nr)
{
	slot->token = new_token();
	slot->page->token = slot->token;
	slot->page->made = ~slot->token;
	slot->page->nr = nr;
	slot->loaded = true;
}

/* Hand the operations that were put off to a thread which will go on next. */
static int load_calls(struct guest_mm *mm, struct stub_slot *slot)
{
	struct stub_page *page = slot->page;
	unsigned int i;
	int err;

	err = hold_all(mm);
	if (err)
		return err;
	for (i = 0; i < mm->nr_ops; i++)
		page->call[i] = call_of(&mm->op[i]);
	load(slot, mm->nr_ops);
	mm->nr_ops = 0;
	return 0;
}

/*
 * Wait for a stop. A thread which stops before it has made the calls it was
 * given, and wiped them, came to the stub by a way of its guest's, with signals
 * allowed or to be traced; what is left there must not be seen. Nor is it enough
 * that none is left: the host may have written a signal's frame over the slot.
 */
static int await_stop(struct stub_slot *slot)
{
	int err = slot_await(slot);

	if (slot->loaded && !err &&
	    (slot->page->nr || slot->page->made != slot->token)) {
		slot_kill(slot);
		err = -ESRCH;
	}
	slot->loaded = false;
	return err;
}

static int call_error(const struct stub_page *page)
{
	__s32 err = page->err;

	return err < 0 && err > -4096 ? err : -EIO;
}

/* Have a thread make the calls in its slot and stop again. */
static int make_calls(struct stub_slot *slot)
{
	struct stub_page *page = slot->page;
	int err;

	page->flags |= STUB_STOP_AFTER;
	slot_give(slot, SLOT_TELL_BY_FUTEX);
	err = await_stop(slot);
	page->flags &= ~STUB_STOP_AFTER;
	if (err)
		return err;
	if (page->signo == STUB_CALL_FAILED)
		return call_error(page);
	return page->signo == STUB_CALLS_DONE ? 0 : -EPROTO;
}

/* Any thread will do; this vCPU's, if there is one, is in our cache. */
static struct stub_slot *worker(struct guest_mm *mm)
{
	unsigned int cpu = this_vcpu()->cpu;

	return mm->slot[has_thread(mm, cpu) ? cpu : 0];
}

static int apply_now(struct guest_mm *mm)
{
	struct stub_slot *slot = worker(mm);
	int err;

	if (!mm->nr_ops)
		return 0;
	err = load_calls(mm, slot);
	return err ?: make_calls(slot);
}

static int seccomp_mm_apply(struct guest_mm *mm, const struct map_op *ops,
			    unsigned int nr, bool now)
{
	int err = 0;

	for (; nr && !err; nr--) {
		if (mm->nr_ops == OPS_MAX)
			err = apply_now(mm);
		mm->op[mm->nr_ops++] = *ops++;
	}
	if (now && !err)
		err = apply_now(mm);
	return err;
}

/* --- processes and threads ------------------------------------------------ */

static int new_slot(unsigned int cpu, struct stub_slot **ret)
{
	struct stub_slot *slot = heap_zalloc(sizeof(*slot));
	int err;

	if (!slot)
		return -ENOMEM;
	lock(&list_lock);
	slot->index = slots_made;
	err = spawn_host_page(slot->index, &slot->page);
	if (!err)
		slots_made++;
	unlock(&list_lock);
	if (err) {
		heap_free(slot);
		return err;
	}
	slot->va = STUB_DATA + (__u64)cpu * STUB_DATA_SIZE;
	*ret = slot;
	return 0;
}

static void reset_slot(struct stub_slot *slot)
{
	memset(slot->page, 0, STUB_DATA_SIZE);
	slot->page->flags = base_flags;
	slot->page->turn = STUB_TURN_GUEST;
	slot->page->trap = STUB_TELLS_BY_FUTEX;
	slot->page->kernel_pid = sys_getpid();
	slot->core = -1;
	slot->apart = false;
	slot->held = false;
	slot->lost = false;
	slot->kicked = false;
	slot->stop = SLOT_SAID;
	slot->notices = false;
	slot->shy = 0;
	slot->partial = false;
	slot->loaded = false;
	slot->bases[0] = 0;
	slot->bases[1] = 0;
}

static int new_structure(struct guest_mm **ret)
{
	struct guest_mm *mm;
	int err;

	lock(&list_lock);
	mm = unused;
	if (mm)
		unused = mm->next;
	unlock(&list_lock);
	if (mm) {
		reset_slot(mm->slot[0]);
		*ret = mm;
		return 0;
	}

	mm = heap_zalloc(sizeof(*mm) + ncpus * sizeof(mm->slot[0]));
	if (!mm)
		return -ENOMEM;
	err = new_slot(0, &mm->slot[0]);
	if (err) {
		heap_free(mm);
		return err;
	}
	reset_slot(mm->slot[0]);
	lock(&list_lock);
	mm->next_all = all;
	__atomic_store_n(&all, mm, __ATOMIC_RELEASE);
	unlock(&list_lock);
	*ret = mm;
	return 0;
}

static void release_structure(struct guest_mm *mm)
{
	unsigned int i;

	for (i = 0; i < ncpus; i++)
		if (mm->slot[i])
			mm->slot[i]->live = false;
	lock(&list_lock);
	mm->pid = 0;
	mm->nr_ops = 0;
	mm->next = unused;
	unused = mm;
	unlock(&list_lock);
}

static __u64 slot_offset(const struct stub_slot *slot)
{
	return (__u64)slot->index * STUB_DATA_SIZE;
}

/* Whoever waits for a process that has died must know. */
static void check_alive(struct guest_mm *mm)
{
	siginfo_t si = { };
	unsigned int i;

	if (mm->pid <= 0 ||
	    sys_call(SYS_waitid, P_PID, mm->pid, &si,
		     WEXITED | WNOHANG | WNOWAIT, NULL) || !si.si_pid)
		return;
	for (i = 0; i < ncpus; i++)
		if (has_thread(mm, i))
			slot_lost(mm->slot[i]);
}

/* Let the host look, at each call of the guest, whether we want a signal. */
static int choose_by_slot(struct stub_slot *slot)
{
	struct stub_page *page = slot->page;
	int err = slot_hold(slot);

	if (err)
		return err;
	page->call[0] = (struct stub_call) {
		.nr = SYS_prctl,
		.arg = { PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON,
			 STUB_CODE, STUB_AREA_END - STUB_CODE,
			 slot->va + STUB_PAGE_TRAP, secret },
	};
	load(slot, 1);
	return make_calls(slot);
}

/*
 * Let the template fork. The child replaces the slot it inherits by its own
 * and finds two more calls there: it is to end when we do, and to make sure
 * that we had not ended before (see stub_signal.S).
 */
static int fork_template(struct guest_mm *mm)
{
	struct stub_slot *parent = template->slot[0], *child = mm->slot[0];
	int err;

	err = frame_copy(parent, child);
	if (!err)
		err = slot_hold(parent);
	if (err)
		return err;
	parent->page->call[0] = other_call(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0);
	parent->page->call[1] = mmap_call(child->va, STUB_DATA_SIZE,
					  PROT_READ | PROT_WRITE, STUB_FD_DATA,
					  slot_offset(child));
	load(parent, 1);
	child->page->call[2] = other_call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0);
	child->page->call[3] = other_call(SYS_getppid, 0, 0, 0);
	child->page->nr = 3;
	child->page->flags |= STUB_STOP_AFTER;

	err = make_calls(parent);
	if (err)
		return err;
	mm->pid = parent->page->call[0].result;
	child->pid = mm->pid;
	child->tid = mm->pid;
	child->core = parent->core;
	child->apart = parent->apart;
	child->live = true;
	/* If it has died already, the signal came before we knew its name. */
	check_alive(mm);
	err = slot_await(child);
	child->page->flags &= ~STUB_STOP_AFTER;
	if (!err && child->page->signo != STUB_CALLS_DONE)
		err = call_error(child->page);
	parent->page->call[1] = (struct stub_call) { };
	child->page->call[1] = (struct stub_call) { };
	if (!err && notice_ready())
		err = choose_by_slot(child);
	return err;
}

/* A thread for another vCPU. */
static int add_thread(struct guest_mm *mm, unsigned int cpu)
{
	const unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES |
				    CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	struct stub_slot *by = mm->slot[0], *slot;
	struct { __u64 sp, flags, size; } *stack;
	int err = 0;

	/* There is one already if the structure had another process before. */
	if (!mm->slot[cpu])
		err = new_slot(cpu, &mm->slot[cpu]);
	if (err)
		return err;
	slot = mm->slot[cpu];
	reset_slot(slot);
	err = apply_now(mm);
	if (!err)
		err = hold_all(mm);
	if (!err)
		err = frame_copy(by, slot);
	if (err)
		return err;

	by->page->call[0] = mmap_call(slot->va, STUB_DATA_SIZE,
				      PROT_READ | PROT_WRITE, STUB_FD_DATA,
				      slot_offset(slot));
	by->page->call[1] = other_call(SYS_clone, flags, slot->va, 0);
	load(by, 2);
	/* The argument of the thread's only call, behind its list. */
	stack = (void *)&slot->page->call[1];
	stack->sp = slot->va + STUB_STACK;
	stack->size = STUB_DATA_SIZE - STUB_STACK;
	slot->page->call[0] = other_call(SYS_sigaltstack, slot->va +
					 offsetof(struct stub_page, call[1]),
					 0, 0);
	slot->page->nr = 1;
	slot->page->flags |= STUB_STOP_AFTER;

	by->page->flags |= STUB_CLONES_THREAD;
	err = make_calls(by);
	if (!err) {
		slot->pid = mm->pid;
		slot->tid = by->page->call[1].result;
		slot->live = true;
		err = slot_await(slot);
	}
	/* The new thread looks at it too. */
	by->page->flags &= ~STUB_CLONES_THREAD;
	slot->page->flags &= ~STUB_STOP_AFTER;
	if (!err && slot->page->signo != STUB_CALLS_DONE)
		err = call_error(slot->page);
	if (err) {
		/* The process may have the slot, but no thread to wipe it. */
		memset(slot->page, 0, STUB_DATA_SIZE);
		slot_kill(by);
	}
	return err;
}

static int seccomp_mm_attach(struct guest_mm *mm)
{
	unsigned int cpu = this_vcpu()->cpu;

	return has_thread(mm, cpu) ? 0 : add_thread(mm, cpu);
}

static void end_process(struct guest_mm *mm)
{
	int pid = mm->pid, status;

	if (pid > 0) {
		mm->pid = 0;
		sys_kill(pid, SIGKILL);
		while (sys_wait4(pid, &status, __WALL) == -EINTR)
			;
	}
	release_structure(mm);
}

/*
 * A process for another program: nothing the last one left in the slots may
 * be found, or believed. That it has really stopped is only proven here, and
 * that it does as it is told by the calls that empty it: its last guest may have
 * feigned its end.
 */
static int refresh(struct guest_mm *mm)
{
	struct stub_slot *slot;
	unsigned int i;
	int err;

	err = hold_all(mm);
	for (i = 0; i < ncpus && !err; i++) {
		if (!has_thread(mm, i))
			continue;
		slot = mm->slot[i];
		memset(slot->page, 0, STUB_STACK);
		slot->page->flags = base_flags;
		slot->page->turn = STUB_TURN_KERNEL;
		slot->partial = false;
		slot->loaded = false;
		/* Guest code may have set them itself, in the stub. */
		slot->bases[0] = ~0ULL;
		slot->bases[1] = ~0ULL;
		err = frame_copy(template->slot[0], slot);
	}
	return err;
}

/*
 * A process which cannot be held is dead afterwards: see slot_hold(). That a
 * thread waits for an answer is not enough: it may keep kicks away, and would go
 * on with its guest's code as soon as it is answered.
 */
static void seccomp_mm_hold(struct guest_mm *mm)
{
	hold_all(mm);
}

static bool usable(const struct guest_mm *mm)
{
	unsigned int i;

	for (i = 0; i < ncpus; i++)
		if (has_thread(mm, i) && mm->slot[i]->lost)
			return false;
	return true;
}

static struct guest_mm *take_from_pool(void)
{
	struct guest_mm *mm;

	lock(&list_lock);
	mm = pool;
	if (mm) {
		pool = mm->next;
		pool_nr--;
	}
	unlock(&list_lock);
	return mm;
}

static int seccomp_mm_create(struct guest_mm **ret)
{
	struct guest_mm *mm;
	int err;

	while ((mm = take_from_pool())) {
		if (!refresh(mm) && !apply_now(mm)) {
			*ret = mm;
			return 0;
		}
		end_process(mm);
	}
	err = new_structure(&mm);
	if (err)
		return err;
	lock(&template_lock);
	err = fork_template(mm);
	unlock(&template_lock);
	if (err) {
		end_process(mm);
		return err;
	}
	*ret = mm;
	return 0;
}

static void seccomp_mm_destroy(struct guest_mm *mm)
{
	bool keep;

	if (!mm)
		return;
	/* Emptied when it is taken again. */
	mm->op[0] = (struct map_op) {
		.kind = MAP_OP_UNMAP, .va = 0, .len = UM_GUEST_TOP,
	};
	mm->nr_ops = 1;
	lock(&list_lock);
	keep = usable(mm) && pool_nr < POOL_MAX;
	if (keep) {
		mm->next = pool;
		pool = mm;
		pool_nr++;
	}
	unlock(&list_lock);
	if (!keep)
		end_process(mm);
}

/* --- running -------------------------------------------------------------- */

/*
 * Hosts that do not let programs write the bases have a call for it. The guest
 * may make that one itself, so it carries no secret and nobody need be held.
 * They come after the @nr calls which are there.
 */
static void set_bases(struct stub_slot *slot, const struct guest_regs *regs,
		      unsigned int nr)
{
	enum { SET_GS = 0x1001, SET_FS = 0x1002 };
	const __u64 want[2] = { regs->fs_base, regs->gs_base };
	struct stub_page *page = slot->page;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (slot->bases[i] == want[i])
			continue;
		slot->bases[i] = want[i];
		page->call[nr++] = (struct stub_call) {
			.nr = SYS_arch_prctl,
			.arg = { i ? SET_GS : SET_FS, want[i] },
		};
	}
	page->nr = nr;
}

static int prepare(struct guest_mm *mm, struct stub_slot *slot,
		   const struct guest_regs *regs, bool step)
{
	unsigned int nr = mm->nr_ops;
	int err = frame_put(slot, regs, step);

	if (!err && nr)
		err = load_calls(mm, slot);
	if (!err && !(base_flags & STUB_HAS_FSGSBASE))
		set_bases(slot, regs, nr);
	return err;
}

static int complete(struct stub_slot *slot, struct guest_regs *regs)
{
	int err;

	if (!slot->partial)
		return 0;
	slot->partial = false;
	err = slot_recall(slot);
	return err ?: frame_rest(slot, regs);
}

/* What was not mapped before can wait for another stop, or a fault. */
static bool only_maps(const struct guest_mm *mm)
{
	unsigned int i;

	for (i = 0; i < mm->nr_ops; i++)
		if (mm->op[i].kind != MAP_OP_MAP)
			return false;
	return true;
}

/* Nothing but the result of its call is news to the guest. */
static bool can_answer(const struct guest_mm *mm, const struct stub_slot *slot,
		       const struct guest_regs *regs, bool step)
{
	return slot->partial && slot->stop == SLOT_CALLS && !step &&
	       regs->ip == slot->call.ip && only_maps(mm);
}

static int give(struct guest_mm *mm, struct stub_slot *slot,
		struct guest_regs *regs, bool step)
{
	int err;

	if (can_answer(mm, slot, regs, step)) {
		err = slot_answer(slot, regs->ax);
		if (!err) {
			slot->partial = false;
			return 0;
		}
	}
	err = complete(slot, regs);
	/* One that was to settle may still be on its way to the stub. */
	if (!err)
		err = slot_recall(slot);
	if (!err)
		err = prepare(mm, slot, regs, step);
	if (!err)
		slot_give(slot, step ? SLOT_TELL_BY_FUTEX : SLOT_TELL_BEST);
	return err;
}

static int seccomp_run(struct guest_mm *mm, struct guest_regs *regs, bool step,
		       struct guest_event *ev)
{
	struct um_vcpu *v = this_vcpu();
	struct stub_slot *slot = mm->slot[v->cpu];
	int err = 0;

	/* From here on, an interrupt kicks the guest. */
	v->guest = mm;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (v->pending) {
		v->guest = NULL;
		ev->kind = GUEST_EVENT_KICK;
		return 0;
	}
	err = give(mm, slot, regs, step);
	if (err) {
		v->guest = NULL;
		return err;
	}

	/* A kick before it ran was put off, or was taken for a recall. */
	if (v->pending)
		slot_kick(slot);
	err = await_stop(slot);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	v->guest = NULL;
	slot->old = false;
	some_notice |= slot->notices;
	if (err) {
		ev->kind = GUEST_EVENT_DIED;
		ev->signo = SIGKILL;
		return 0;
	}
	if (slot->stop == SLOT_CALLS) {
		frame_of_call(&slot->call, regs);
		slot->partial = true;
		ev->kind = GUEST_EVENT_SYSCALL;
		return 0;
	}
	if (slot->page->signo == STUB_CALL_FAILED) {
		ev->kind = GUEST_EVENT_MAP_FAILED;
		ev->code = call_error(slot->page);
		return 0;
	}
	return frame_get(slot, regs, step, ev);
}

static void seccomp_kick(struct guest_mm *mm)
{
	slot_kick(mm->slot[this_vcpu()->cpu]);
}

static int seccomp_regs_complete(struct guest_mm *mm, struct guest_regs *regs)
{
	struct stub_slot *slot = mm->slot[this_vcpu()->cpu];

	/* There is none if this vCPU has not run it. */
	return slot ? complete(slot, regs) : 0;
}

/*
 * A thread that waits for an answer cannot be frozen on the host, with its
 * container or when the machine is suspended. That is all right while its call
 * is served, but it may be one that takes hours.
 */
static bool seccomp_settle(enum um_settle which)
{
	struct guest_mm *mm;
	struct stub_slot *slot;

	if (!some_notice || which == UM_SETTLE_NONE)
		return some_notice;
	some_notice = false;
	for (mm = __atomic_load_n(&all, __ATOMIC_ACQUIRE); mm; mm = mm->next_all) {
		slot = mm->slot[0];
		if (mm->pid <= 0 ||
		    (slot->stop != SLOT_CALLS && slot->stop != SLOT_NOTICE))
			continue;
		if (which == UM_SETTLE_ALL || slot->old) {
			slot_settle(slot);
		} else {
			slot->old = true;
			some_notice = true;
		}
	}
	return some_notice;
}

static int seccomp_fp_get(struct guest_mm *mm, unsigned int cpu, void *buf)
{
	struct stub_slot *slot = mm->slot[cpu];

	return slot_recall(slot) ?: frame_fp_get(slot, buf);
}

static int seccomp_fp_set(struct guest_mm *mm, const void *buf)
{
	struct stub_slot *slot = mm->slot[this_vcpu()->cpu];

	return slot_recall(slot) ?: frame_fp_set(slot, buf);
}

static guest_va_t seccomp_host_clock(void)
{
	return template->slot[0]->page->host_clock;
}

/* --- start and end --------------------------------------------------------- */

static void on_child(int sig, siginfo_t *info, void *ctx)
{
	struct guest_mm *mm;

	(void)sig;
	(void)info;
	(void)ctx;
	for (mm = __atomic_load_n(&all, __ATOMIC_ACQUIRE); mm; mm = mm->next_all)
		check_alive(mm);
}

static int watch_children(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_child,
		.sa_flags = SA_SIGINFO | SA_RESTART | SA_NOCLDSTOP,
	};

	sigfillset(&sa.sa_mask);
	return sigaction(SIGCHLD, &sa, NULL) ? -EINVAL : 0;
}

static int try_filter(void)
{
	static struct sock_filter program[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 1, .filter = program };
	int err;

	err = sys_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return err ?: sys_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int seccomp_probe(const char **why)
{
	__u32 trap = SECCOMP_RET_TRAP;
	int pid, status = 0;

	if (sys_call(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &trap)) {
		*why = "the host's kernel has no seccomp filters that trap";
		return -ENOSYS;
	}
	pid = sys_call(SYS_fork);
	if (pid < 0) {
		*why = "cannot fork";
		return pid;
	}
	if (!pid)
		sys_call(SYS_exit_group, -try_filter());
	while (sys_wait4(pid, &status, __WALL) == -EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	*why = "installing a seccomp filter is forbidden here";
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

/* Have the template send its listener, and keep nothing that it needs not. */
static int take_listener(struct stub_slot *slot, int socket)
{
	struct stub_page *page = slot->page;
	const int fd = page->call[0].result;
	const bool notices = page->notices;
	unsigned int nr = 0;
	int err = slot_hold(slot);

	if (err)
		return err;
	if (notices) {
		notice_message(slot, fd, &page->call[nr]);
		page->call[nr++].arg[5] = secret;
		page->call[nr++] = other_call(SYS_close, fd, 0, 0);
	}
	page->call[nr++] = other_call(SYS_close, STUB_FD_SOCKET, 0, 0);
	load(slot, nr);
	err = make_calls(slot);
	if (!err && notices)
		err = notice_open(socket, page->ip_notice);
	return err;
}

static int start_template(int ram_fd, bool notices, const int sockets[2])
{
	struct stub_slot *slot;
	int err;

	err = new_structure(&template);
	if (err)
		return err;
	slot = template->slot[0];
	slot->page->notices = notices;
	slot->page->mode = STUB_MODE_SECCOMP;
	slot->page->call[0].arg[5] = secret;
	slot->page->go = 1;
	template->pid = spawn_host_first(ram_fd, sockets[1]);
	if (template->pid < 0)
		return template->pid;
	slot->pid = template->pid;
	slot->tid = template->pid;
	slot->live = true;
	check_alive(template);
	err = slot_await(slot);
	if (err)
		return err;
	if (slot->page->version != STUB_VERSION ||
	    slot->page->signo != SIGTRAP || slot->page->err)
		return slot->page->err < 0 ? call_error(slot->page) : -EPROTO;

	/* The stack of the stub's C code, which has known the secret. */
	memset((char *)slot->page + STUB_STACK, 0, STUB_BOOT_STACK - STUB_STACK);
	err = frame_learn(slot);
	return err ?: take_listener(slot, sockets[0]);
}

static int seccomp_init(const struct um_backend_params *p)
{
	int err, sockets[2];

	ncpus = p->ncpus;
	if (p->fsgsbase)
		base_flags = STUB_HAS_FSGSBASE;
	if (sys_getrandom(&secret, sizeof(secret), 0) != sizeof(secret))
		return -EIO;
	spin_init(p->spin);
	err = watch_children();
	if (!err)
		err = spawn_host_init();
	if (!err)
		err = sys_call(SYS_socketpair, AF_UNIX,
			       SOCK_DGRAM | SOCK_CLOEXEC, 0, sockets);
	if (err)
		return err;
	/* A listener hears all threads, so only one vCPU can listen. */
	err = start_template(p->ram_fd, p->notices && ncpus == 1, sockets);
	sys_close(sockets[0]);
	sys_close(sockets[1]);
	if (err)
		return err;
	vcpu_set_guest_kick(seccomp_kick);
	os_at_exit(seccomp_host_backend.exit);
	return 0;
}

static const char *seccomp_about(void)
{
	return notice_ready() ? ", calls by notices" : "";
}

static void seccomp_exit(void)
{
	struct guest_mm *mm;

	for (mm = __atomic_load_n(&all, __ATOMIC_ACQUIRE); mm; mm = mm->next_all)
		if (mm->pid > 0)
			sys_kill(mm->pid, SIGKILL);
}

const struct um_backend seccomp_host_backend = {
	.name = "seccomp",
	.max_cpus = STUB_SLOTS,
	.probe = seccomp_probe,
	.init = seccomp_init,
	.about = seccomp_about,
	.exit = seccomp_exit,
	.mm_create = seccomp_mm_create,
	.mm_destroy = seccomp_mm_destroy,
	.mm_attach = seccomp_mm_attach,
	.mm_hold = seccomp_mm_hold,
	.mm_apply = seccomp_mm_apply,
	.run = seccomp_run,
	.regs_complete = seccomp_regs_complete,
	.fp_size = frame_fp_size,
	.fp_get = seccomp_fp_get,
	.fp_set = seccomp_fp_set,
	.fp_init = frame_fp_init,
	.kick = seccomp_kick,
	.settle = seccomp_settle,
	.host_clock = seccomp_host_clock,
};
