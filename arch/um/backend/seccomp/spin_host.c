// SPDX-License-Identifier: GPL-2.0
/*
 * When to spin. To hand a guest over by futex takes two calls and two context
 * switches, which is most of the price of a system call. While a host core
 * has nothing else to do, the guest can have it: vCPU and guest then keep a
 * core each, and whoever waits looks at the word for a while before it sleeps.
 *
 * That pays only if the other side answers within that while: a sleep now
 * costs a wake-up across cores. So a vCPU starts to spin when its guest stops
 * often and seldom sleeps for other reasons (a change of its mappings takes a
 * proof of sleep, see slot_hold()). It ends that when hand-overs get slow,
 * which they do as well if somebody else gets the guest's core, and when the
 * host takes its own core away.
 */
#include <sys/resource.h>

#include <host/timer.h>
#include "os-Linux/affinity_internal.h"
#include "os-Linux/sys.h"
#include "os-Linux/this_vcpu.h"
#include "slot_host.h"
#include "spin_host.h"

enum {
	/* Hand-overs between two decisions. */
	WINDOW = 64,
	/* How many of so many may be slow: such things come in bunches. */
	JUDGED = 16 * WINDOW,
	MISSES_OK = JUDGED / 16,
	/* How long a side looks, and how often a guest has to stop for it. */
	LOOK_NS = 20 * 1000,
	OFTEN_NS = 25 * 1000,
	/* Over what time the host's idleness is measured, and when to forget it. */
	MEASURE_NS = 100 * 1000 * 1000,
	STALE_NS = 3 * MEASURE_NS,
	/* Of a core, this much must be idle: percent. */
	IDLE_ENOUGH = 90,
	/* How often the host may take our core while it is measured. */
	PREEMPTED_OK = 8,
	/* Before the next try; twice as long after each failure in a row. */
	PAUSE_MIN_NS = 50 * 1000 * 1000,
	PAUSE_MAX_NS = 1600 * 1000 * 1000,
	CALIBRATION_LOOKS = 20000,
};

/**
 * struct host_load - what the host says about itself
 * @uptime: hundredths of a second since it started
 * @idle: hundredths of a second its cores have been idle, all added
 */
struct host_load {
	__u64 uptime;
	__u64 idle;
};

/**
 * struct spinner - what a vCPU does, and how it fares
 * @on: it spins
 * @hands: hand-overs since @since
 * @misses: of them, slow ones
 * @since: when they were last judged
 * @measured: when @load or @preempted were looked at
 * @load: while it does not spin
 * @preempted: while it spins: how often the host took our core
 * @started: when it began to spin
 * @not_before: it does not spin again before
 * @pause: how long that was
 * @last: slot of the hand-over before
 */
struct spinner {
	bool on;
	unsigned int hands;
	unsigned int misses;
	__u64 since;
	__u64 measured;
	struct host_load load;
	long preempted;
	__u64 started;
	__u64 not_before;
	__u64 pause;
	const struct stub_slot *last;
} __attribute__((aligned(64)));

static struct spinner spinners[UM_VCPUS_MAX];
/* Looks in LOOK_NS; 0 if there is never to be any spinning. */
static __u32 looks_max;
static bool always;
static int uptime_fd = -1;
static unsigned int host_cores;

static void relax(void)
{
	__builtin_ia32_pause();
}

void spin_wait(const __u32 *word, __u32 old, __u32 looks)
{
	for (; looks && __atomic_load_n(word, __ATOMIC_ACQUIRE) == old; looks--)
		relax();
}

void spin_init(enum um_spin wanted)
{
	const __u32 never = 0;
	__u64 start, ns;

	host_cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (wanted == UM_SPIN_OFF || affinity_cores() < 2)
		return;
	always = wanted == UM_SPIN_ON;
	if (!always)
		uptime_fd = sys_open("/proc/uptime", O_RDONLY | O_CLOEXEC, 0);
	if (!always && uptime_fd < 0)
		return;
	start = os_clock_monotonic();
	spin_wait(&never, 0, CALIBRATION_LOOKS);
	ns = os_clock_monotonic() - start;
	looks_max = (__u64)LOOK_NS * CALIBRATION_LOOKS / (ns ?: 1);
}

