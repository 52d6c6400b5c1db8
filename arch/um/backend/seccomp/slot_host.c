// SPDX-License-Identifier: GPL-2.0
/*
 * Handing a guest over. Kernel and guest thread share the word "turn"; each
 * sets it to the other's value when it is done, and sleeps until it is its own
 * again: the thread on that word, the kernel on one of its own. Each first says
 * that it is about to sleep, so that the other makes the call to wake it only
 * then. When mappings have to change before, the mapper gives the turn.
 *
 * Guest code can write the words too. What it gains is a stop which is none, or
 * that the kernel does not see one; the kernel then kicks it, again and again,
 * and kills it when it has run for longer than any kick takes.
 *
 * Where the kernel listens, a thread may tell of its stop by a notice instead
 * (notice_host.h): it sleeps on the host until it is answered. That is for sides
 * that take turns; spinning wants words.
 */
#include <sched.h>
#include <sys/wait.h>
#include <linux/futex.h>
#include <linux/seccomp.h>

#include <host/timer.h>
#include <host/vcpu.h>
#include "../common/child_host.h"
#include "../common/mapper_host.h"
#include "../stub/stub_layout.h"
#include "os-Linux/affinity_internal.h"
#include "os-Linux/sys.h"
#include "slot_host.h"
#include "spin_host.h"
#include "thread_host.h"

enum {
	/* After a recall, for which the thread was woken in vain. */
	SHY_TURNS = 16,
	/* How much longer we look for one that is to wake up first. */
	WOKEN_LOOKS = 4,
	/* A kicked guest is kicked again each tick, and looked at now and then. */
	KICK_TICK_NS = 10 * 1000 * 1000,
	KICK_TICKS = 25,
	LONG_S = 3600,
	/* Hundredths of a second. It is a few instructions from its stop. */
	KICK_MAY_RUN = 30,
	/* One that was late for so many ticks in all its life may run less. */
	LATE_MAX = 400,
	LATE_MAY_RUN = 5,
	/* Each who was killed halves what the next may do, for a while. */
	STRICT_MAX = 4,
};

#define STRICT_NS	(10ULL * 1000 * 1000 * 1000)

/* Shared futexes: the other side is another process. */
static void wake(__u32 *word)
{
	sys_futex(word, FUTEX_WAKE, 1, NULL);
}

void slot_begin(struct stub_slot *slot)
{
	slot->page->turn = STUB_TURN_KERNEL;
	slot->page->way = STUB_TELLS_BY_FUTEX;
	slot->rule->trap = STUB_TELLS_BY_FUTEX;
	slot->core = -1;
	slot->apart = false;
	slot->looks = 0;
	slot->kicked = false;
	slot->by_mapper = false;
	slot->stop = SLOT_SAID;
	slot->notices = false;
	slot->shy = 0;
	slot->old = false;
	slot->partial = false;
	slot->late = 0;
	slot->bases[0] = 0;
	slot->bases[1] = 0;
}

/*
 * If we take turns with the thread, have it where we are; if we spin for each
 * other, anywhere else. Return: whether we spin.
 */
static bool seat_guest(struct stub_slot *slot)
{
	int core = affinity_seat();
	__u32 looks = spin_choose(slot, core >= 0);
	bool apart = looks > 0;

	slot->rule->spin = looks;
	slot->looks = looks;
	if (core < 0 || (core == slot->core && apart == slot->apart))
		return apart;
	if (!(apart ? affinity_part(slot->thread->pid, core) :
		      affinity_move(slot->thread->pid, core))) {
		slot->core = core;
		slot->apart = apart;
	}
	return apart;
}

void slot_quiet(const struct stub_slot *slot)
{
	slot->rule->spin = 0;
}

static void choose_way(struct stub_slot *slot, bool notices)
{
	if (notices && slot->shy) {
		slot->shy--;
		notices = false;
	}
	slot->notices = notices;
	slot->rule->trap = notices ? STUB_TELLS_BY_NOTICE : STUB_TELLS_BY_FUTEX;
}

int slot_answer(struct stub_slot *slot, __u64 result)
{
	/* Its way is chosen anew in the stub only, where it looks at that once. */
	if (seat_guest(slot))
		return -EAGAIN;
	notice_answer(slot, result);
	slot->stop = SLOT_RUNS;
	return 0;
}

/* The mapper does it, when it has done what it was told. */
static bool give_by_mapper(struct stub_slot *slot, struct guest_mm *mm)
{
	struct stub_call give = {
		.nr = STUB_ORDER_TURN, .arg = { slot->va },
	};

	if (slot->stop == SLOT_NOTICE &&
	    !notice_order(slot, STUB_TURN_GUEST, &give))
		return false;
	slot->by_mapper = true;
	__atomic_store_n(&slot->page->turn, slot->stop == SLOT_NOTICE ?
			 STUB_TURN_GUEST : STUB_TURN_MAPPER, __ATOMIC_SEQ_CST);
	mapper_tell(mm, &give);
	return true;
}

