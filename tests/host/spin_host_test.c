// SPDX-License-Identifier: GPL-2.0
/*
 * When a vCPU spins for its guest: on a host that has an idle core, for a guest that stops often and
 * need not sleep often for other reasons; and not for long where hand-overs turn out slow.
 */
#include <asm/prctl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <host/vcpu.h>
#include "backend/seccomp/slot_host.h"
#include "backend/seccomp/spin_host.h"
#include "os-Linux/affinity_internal.h"
#include "chan_tap.h"

enum {
	US = 1000,
	MS = 1000 * US,
	OFTEN = 5 * US,
};

/* What the host would say: time goes by as the test wants, and so do its idle cores. */
static struct {
	__u64 clock, idle;
	unsigned int idle_percent;
	int uptime_fd;
} world;

static unsigned int cores;
static struct um_vcpu vcpu;
static struct stub_slot slot, other_slot;

bool sys_fault_hook(long nr, long *ret);
__u64 os_clock_monotonic(void);

/* Just before it is read. */
static void write_uptime(void)
{
	char text[64];
	int n = snprintf(text, sizeof(text), "%.2f %.2f\n", world.clock / 1e9, world.idle / 1e9);

	if (ftruncate(world.uptime_fd, 0) || pwrite(world.uptime_fd, text, n, 0) != n)
		abort();
}

bool sys_fault_hook(long nr, long *ret)
{
	switch (nr) {
	case SYS_openat:
		*ret = world.uptime_fd;
		return true;
	case SYS_pread64:
		write_uptime();
		return false;
	case SYS_getrusage:
		/* Nobody takes the core away. */
		*ret = 0;
		return true;
	}
	return false;
}

__u64 os_clock_monotonic(void)
{
	return world.clock;
}

unsigned int affinity_cores(void)
{
	return cores;
}

void slot_quiet(const struct stub_slot *slot)
{
}

static void pass(__u64 ns)
{
	world.clock += ns;
	/* The core we are on is busy. */
	world.idle += ns * (cores - 2) + ns * world.idle_percent / 100;
}

/* How a guest behaves: how often it stops, and what of a hundred stops are slow or sleep. */
struct habit {
	unsigned int ns;
	unsigned int slow;
	unsigned int forced;
};

static const struct habit good = { .ns = OFTEN };

/* So many of a hundred, evenly. */
static bool is_one(unsigned int n, unsigned int of_100)
{
	return n * of_100 % 100 < of_100;
}

/* For @ms; what part of the hand-overs was spinning, in percent, and how often that began. */
static unsigned int go_on(const struct habit *habit, unsigned int ms, unsigned int *begun)
{
	__u64 end = world.clock + (__u64)ms * MS;
	unsigned int hands = 0, spun = 0;
	bool was = false, is;

	*begun = 0;
	for (; world.clock < end; hands++) {
		pass(habit->ns);
		if (was && is_one(hands, habit->slow))
			spin_slow();
		if (is_one(hands, habit->forced))
			spin_forced();
		is = spin_choose(&slot, true) > 0;
		*begun += is && !was;
		spun += is;
		was = is;
	}
	return spun * 100ULL / hands;
}

static unsigned int share(const struct habit *habit, unsigned int ms)
{
	unsigned int begun;

	return go_on(habit, ms, &begun);
}

static void test_auto(void)
{
	const struct habit seldom = { .ns = 80 * US };
	const struct habit some_sleeps = { .ns = OFTEN, .forced = 42 };
	const struct habit many_sleeps = { .ns = OFTEN, .forced = 60 };
	const struct habit slow = { .ns = OFTEN, .slow = 50 };
	unsigned int begun, percent;

	world.idle_percent = 0;
	spin_init(UM_SPIN_AUTO);
	ok(share(&good, 2000) == 0, "never while no core of the host is idle");
	world.idle_percent = 95;
	ok(share(&some_sleeps, 2000) == 0, "nor for a guest that sleeps in two stops of five");
	ok(share(&seldom, 2000) == 0, "nor for one that stops seldom");
	ok(share(&good, 400) > 30, "within some tenths of a second once there is a core and a need");
	percent = go_on(&good, 5000, &begun);
	ok(percent == 100 && begun == 1, "and on and on: %u%%, begun %u times", percent, begun);
	ok(share(&some_sleeps, 1000) == 100, "even if it now sleeps in two stops of five");
	ok(share(&many_sleeps, 1000) < 5, "but not if in three of five");
	ok(share(&good, 10) > 50, "and again as soon as that is over");

	percent = go_on(&slow, 1000, &begun);
	ok(begun >= 5 && begun <= 20 && percent < 5,
	   "what is slow is tried again, seldom: %u times in a second, %u%%", begun, percent);
	ok(share(&good, 1000) > 80, "and goes on when it is not slow any more");

	ok(spin_choose(&slot, false) == 0, "not without a core of one's own");
	world.idle_percent = 0;
	share(&slow, 300);
	ok(share(&good, 2000) < 5, "when the host got busy, no more after some slow tries");
}

static void test_turns_of_others(void)
{
	unsigned int n, spun = 0;

	world.idle_percent = 95;
	share(&good, 1000);
	for (n = 0; n < 200000; n++) {
		pass(OFTEN);
		spun += spin_choose(n % 2 ? &slot : &other_slot, true) > 0;
	}
	ok(spun < 2000, "two processes that take turns sleep: %u of %u", spun, n);
}

int main(void)
{
	cores = sysconf(_SC_NPROCESSORS_ONLN);
	if (cores < 2) {
		printf("1..0 # SKIP one core only\n");
		return 0;
	}
	vcpu.self = &vcpu;
	syscall(SYS_arch_prctl, ARCH_SET_GS, &vcpu);
	world.clock = 1000ULL * MS;
	world.uptime_fd = memfd_create("uptime", 0);

	spin_init(UM_SPIN_OFF);
	ok(share(&good, 1000) == 0, "spin=off: never");
	test_auto();
	test_turns_of_others();
	spin_init(UM_SPIN_ON);
	world.idle_percent = 0;
	ok(share(&good, 1000) == 100, "spin=on: always");
	return tap_done();
}
