// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R7: two threads on two processors keep writing each of the words "turn", "the kernel
 * waits" and "the stub sleeps" of both slots, so that no stop of theirs is seen, or each is missed.
 * Harm: a program that wants to run every now and then is kept from it for long.
 */
#include "attack.h"

enum { ROUND_MS = 1500, NAP_MS = 20, LIMIT_MS = 5000, SLOTS = 2 };

/* What to write where: offset, value; an offset of 0 ends the list. */
static const u32 writes[][8] = {
	{ STUB_PAGE_TURN, STUB_TURN_GUEST },
	{ STUB_PAGE_TURN, STUB_TURN_KERNEL },
	{ STUB_PAGE_TURN, STUB_TURN_MAPPER },
	{ STUB_PAGE_TURN, STUB_TURN_GUEST, STUB_PAGE_KERNEL_WAITS, 1, STUB_PAGE_STUB_WAITS, 0 },
	{ STUB_PAGE_KERNEL_WAITS, 0, STUB_PAGE_STUB_WAITS, 0 },
	{ STUB_PAGE_TURN, STUB_TURN_GUEST, STUB_PAGE_TURN, STUB_TURN_KERNEL, STUB_PAGE_TURN, STUB_TURN_MAPPER },
};

static unsigned int what;
static u32 ready;

static void *scribble(void *arg)
{
	const unsigned int cpu = (long)arg, cpus = two_cpus() ? SLOTS : 1;

	use_slot(cpu);
	*slot_word(STUB_DATA + cpu * STUB_DATA_SIZE, FORGED_FRAME) = 0;
	ADD_VAR(ready, 1);
	while (READ_VAR(ready) < cpus)
		sched_yield();
	for (;;)
		for (const u32 *w = writes[what]; w[0]; w += 2)
			for (unsigned int i = 0; i < cpus; i++)
				*slot_word(STUB_DATA + i * STUB_DATA_SIZE, w[0]) = w[1];
	return NULL;
}

static void __attribute__((__noreturn__)) be_attacker(void)
{
	pthread_t thread;

	if (two_cpus())
		need(!pthread_create(&thread, NULL, scribble, (void *)1L));
	scribble(NULL);
	_exit(0);
}

/* Return: the longest time that a nap took too long, in ms. */
static u64 longest_delay(void)
{
	u64 end = now_ns() + ROUND_MS * NSEC_PER_MSEC, before, took, longest = 0;

	while ((before = now_ns()) < end) {
		sleep_ms(NAP_MS);
		took = now_ns() - before;
		if (took > longest)
			longest = took;
	}
	return longest / NSEC_PER_MSEC;
}

int main(void)
{
	attack_begin();
	need_slots();
	for (what = 0; what < ARRAY_SIZE(writes); what++) {
		pid_t pid = fork_child();
		u64 delay;

		if (pid == 0)
			be_attacker();
		delay = longest_delay();
		tap_note("longest delay %lu ms", (unsigned long)delay);
		ok(delay < LIMIT_MS, "others go on beside threads that write their turns (%u)", what);
		outcome(pid, 0);
	}
	return tap_done();
}