static void give_by_word(struct stub_slot *slot)
{
	struct stub_page *page = slot->page;

	__atomic_exchange_n(&page->turn, STUB_TURN_GUEST, __ATOMIC_SEQ_CST);
	if (!__atomic_load_n(&page->stub_waits, __ATOMIC_SEQ_CST))
		return;
	if (slot->looks)
		spin_slow();
	slot->looks *= WOKEN_LOOKS;
	wake(&page->turn);
}

int slot_give(struct stub_slot *slot, struct guest_mm *mm, enum slot_tell tell)
{
	bool spins = seat_guest(slot);
	int err = 0;

	/* We look for the stop on the core which the mapper needs. */
	if (mapper_owes(mm) && spins)
		err = mapper_sync(mm);
	if (err < 0)
		return err;
	choose_way(slot, tell == SLOT_TELL_BEST && notice_ready() && !spins);
	if (mapper_owes(mm) && give_by_mapper(slot, mm)) {
		slot->stop_before = slot->stop;
		slot->stop = SLOT_RUNS;
		return 0;
	}
	if (mapper_owes(mm))
		err = mapper_sync(mm);
	if (err < 0)
		return err;
	if (slot->stop == SLOT_NOTICE) {
		__atomic_store_n(&slot->page->turn, STUB_TURN_GUEST,
				 __ATOMIC_SEQ_CST);
		notice_answer(slot, STUB_TURN_GUEST);
	} else {
		give_by_word(slot);
	}
	slot->stop = SLOT_RUNS;
	return 0;
}

static bool stopped(const struct stub_slot *slot)
{
	return __atomic_load_n(&slot->page->turn, __ATOMIC_SEQ_CST) ==
	       STUB_TURN_KERNEL;
}

static bool lost(const struct stub_slot *slot)
{
	return __atomic_load_n(&slot->thread->lost, __ATOMIC_SEQ_CST);
}

/*
 * How strict we are: how often threads were killed lately, for being late. One
 * process can only lose itself, but many could have the kernel wait for each of
 * them in turn.
 */
static unsigned int strict;
static __u64 strict_since;

static unsigned int strictness(void)
{
	const __u64 now = os_clock_monotonic();

	while (strict && now - strict_since > STRICT_NS) {
		strict--;
		strict_since += STRICT_NS;
	}
	return strict;
}

static void kill_late(const struct stub_slot *slot)
{
	child_kill(slot->thread);
	if (strictness() < STRICT_MAX)
		strict++;
	strict_since = os_clock_monotonic();
}

/* A guest that was kicked, and has not stopped yet. */
struct kick_watch {
	unsigned int ticks;
	struct thread_watch thread;
};

/*
 * It is to stop soon. What its slot, or its signal mask, says proves nothing:
 * only the time for which it runs does, and a sleep where none should be.
 */
static void kick_tick(struct stub_slot *slot, struct kick_watch *watch)
{
	const unsigned int level = strictness();
	const int pid = slot->thread->pid;

	sys_tgkill(pid, pid, STUB_KICK_SIGNAL);
	slot->late++;
	if (++watch->ticks < (unsigned int)KICK_TICKS >> level)
		return;
	watch->ticks = 0;
	watch->thread.may_run = slot->late < LATE_MAX ? KICK_MAY_RUN >> level :
							LATE_MAY_RUN;
	if (thread_strays(pid, pid, &watch->thread))
		kill_late(slot);
}

/*
 * It does not stop: perhaps because it does not have its turn. Return: 0 if it
 * has, or why not; -EAGAIN if somebody else was told why.
 */
static int check_mapper(struct stub_slot *slot, struct guest_mm *mm)
{
	int err;

	if (!slot->by_mapper)
		return 0;
	err = mapper_sync(mm);
	slot->by_mapper = false;
	if (err >= 0 && __atomic_load_n(&slot->page->turn, __ATOMIC_SEQ_CST) ==
			STUB_TURN_MAPPER)
		err = -EAGAIN;
	if (err >= 0)
		return 0;
	slot->stop = slot->stop_before;
	return err;
}

