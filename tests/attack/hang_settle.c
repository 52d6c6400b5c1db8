// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R7: a thread that waits for the kernel by a notice is told to wait another way once
 * the machine is idle, and makes another notice instead, again and again. It tells of its stop with
 * registers of its own, so that the stub's code takes a rule of its own for the kernel's.
 * Harm: the kernel waits for the thread, and nobody else goes on.
 *
 * Other programs that run meanwhile hear of the notice, and the thread is killed. So init, which
 * looks at us 20 times a second, is held; on most machines nobody needs to be.
 */
#include <sys/ptrace.h>

#include "attack.h"

enum { ROUNDS = 2, CALL_MS = 300, LIMIT_MS = 15000 };

/* Says that it made a call which takes a while: a sleep. */
static void __attribute__((__noreturn__)) feign_sleep(void)
{
	static struct timespec nap = { .tv_nsec = CALL_MS * NSEC_PER_MSEC };
	const unsigned long slot = use_slot(0);
	struct regs r = regs_for(SYS_getpid, slot + STUB_PAGE_TURN, 0, 0, 0, 0, 0);

	if (!by_notices(slot))
		_exit(0);
	fake_orders.rule[0].trap = STUB_TELLS_BY_NOTICE;
	r.bx = slot;
	/* What follows must not fault. */
	need(readable((unsigned long)&nap) && readable((unsigned long)fake_frame));
	for (int pass = 0; pass < 2; pass++)
		forge_stop(slot, SYS_nanosleep, (u64)&nap, 0, 0, (u64)spin_for_ever, (u64)fake_frame + 2048);
	arrive(stub.notice, &r);
}

static void hold_init(void)
{
	need(ptrace(PTRACE_SEIZE, 1, NULL, NULL) == 0);
	need(ptrace(PTRACE_INTERRUPT, 1, NULL, NULL) == 0);
	need(waitpid(1, NULL, 0) == 1);
}

int main(void)
{
	attack_begin();
	need_slots();
	hold_init();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		u64 start = now_ns();
		pid_t pid = fork_child();

		if (pid == 0)
			feign_sleep();
		/* Nobody may run, and listen, before that call is over. */
		sleep_ms(4 * CALL_MS);
		outcome(pid, CALL_MS);
		ok(now_ns() - start < LIMIT_MS * NSEC_PER_MSEC,
		   "one that goes on waiting by notices holds nobody up");
	}
	need(ptrace(PTRACE_DETACH, 1, NULL, NULL) == 0);
	return tap_done();
}
