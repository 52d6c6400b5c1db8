// SPDX-License-Identifier: GPL-2.0
/*
 * Handing a guest over. Kernel and stub thread share the word "turn"; each
 * sets it to the other's value when it is done, and sleeps until it is its own
 * again: the stub on that word, the kernel on one of its own. Each first says
 * that it is about to sleep, so that the other makes the call to wake it only
 * then.
 *
 * Guest code can write the words too. That is why the kernel asks the host
 * before it trusts a sleeping thread with anything: moving a waiter from one
 * futex to another says how many there were, only stub threads ever wait on
 * "turn", and they can do so only inside the stub (see stub_signal.S).
 *
 * Where the kernel listens, a thread may tell of its stop by a notice instead
 * (notice_host.h), which needs no proof: it sleeps on the host until it is
 * answered. That is for sides that take turns; spinning wants words.
 *
 * A sleeper need not stay where it was moved to. Whatever makes the host look
 * at it again (it was stopped and continued, a wake-up that was on its way
 * came late) sends it back to "turn", if that word still tells it to sleep.
 */
#include <sched.h>
#include <sys/wait.h>
#include <linux/futex.h>

#include <host/vcpu.h>
#include "../stub/stub_layout.h"
#include "os-Linux/affinity_internal.h"
#include "os-Linux/sys.h"
#include "slot_host.h"
#include "spin_host.h"
#include "thread_host.h"

enum {
	/* How often a thread is asked whether it sleeps, without much ado. */
	HOLD_YIELDS = 16,
	/* Naps that take two seconds in all: then its process is looked at. */
	HOLD_NAPS = 200,
	/* It is a few instructions from its sleep. Hundredths of a second. */
	HOLD_MAY_RUN = 20,
	/* After a recall, for which the thread was woken in vain. */
	SHY_TURNS = 16,
	/* How much longer we look for one that is to wake up first. */
	WOKEN_LOOKS = 4,
	/* A kicked guest is looked at each second. */
	KICK_TICK_NS = 10 * 1000 * 1000,
	KICK_TICKS = 100,
	LONG_S = 3600,
	/* In the stub kicks are blocked too: unmapping much takes its time. */
	KICK_MAY_RUN = 100,
};

/* Shared futexes: the other side is another process. Return: one was woken. */
static bool wake(__u32 *word)
{
	return sys_futex(word, FUTEX_WAKE, 1, NULL) == 1;
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

	slot->page->spin = looks;
	slot->looks = looks;
	if (core < 0 || (core == slot->core && apart == slot->apart))
		return apart;
	if (!(apart ? affinity_part(slot->tid, core) :
		      affinity_move(slot->tid, core))) {
		slot->core = core;
		slot->apart = apart;
	}
	return apart;
}

void slot_quiet(const struct stub_slot *slot)
{
	slot->page->spin = 0;
}

static void choose_way(struct stub_slot *slot, bool notices)
{
	if (notices && slot->shy) {
		slot->shy--;
		notices = false;
	}
	slot->notices = notices;
	slot->page->trap = notices ? STUB_TELLS_BY_NOTICE : STUB_TELLS_BY_FUTEX;
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

void slot_give(struct stub_slot *slot, enum slot_tell tell)
{
	const enum slot_stop stop = slot->stop;
	struct stub_page *page = slot->page;
	bool spins = seat_guest(slot);

	choose_way(slot, tell == SLOT_TELL_BEST && notice_ready() && !spins);
	slot->stop = SLOT_RUNS;
	__atomic_exchange_n(&page->turn, STUB_TURN_GUEST, __ATOMIC_SEQ_CST);
	if (stop == SLOT_NOTICE) {
		notice_answer(slot, STUB_TURN_GUEST);
		return;
	}
	if (slot->held) {
		slot->held = false;
		slot->looks *= WOKEN_LOOKS;
		spin_forced();
		if (!wake(&page->hold))
			wake(&page->turn);
	} else if (__atomic_load_n(&page->stub_waits, __ATOMIC_SEQ_CST)) {
		if (slot->looks)
			spin_slow();
		slot->looks *= WOKEN_LOOKS;
		wake(&page->turn);
	}
}

static bool stopped(const struct stub_slot *slot)
{
	return __atomic_load_n(&slot->page->turn, __ATOMIC_SEQ_CST) !=
	       STUB_TURN_GUEST;
}

/* A guest that was kicked, and has not stopped yet. */
struct kick_watch {
	unsigned int ticks;
	struct thread_watch thread;
};

#define KICK_WATCH {							\
	.thread = {							\
		.may_run = KICK_MAY_RUN,				\
		.blocked = 1ULL << (STUB_KICK_SIGNAL - 1),		\
	},								\
}

/*
 * It is to stop soon. One which can keep the signal away (it has forged the
 * frame of a sigreturn) would never: now and then the host is asked what it
 * does.
 */
static void kick_tick(const struct stub_slot *slot, struct kick_watch *watch)
{
	if (++watch->ticks % KICK_TICKS)
		return;
	if (thread_strays(slot->pid, slot->tid, &watch->thread))
		sys_kill(slot->pid, SIGKILL);
}

static int await_notice(struct stub_slot *slot)
{
	struct kick_watch watch = KICK_WATCH;
	int err;

	do {
		notice_expect();
		if (__atomic_load_n(&slot->lost, __ATOMIC_SEQ_CST))
			return -ESRCH;
		err = notice_take(slot, __atomic_load_n(&slot->kicked,
							__ATOMIC_SEQ_CST));
		if (err == -ETIMEDOUT)
			kick_tick(slot, &watch);
	} while (err);
	__atomic_store_n(&slot->kicked, false, __ATOMIC_RELAXED);
	return 0;
}