static int await_notice(struct stub_slot *slot, struct guest_mm *mm)
{
	struct kick_watch watch = { };
	int err, failed = 0;

	do {
		notice_expect();
		if (lost(slot))
			return -ESRCH;
		err = notice_take(slot, __atomic_load_n(&slot->kicked,
							__ATOMIC_SEQ_CST));
		if (err != -ETIMEDOUT)
			continue;
		failed = mm ? check_mapper(slot, mm) : 0;
		if (!failed)
			kick_tick(slot, &watch);
	} while (err && !failed);
	__atomic_store_n(&slot->kicked, false, __ATOMIC_RELAXED);
	slot->by_mapper = false;
	return failed;
}

static int await_turn(struct stub_slot *slot, struct guest_mm *mm)
{
	const struct timespec tick = { .tv_nsec = KICK_TICK_NS };
	/* A wait that has an end is not begun again after a signal. */
	const struct timespec long_time = { .tv_sec = LONG_S };
	struct stub_page *page = slot->page;
	struct kick_watch watch = { };
	int err = 0;

	spin_until(&page->turn, STUB_TURN_KERNEL, slot->looks);
	if (slot->looks && !stopped(slot))
		spin_slow();
	while (!err && !stopped(slot) && !lost(slot)) {
		__atomic_exchange_n(&page->kernel_waits, 1, __ATOMIC_SEQ_CST);
		if (stopped(slot))
			break;
		if (!__atomic_load_n(&slot->kicked, __ATOMIC_SEQ_CST)) {
			sys_futex(&page->kernel_waits, FUTEX_WAIT, 1, &long_time);
		} else if (sys_futex(&page->kernel_waits, FUTEX_WAIT, 1, &tick) ==
			   -ETIMEDOUT) {
			err = mm ? check_mapper(slot, mm) : 0;
			if (!err)
				kick_tick(slot, &watch);
		}
	}
	__atomic_store_n(&page->kernel_waits, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->kicked, false, __ATOMIC_RELAXED);
	if (!err)
		slot->stop = SLOT_SAID;
	slot->by_mapper = false;
	return lost(slot) ? -ESRCH : err;
}

int slot_await(struct stub_slot *slot, struct guest_mm *mm)
{
	return slot->notices ? await_notice(slot, mm) : await_turn(slot, mm);
}

/* The kick leads it to the stub when it comes out of the call. */
static void call_off(struct stub_slot *slot)
{
	const int pid = slot->thread->pid;

	slot->shy = SHY_TURNS;
	sys_tgkill(pid, pid, STUB_KICK_SIGNAL);
	__atomic_store_n(&slot->kicked, true, __ATOMIC_SEQ_CST);
	notice_answer(slot, 0);
}

void slot_settle(struct stub_slot *slot)
{
	const bool calls = slot->stop == SLOT_CALLS;

	choose_way(slot, false);
	__atomic_store_n(&slot->page->turn, STUB_TURN_GUEST, __ATOMIC_SEQ_CST);
	slot->stop = SLOT_COMES;
	if (calls)
		call_off(slot);
	else
		notice_answer(slot, 0);
}

int slot_recall(struct stub_slot *slot)
{
	struct host_child *before = child_watch(slot->thread);
	int err = 0;

	if (slot->stop == SLOT_COMES) {
		/* Guest code may have led it elsewhere: see to it that it comes. */
		__atomic_store_n(&slot->kicked, true, __ATOMIC_SEQ_CST);
		err = await_turn(slot, NULL);
	} else if (slot->stop == SLOT_CALLS) {
		call_off(slot);
		err = await_notice(slot, NULL);
		if (!err && slot->stop == SLOT_CALLS) {
			/* It keeps kicks away, and went on. */
			child_kill(slot->thread);
			err = -ESRCH;
		}
	}
	child_watch(before);
	return lost(slot) ? -ESRCH : err;
}

/*
 * Not before it runs: a thread that waits for an answer might miss that, on
 * hosts before Linux 6.17, if a signal came as well. Whoever lets it run looks
 * for interrupts afterwards.
 */
void slot_kick(struct stub_slot *slot)
{
	const int pid = slot->thread->pid;

	if (slot->stop != SLOT_RUNS)
		return;
	sys_tgkill(pid, pid, STUB_KICK_SIGNAL);
	__atomic_store_n(&slot->kicked, true, __ATOMIC_SEQ_CST);
	/* No more sleep of any length: see slot_await(). */
	__atomic_store_n(&slot->page->kernel_waits, 0, __ATOMIC_SEQ_CST);
	notice_interrupt();
}

void slot_lost(struct stub_slot *slot)
{
	__atomic_store_n(&slot->page->turn, STUB_TURN_KERNEL, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slot->page->kernel_waits, 0, __ATOMIC_SEQ_CST);
	wake(&slot->page->kernel_waits);
	if (!notice_ready())
		return;
	/* We may be another thread's handler. */
	notice_interrupt();
	os_vcpu_kick(&os_vcpus[0], 0);
}