/* "350735.47 234388.90": two numbers with two decimals each. */
static const char *hundredths(const char *p, __u64 *ret)
{
	for (*ret = 0; (*p >= '0' && *p <= '9') || *p == '.'; p++)
		if (*p != '.')
			*ret = *ret * 10 + *p - '0';
	return p;
}

static void look_at_host(struct host_load *load)
{
	char text[64];
	const char *p = text;
	ssize_t n = sys_pread(uptime_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = 0;
	p = hundredths(p, &load->uptime);
	hundredths(p + (*p == ' '), &load->idle);
}

/* One of the cores we may use had nothing to do since @then. */
static bool core_is_idle(const struct host_load *then,
			 const struct host_load *now)
{
	__u64 time = now->uptime - then->uptime;
	/* Those we may not use can all have been idle. */
	__u64 elsewhere = host_cores - affinity_cores();

	return time && (now->idle - then->idle) * 100 >=
		       time * (elsewhere * 100 + IDLE_ENOUGH);
}

static long times_preempted(void)
{
	struct rusage use = { };

	sys_call(SYS_getrusage, RUSAGE_THREAD, &use);
	return use.ru_nivcsw;
}

static void start(struct spinner *s, __u64 now)
{
	s->on = true;
	s->started = now;
	s->measured = now;
	s->preempted = times_preempted();
}

static void stop(struct spinner *s, __u64 now)
{
	s->on = false;
	if (now - s->started > PAUSE_MAX_NS)
		s->pause = 0;
	s->pause = s->pause ? s->pause * 2 : PAUSE_MIN_NS;
	if (s->pause > PAUSE_MAX_NS)
		s->pause = PAUSE_MAX_NS;
	s->not_before = now + s->pause;
	s->measured = 0;
}

static void consider_stop(struct spinner *s, __u64 now)
{
	long preempted;

	if (now - s->measured < MEASURE_NS)
		return;
	preempted = times_preempted();
	if (preempted - s->preempted > PREEMPTED_OK) {
		stop(s, now);
		return;
	}
	s->measured = now;
	s->preempted = preempted;
}

static void consider_start(struct spinner *s, __u64 now)
{
	struct host_load load;

	if (now < s->not_before || now - s->measured < MEASURE_NS)
		return;
	look_at_host(&load);
	if (now - s->measured < STALE_NS && core_is_idle(&s->load, &load))
		start(s, now);
	s->measured = now;
	s->load = load;
}

static void decide(struct spinner *s)
{
	__u64 now = os_clock_monotonic();
	bool often = now - s->since < (__u64)s->hands * OFTEN_NS;
	bool smooth = s->misses <= (s->on ? MISSES_OK : WINDOW / 16);

	if (s->on && smooth && s->hands < JUDGED)
		return;
	if (s->on && !(often && smooth))
		stop(s, now);
	else if (s->on)
		consider_stop(s, now);
	else if (often && smooth)
		consider_start(s, now);
	s->since = now;
	s->hands = 0;
	s->misses = 0;
}

void spin_missed(void)
{
	spinners[this_vcpu()->cpu].misses++;
}

__u32 spin_choose(const struct stub_slot *slot, bool seated)
{
	struct spinner *s = &spinners[this_vcpu()->cpu];

	if (!looks_max || !seated)
		return 0;
	if (s->last != slot) {
		/* The other guest has to wait now: without a core. */
		if (s->last)
			slot_quiet(s->last);
		s->last = slot;
		s->misses++;
	}
	if (always)
		return looks_max;
	if (++s->hands % WINDOW == 0)
		decide(s);
	return s->on ? looks_max : 0;
}
