// SPDX-License-Identifier: GPL-2.0
/*
 * When to spin. To hand a guest over by futex takes two calls and two context
 * switches, which is most of the price of a system call. While a host core
 * has nothing else to do, the guest can have it: vCPU and guest then keep a
 * core each, and whoever waits looks at the word for a while before it sleeps.
 *
 * That pays only if the other side mostly answers within that while: a sleep
 * now costs a wake-up across cores. So a vCPU starts to spin when its guest
 * stops often and does not sleep too often for other reasons (another process
 * has its turn). It ends that when such sleeps get many, and for longer when hand-overs
 * get slow, which they do as well if somebody else gets the guest's core, and
 * when the host takes its own core away.
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
	/* How many of them may be slow. */
	SLOW_OK = WINDOW / 4,
	/* With how many sleeps that must be spinning begins, and goes on. */
	FORCED_FEW = WINDOW / 3,
	FORCED_OK = WINDOW / 2,
	/* How long a side looks, and how often a guest has to stop for it. */
	LOOK_NS = 20 * 1000,
	OFTEN_NS = 50 * 1000,
	/* Over what time the host's idleness is measured, and when to forget it. */
	MEASURE_NS = 100 * 1000 * 1000,
	STALE_NS = 3 * MEASURE_NS,
	/* Of a core, this much must be idle: percent. Ticks of 10 ms tell. */
	IDLE_ENOUGH = 70,
	/* How often the host may take our core while it is measured. */
	PREEMPTED_OK = 8,
	/* Before the next try; twice as long after each failure in a row. */
	PAUSE_MIN_NS = 2 * 1000 * 1000,
	PAUSE_MAX_NS = 64 * 1000 * 1000,
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
 * @slow: of them, those where a side looked in vain
 * @forced: those where a side had to sleep
 * @since: when they were last judged
 * @idle: a core of the host's was, when last measured
 * @spun: it was on at some time since @measured
 * @measured: when @load and @preempted were looked at
 * @load: what the host said
 * @preempted: how often the host took our core
 * @started: when it began to spin
 * @not_before: it does not spin again before
 * @pause: how long that was
 * @last: slot of the hand-over before
 */
struct spinner {
	bool on;
	unsigned int hands;
	unsigned int slow;
	unsigned int forced;
	__u64 since;
	bool idle;
	bool spun;
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

void spin_until(const __u32 *word, __u32 want, __u32 looks)
{
	for (; looks && __atomic_load_n(word, __ATOMIC_ACQUIRE) != want; looks--)
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
	spin_until(&never, 1, CALIBRATION_LOOKS);
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

/*
 * Is there a core to spin on? While we do that, our own use of it cannot be told
 * from others': what was found before holds unless they take our core, too.
 */
static void measure(struct spinner *s, __u64 now)
{
	const __u64 time = now - s->measured;
	const long preempted = times_preempted();
	struct host_load load;

	look_at_host(&load);
	if (!s->spun)
		s->idle = time < STALE_NS && core_is_idle(&s->load, &load);
	else if (preempted - s->preempted > PREEMPTED_OK)
		s->idle = false;
	s->spun = s->on;
	s->measured = now;
	s->load = load;
	s->preempted = preempted;
}

static void start(struct spinner *s, __u64 now)
{
	s->on = true;
	s->spun = true;
	s->started = now;
}

/* Not again soon. */
static void back_off(struct spinner *s, __u64 now)
{
	s->on = false;
	if (now - s->started > PAUSE_MAX_NS)
		s->pause = 0;
	s->pause = s->pause ? s->pause * 2 : PAUSE_MIN_NS;
	if (s->pause > PAUSE_MAX_NS) {
		s->pause = PAUSE_MAX_NS;
		/* Perhaps the host has no core for us any more. */
		s->idle = false;
	}
	s->not_before = now + s->pause;
}

static void decide(struct spinner *s)
{
	__u64 now = os_clock_monotonic();
	bool often = now - s->since < (__u64)s->hands * OFTEN_NS;

	if (now - s->measured >= MEASURE_NS)
		measure(s, now);
	if (!s->on) {
		if (often && s->forced <= FORCED_FEW && s->idle &&
		    now >= s->not_before)
			start(s, now);
	} else if (!s->idle || s->slow > SLOW_OK) {
		back_off(s, now);
	} else if (s->forced > FORCED_OK) {
		s->on = false;
	}
	s->since = now;
	s->hands = 0;
	s->slow = 0;
	s->forced = 0;
}

void spin_slow(void)
{
	spinners[this_vcpu()->cpu].slow++;
}

void spin_forced(void)
{
	spinners[this_vcpu()->cpu].forced++;
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
		s->forced++;
	}
	if (always)
		return looks_max;
	if (++s->hands % WINDOW == 0)
		decide(s);
	return s->on ? looks_max : 0;
}
