// SPDX-License-Identifier: GPL-2.0
/*
 * Seats: a vCPU takes a core, is let loose now and then, and takes one anew; a mask that somebody
 * else sets holds, whether it comes while the vCPU sits or while it is loose, and even if it is
 * just where it sits.
 */
#include <asm/prctl.h>
#include <pthread.h>
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

static int witness_tid;

static void *witness(void *unused)
{
	affinity_witness();
	__atomic_store_n(&witness_tid, gettid(), __ATOMIC_RELEASE);
	for (;;)
		pause();
	return NULL;
}

static void start_witness(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, witness, NULL);
	while (!__atomic_load_n(&witness_tid, __ATOMIC_ACQUIRE))
		usleep(1000);
}

/* As taskset -a does. */
static void tell_all_threads(cpu_set_t mask)
{
	sched_setaffinity(witness_tid, sizeof(mask), &mask);
	sched_setaffinity(0, sizeof(mask), &mask);
}

/* It is loose, takes a seat and gives it up. */
static bool keeps_to(cpu_set_t want)
{
	bool before = is_mask(want);
	int core = affinity_seat();
	bool sits = CPU_ISSET(core, &want) && is_mask(only(core));

	seat_later();
	return before && sits && is_mask(want);
}

static void told_where_it_sits(const cpu_set_t *all)
{
	int core = affinity_seat(), other;
	cpu_set_t told;

	tell_all_threads(only(core));
	seat_later();
	ok(keeps_to(only(core)), "told to stay where it sits, it does");
	tell_all_threads(*all);
	affinity_seat();
	seat_later();
	ok(keeps_to(*all), "told that it may go everywhere, it may");

	/* One thread is told something else than all. */
	core = affinity_seat();
	other = another_core(all, core);
	told = only(other);
	sched_setaffinity(0, sizeof(told), &told);
	seat_later();
	ok(keeps_to(only(other)), "told alone where to go, it goes there");
	told = only(core);
	sched_setaffinity(witness_tid, sizeof(told), &told);
	ok(keeps_to(only(other)), "what another thread is told afterwards does not matter");
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

	sched_setaffinity(0, sizeof(all), &all);
	start_witness();
	affinity_seat();
	seat_later();
	told_where_it_sits(&all);
	return tap_done();
}
