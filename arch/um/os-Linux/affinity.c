// SPDX-License-Identifier: GPL-2.0
/*
 * Seats: a vCPU and the guest it runs take turns, so they belong on one host
 * core. Left alone, the host wakes each of them on an idle core, and a stop
 * of the guest costs a wake-up across cores (ten times the price on a virtual
 * machine).
 *
 * A seat is not for ever: now and then the vCPU is let loose for one stop of
 * its guest, so that the host can wake it on a core with less to do, and then
 * takes its seat where it finds itself. Only if another vCPU sits there does it
 * choose for itself, as two of them on one core are slower than one.
 *
 * What others set holds (taskset). Whether a mask of one core is theirs or the
 * vCPU's seat cannot be told by it; but who means the whole program sets it for
 * all threads, and there is one, the witness, that never sets its own.
 */
#include <stdbool.h>
#include <sched.h>
#include <string.h>

#include <host/timer.h>
#include "affinity_internal.h"
#include "sys.h"
#include "this_vcpu.h"

enum {
	/* Cores a mask has room for: as many as Linux on x86 can have. */
	CORES_MAX = 8192,
	SEAT_NS = 200 * 1000 * 1000,
};

typedef struct {
	unsigned long word[CORES_MAX / 64];
} core_mask_t;

enum seat_state {
	/* One core only, or masks are refused: nothing to choose. */
	SEAT_NONE,
	SEAT_LOOSE,
	SEAT_TAKEN,
};

/* Cores the program may use, and how many. */
static core_mask_t allowed;
static unsigned int cores;
static unsigned int mask_bytes;

/* A thread that lets its mask be; 0 before it runs. */
static int witness;

/**
 * struct seat - where a vCPU is
 * @state: enum seat_state
 * @core: the core it was on last, -1 at first
 * @since: when it took the seat
 * @loose: which cores it was let loose on: see digest()
 * @witnessed: those of the witness when the seat was taken, too
 */
static struct seat {
	enum seat_state state;
	int core;
	__u64 since;
	__u64 loose;
	__u64 witnessed;
} seats[UM_VCPUS_MAX];

static bool get_mask(int tid, core_mask_t *mask)
{
	long n;

	memset(mask, 0, sizeof(*mask));
	n = sys_call(SYS_sched_getaffinity, tid, sizeof(*mask), mask);
	if (n <= 0)
		return false;
	mask_bytes = n;
	return true;
}

static unsigned int count_cores(const core_mask_t *mask)
{
	unsigned int i, n = 0;
	unsigned long left;

	for (i = 0; i < CORES_MAX / 64; i++)
		for (left = mask->word[i]; left; left &= left - 1)
			n++;
	return n;
}

static bool is_only(const core_mask_t *mask, int only)
{
	return count_cores(mask) == 1 &&
	       mask->word[only / 64] & 1UL << (only % 64);
}

/* Tells masks from each other (FNV-1a, by words). */
static __u64 digest(const core_mask_t *mask)
{
	__u64 d = 0xcbf29ce484222325;
	unsigned int i;

	for (i = 0; i < CORES_MAX / 64; i++)
		d = (d ^ mask->word[i]) * 0x100000001b3;
	return d;
}

/* Somebody else has set a mask for this vCPU, and means it. */
static void adopt(const core_mask_t *mask)
{
	allowed = *mask;
	cores = count_cores(mask);
}

void affinity_init(void)
{
	unsigned int i;

	cores = get_mask(0, &allowed) ? count_cores(&allowed) : 1;
	for (i = 0; i < UM_VCPUS_MAX; i++) {
		seats[i].state = cores > 1 ? SEAT_LOOSE : SEAT_NONE;
		seats[i].core = -1;
		seats[i].loose = digest(&allowed);
	}
}

int affinity_move(int tid, int to)
{
	core_mask_t mask = { };

	mask.word[to / 64] = 1UL << (to % 64);
	return sys_call(SYS_sched_setaffinity, tid, mask_bytes, &mask);
}

