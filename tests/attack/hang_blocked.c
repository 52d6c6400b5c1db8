// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R7: programs that block the signal by which the kernel stops them, by forged frames,
 * and then run for ever, sleep in the stub, or do so in relay: as soon as one is killed the next
 * one holds the processor.
 * Harm: a program that wants to run every now and then is kept from it for long.
 */
#include "attack.h"

enum { RELAY = 12, NAP_MS = 20, ROUND_MS = 3000, LIMIT_MS = 5000 };

enum way { RUN, SLEEP, NOTICE, WAYS };

static void __attribute__((__noreturn__)) block_and(enum way way)
{
	const unsigned long slot = use_slot(0);
	volatile u64 *uc = map_anon(PAGE);

	for (int pass = 0; pass < 2; pass++) {
		begin_frame(uc, (u64)spin_for_ever, (u64)uc + 2048);
		uc[UC_MASK] = ~0ULL;
		if (way != RUN) {
			uc[UC_REGS + F_IP] = way == SLEEP ? stub.wait : stub.notice;
			uc[UC_REGS + F_AX] = way == SLEEP ? SYS_futex : SYS_getpid;
			uc[UC_REGS + F_DI] = slot + STUB_PAGE_TURN;
			uc[UC_REGS + F_DX] = *slot_word(slot, STUB_PAGE_TURN);
			uc[UC_REGS + F_BX] = slot;
			/* Not the kernel's rule, but one that tells it to wait on. */
			fake_orders.rule[0].trap = STUB_TELLS_BY_FUTEX;
			uc[UC_REGS + F_R15] = (u64)&fake_orders.rule[0];
		}
		need(readable((unsigned long)spin_for_ever) && readable((unsigned long)sigreturn_to));
	}
	sigreturn_to(uc);
}

static void be_relay(enum way way)
{
	for (;;) {
		pid_t pid = fork();

		if (pid == 0)
			block_and(way);
		waitpid(pid, NULL, 0);
	}
}

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
	static const char *const names[] = { "run", "sleep in the stub", "sleep in a notice" };

	attack_begin();
	need_slots();
	use_slot(0);
	for (enum way way = RUN; way < WAYS; way++) {
		for (unsigned int many = 1; many <= RELAY; many += RELAY - 1) {
			pid_t pid[RELAY];
			u64 delay;

			for (unsigned int i = 0; i < many; i++) {
				pid[i] = fork_child();
				if (pid[i] == 0) {
					setpgid(0, 0);
					be_relay(way);
				}
			}
			delay = longest_delay();
			tap_note("longest delay %lu ms", (unsigned long)delay);
			for (unsigned int i = 0; i < many; i++)
				kill(-pid[i], SIGKILL);
			for (unsigned int i = 0; i < many; i++)
				outcome(pid[i], 0);
			ok(delay < LIMIT_MS, "others go on beside %u that block kicks and %s", many, names[way]);
		}
	}
	return tap_done();
}
