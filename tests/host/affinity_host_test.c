// SPDX-License-Identifier: GPL-2.0
/*
 * Seats: a vCPU takes a core, is let loose now and then, and takes one anew; a mask that somebody
 * else sets holds, whether it comes while the vCPU sits or while it is loose.
 */
#include <asm/prctl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <host/vcpu.h>
#include "os-Linux/affinity_internal.h"
#include "chan_tap.h"

static __u64 clock_ns = 1;
static struct um_vcpu vcpu;

bool sys_fault_hook(long nr, long *ret);
__u64 os_clock_monotonic(void);

bool sys_fault_hook(long nr, long *ret)
{
	return false;
}

/* Time goes by as the test wants. */
__u64 os_clock_monotonic(void)
{
	return clock_ns;
}

static cpu_set_t mask_now(void)
{
	cpu_set_t mask;

	sched_getaffinity(0, sizeof(mask), &mask);
	return mask;
}

static cpu_set_t only(int core)
{
	cpu_set_t mask;

	CPU_ZERO(&mask);
	CPU_SET(core, &mask);
	return mask;
}

static bool is_mask(cpu_set_t want)
{
	cpu_set_t mask = mask_now();

	return CPU_EQUAL(&mask, &want);
}

/* Long enough for a seat to be given up. */
static int seat_later(void)
{
	clock_ns += 1000 * 1000 * 1000;
	return affinity_seat();
}

static int another_core(const cpu_set_t *all, int than)
{
	for (int core = 0; core < CPU_SETSIZE; core++)
		if (core != than && CPU_ISSET(core, all))
			return core;
	return -1;
}

int main(void)
{
	cpu_set_t all = mask_now(), told;
	int core, other;

	if (CPU_COUNT(&all) < 2) {
		printf("1..0 # SKIP one core only\n");
		return 0;
	}
	vcpu.self = &vcpu;
	syscall(SYS_arch_prctl, ARCH_SET_GS, &vcpu);
	affinity_init();
	core = affinity_seat();
	ok(core >= 0 && is_mask(only(core)), "a vCPU takes a seat");
	seat_later();
	ok(is_mask(all), "and gives it up");
	core = affinity_seat();
	ok(is_mask(only(core)), "and takes one again");

	/* While it sits. */
	told = only(another_core(&all, core));
	sched_setaffinity(0, sizeof(told), &told);
	seat_later();
	ok(is_mask(told), "told where to go while it sits, it goes there");
	core = affinity_seat();
	seat_later();
	ok(is_mask(told) && CPU_ISSET(core, &told), "and stays there");

	/* While it is loose. */
	sched_setaffinity(0, sizeof(all), &all);
	affinity_seat();
	seat_later();
	ok(is_mask(all), "told that it may go everywhere, it may");
	other = sched_getcpu();
	told = only(another_core(&all, other));
	sched_setaffinity(0, sizeof(told), &told);
	core = affinity_seat();
	ok(CPU_ISSET(core, &told), "told where to go while it is loose, it goes there");
	seat_later();
	ok(is_mask(told), "and stays there");
	return tap_done();
}