int affinity_part(int tid, int from)
{
	core_mask_t mask = allowed;

	mask.word[from / 64] &= ~(1UL << (from % 64));
	return sys_call(SYS_sched_setaffinity, tid, mask_bytes, &mask);
}

unsigned int affinity_cores(void)
{
	return cores;
}

void affinity_release(void)
{
	if (cores > 1)
		sys_call(SYS_sched_setaffinity, 0, mask_bytes, &allowed);
}

static bool is_in(const core_mask_t *mask, unsigned int core)
{
	return mask->word[core / 64] & 1UL << (core % 64);
}

/* Where other vCPUs sit, but for those which have long been idle. */
static void find_taken(const struct seat *self, __u64 now, core_mask_t *taken)
{
	unsigned int i;
	__u64 since;
	int core;

	memset(taken, 0, sizeof(*taken));
	for (i = 0; i < UM_VCPUS_MAX; i++) {
		core = __atomic_load_n(&seats[i].core, __ATOMIC_RELAXED);
		since = __atomic_load_n(&seats[i].since, __ATOMIC_RELAXED);
		if (&seats[i] != self && core >= 0 && now - since < 2 * SEAT_NS)
			taken->word[core / 64] |= 1UL << (core % 64);
	}
}

/* The core we are on or, if another vCPU sits there, one where none does. */
static unsigned int choose_core(const struct seat *self, unsigned int here,
				__u64 now)
{
	core_mask_t taken;
	unsigned int i;

	find_taken(self, now, &taken);
	if (!is_in(&taken, here))
		return here;
	/* Not the first one, where others who look may look first, too. */
	for (i = here + 1; i < here + CORES_MAX; i++)
		if (is_in(&allowed, i % CORES_MAX) && !is_in(&taken, i % CORES_MAX))
			return i % CORES_MAX;
	return here;
}

void affinity_witness(void)
{
	__atomic_store_n(&witness, sys_gettid(), __ATOMIC_RELAXED);
}

static bool ask_witness(core_mask_t *mask)
{
	int tid = __atomic_load_n(&witness, __ATOMIC_RELAXED);

	return tid && get_mask(tid, mask);
}

static void take_seat(struct seat *seat)
{
	__u64 now = os_clock_monotonic();
	unsigned int here = 0;
	core_mask_t mask;
	int core = -1;

	/* It may have been moved while it was loose. */
	if (get_mask(0, &mask) && digest(&mask) != seat->loose)
		adopt(&mask);
	seat->witnessed = ask_witness(&mask) ? digest(&mask) : 0;
	if (!sys_call(SYS_getcpu, &here, NULL, NULL) && here < CORES_MAX) {
		core = choose_core(seat, here, now);
		/* Forbidden us meanwhile, or gone? The one we are on is not. */
		if (affinity_move(0, core))
			core = affinity_move(0, here) ? -1 : (int)here;
	}
	__atomic_store_n(&seat->core, core, __ATOMIC_RELAXED);
	__atomic_store_n(&seat->since, now, __ATOMIC_RELAXED);
	seat->state = core >= 0 ? SEAT_TAKEN : SEAT_NONE;
}

static void leave_seat(struct seat *seat)
{
	core_mask_t mask;

	/* Not what we set? Or just that, but not by us alone? */
	if (get_mask(0, &mask) && !is_only(&mask, seat->core))
		adopt(&mask);
	else if (ask_witness(&mask) && is_only(&mask, seat->core) &&
		 digest(&mask) != seat->witnessed)
		adopt(&mask);
	affinity_release();
	seat->loose = digest(&allowed);
	seat->state = SEAT_LOOSE;
}

int affinity_seat(void)
{
	struct seat *seat = &seats[this_vcpu()->cpu];

	switch (seat->state) {
	case SEAT_NONE:
		break;
	case SEAT_LOOSE:
		take_seat(seat);
		break;
	case SEAT_TAKEN:
		if (os_clock_monotonic() - seat->since > SEAT_NS)
			leave_seat(seat);
		break;
	}
	return seat->core;
}
