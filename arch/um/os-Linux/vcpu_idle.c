// SPDX-License-Identifier: GPL-2.0
/*
 * A vCPU that has nothing to do. It sleeps; interrupts are blocked on the host
 * from the look at the pending word until the sleep atomically unblocks them.
 *
 * A sleep that soon ends costs two trips through the host, across cores, which
 * is most of what two vCPUs spend that hand work to each other. So, if sleeps
 * were short lately, the vCPU looks for work for a while first. The while is
 * twice as long each time it was too short by little, and is forgotten when a
 * sleep was long: an idle guest never looks. Nor does one on a busy host, which
 * shows in how often it takes our core.
 */
#include <host/timer.h>
#include <host/vcpu.h>
#include "affinity_internal.h"
#include "event_internal.h"
#include "sys.h"
#include "this_vcpu.h"
#include "vcpu_internal.h"

enum {
	/* Doubled some times, it is the greatest. */
	LOOK_MIN_NS = 25 * 1000,
	/* Some wake-ups across cores: longer sleeps are worth them. */
	LOOK_MAX_NS = 200 * 1000,
	/* Looks between two of the clock. */
	LOOKS = 32,
	/* That took so long? Then somebody else had the core. */
	TAKEN_NS = 50 * 1000,
	/* How often that may happen in how long, and what follows if it does. */
	TAKEN_OK = 4,
	WINDOW_NS = 100 * 1000 * 1000,
	PAUSE_NS = 1000 * 1000 * 1000,
};

/**
 * struct idler - a vCPU's idleness
 * @look_ns: how long it looks before it sleeps
 * @taken: how often the host took its core while it looked, since @since
 * @since: start of a window
 * @not_before: it does not look before
 */
static struct idler {
	__u64 look_ns;
	unsigned int taken;
	__u64 since;
	__u64 not_before;
} __attribute__((aligned(64))) idlers[UM_VCPUS_MAX];

static bool looks;
static bool always;

void os_vcpu_poll_init(bool wanted_always)
{
	always = wanted_always;
	looks = always || affinity_cores() > 1;
}

static void core_was_taken(struct idler *s, __u64 now)
{
	if (now - s->since > WINDOW_NS) {
		s->since = now;
		s->taken = 0;
	}
	if (++s->taken > TAKEN_OK && !always)
		s->not_before = now + PAUSE_NS;
}

bool os_vcpu_poll(const unsigned long *work, unsigned long mask)
{
	struct um_vcpu *v = this_vcpu();
	struct idler *s = &idlers[v->cpu];
	__u64 start, last, now;
	unsigned int n = 0;

	if (!looks || !s->look_ns)
		return false;
	start = os_clock_monotonic();
	if (start < s->not_before)
		return false;
	last = start;
	while (!(__atomic_load_n(work, __ATOMIC_RELAXED) & mask) &&
	       !__atomic_load_n(&v->pending, __ATOMIC_RELAXED)) {
		__builtin_ia32_pause();
		if (++n % LOOKS)
			continue;
		now = os_clock_monotonic();
		if (now - last > TAKEN_NS)
			core_was_taken(s, now);
		if (now - start > s->look_ns)
			return false;
		last = now;
	}
	return true;
}

static void sleep_until_pending(struct um_vcpu *v, int ms)
{
	const struct timespec limit = {
		.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000,
	};
	uint64_t old;

	sys_sigmask(SIG_BLOCK, &vcpu_irq_signals, &old);
	if (__atomic_load_n(&v->pending, __ATOMIC_SEQ_CST))
		;
	else if (v->cpu)
		sys_call(SYS_ppoll, NULL, 0, ms < 0 ? NULL : &limit, &old,
			 sizeof(old));
	else if (event_sleep(&old, ms))
		__atomic_fetch_or(&v->pending, VCPU_IRQ_EVENT, __ATOMIC_RELAXED);
	sys_sigmask(SIG_SETMASK, &old, NULL);
}

static void learn(struct idler *s, __u64 slept)
{
	if (slept > LOOK_MAX_NS)
		s->look_ns = 0;
	else if (!s->look_ns)
		s->look_ns = LOOK_MIN_NS;
	else if (s->look_ns < LOOK_MAX_NS)
		s->look_ns *= 2;
}

void os_vcpu_idle(__s32 ms)
{
	struct um_vcpu *v = this_vcpu();
	__u64 start;

	if (!looks) {
		sleep_until_pending(v, ms);
		return;
	}
	start = os_clock_monotonic();
	sleep_until_pending(v, ms);
	learn(&idlers[v->cpu], os_clock_monotonic() - start);
}