static int await_turn(struct stub_slot *slot)
{
	const struct timespec tick = { .tv_nsec = KICK_TICK_NS };
	/* A wait that has an end is not begun again after a signal. */
	const struct timespec long_time = { .tv_sec = LONG_S };
	struct kick_watch watch = KICK_WATCH;
	struct stub_page *page = slot->page;

	spin_wait(&page->turn, STUB_TURN_GUEST, slot->looks);
	if (slot->looks && !stopped(slot))
		spin_slow();
	while (!stopped(slot) && !__atomic_load_n(&slot->lost, __ATOMIC_SEQ_CST)) {
		__atomic_exchange_n(&page->kernel_waits, 1, __ATOMIC_SEQ_CST);
		if (stopped(slot))
			break;
		if (!__atomic_load_n(&slot->kicked, __ATOMIC_SEQ_CST))
			sys_futex(&page->kernel_waits, FUTEX_WAIT, 1, &long_time);
		else if (sys_futex(&page->kernel_waits, FUTEX_WAIT, 1, &tick) ==
			 -ETIMEDOUT)
			kick_tick(slot, &watch);
	}
	__atomic_store_n(&page->kernel_waits, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&slot->kicked, false, __ATOMIC_RELAXED);
	slot->stop = SLOT_SAID;
	return slot->lost ? -ESRCH : 0;
}

int slot_await(struct stub_slot *slot)
{
	return slot->notices ? await_notice(slot) : await_turn(slot);
}

/* Dead, not only about to die; it is reaped elsewhere. */
void slot_kill(struct stub_slot *slot)
{
	siginfo_t si;

	sys_kill(slot->pid, SIGKILL);
	while (sys_call(SYS_waitid, P_PID, slot->pid, &si, WEXITED | WNOWAIT,
			NULL) == -EINTR)
		;
	slot->lost = true;
}

/* The kick leads it to the stub when it comes out of the call. */
static void call_off(struct stub_slot *slot)
{
	slot->shy = SHY_TURNS;
	sys_tgkill(slot->pid, slot->tid, STUB_KICK_SIGNAL);
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
	int err = 0;

	if (slot->stop == SLOT_COMES) {
		err = await_turn(slot);
	} else if (slot->stop == SLOT_CALLS) {
		call_off(slot);
		err = await_notice(slot);
		if (!err && slot->stop == SLOT_CALLS) {
			/* It keeps kicks away, and went on. */
			slot_kill(slot);
		}
	}
	return slot->lost ? -ESRCH : err;
}

static int move_sleeper(struct stub_page *page)
{
	return sys_call(SYS_futex, &page->turn, FUTEX_CMP_REQUEUE, 0, 1,
			&page->hold, STUB_TURN_KERNEL);
}

/* A thread that has said it stopped is a few instructions from its sleep. */
int slot_hold(struct stub_slot *slot)
{
	struct thread_watch watch = { .may_run = HOLD_MAY_RUN };
	unsigned int tries;

	if (slot_recall(slot))
		return -ESRCH;
	if (slot->stop == SLOT_NOTICE) {
		/* If we spun, it would have to sleep. */
		spin_forced();
		return slot->lost ? -ESRCH : 0;
	}
	slot_quiet(slot);
	for (tries = 0; !slot->held && !slot->lost; tries++) {
		if (move_sleeper(slot->page) == 1) {
			slot->held = true;
		} else if (tries < HOLD_YIELDS) {
			sched_yield();
		} else if (tries < HOLD_YIELDS + HOLD_NAPS ||
			   !thread_strays(slot->pid, slot->tid, &watch)) {
			os_vcpu_nap(tries - HOLD_YIELDS);
		} else {
			/* It never came: guest code that feigned to stop. */
			slot_kill(slot);
		}
	}
	return slot->lost ? -ESRCH : 0;
}

void slot_seal(const struct stub_slot *slot)
{
	__atomic_exchange_n(&slot->page->turn, STUB_TURN_KERNEL, __ATOMIC_SEQ_CST);
}

/* Moving a sleeper to where it is counts it. */
bool slot_still_held(struct stub_slot *slot)
{
	__u32 *hold = &slot->page->hold;

	slot->held = sys_call(SYS_futex, hold, FUTEX_REQUEUE, 0, 1, hold, 0) == 1;
	return slot->held;
}

/*
 * Not before it runs: a thread that waits for an answer might miss that, on
 * hosts before Linux 6.17, if a signal came as well. Whoever lets it run looks
 * for interrupts afterwards.
 */
void slot_kick(struct stub_slot *slot)
{
	if (slot->stop != SLOT_RUNS)
		return;
	sys_tgkill(slot->pid, slot->tid, STUB_KICK_SIGNAL);
	__atomic_store_n(&slot->kicked, true, __ATOMIC_SEQ_CST);
	/* No more sleep of any length: see slot_await(). */
	__atomic_store_n(&slot->page->kernel_waits, 0, __ATOMIC_SEQ_CST);
	notice_interrupt();
}

void slot_lost(struct stub_slot *slot)
{
	__atomic_store_n(&slot->lost, true, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slot->page->turn, STUB_TURN_KERNEL, __ATOMIC_SEQ_CST);
	__atomic_store_n(&slot->page->kernel_waits, 0, __ATOMIC_SEQ_CST);
	wake(&slot->page->kernel_waits);
	if (!notice_ready())
		return;
	/* We may be another thread's handler. */
	notice_interrupt();
	os_vcpu_kick(&os_vcpus[0], 0);
}
