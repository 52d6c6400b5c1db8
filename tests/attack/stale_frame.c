// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R3: a thread waits in the stub with the trap flag set and a signal stack in pages of
 * its own, by a forged frame; the kernel sees the end of the program, which is forged too. The
 * pages are freed, and somebody else gets them. When the thread goes on, the host makes a signal
 * frame where they were.
 * Harm: memory changes that belongs to another program.
 */
#include "attack.h"

enum { ROUNDS = 4, STACK_PAGES = 64, VICTIM_PAGES = 12000 };

#define FILLING	0x5a5a5a5a5a5a5a5aULL

static void __attribute__((__noreturn__)) wait_with_trap(u64 at, u64 mask)
{
	const unsigned long slot = use_slot(0);
	u8 *stack = map_anon(STACK_PAGES * PAGE);
	volatile u64 *uc = map_anon(PAGE);

	memset(stack, 1, STACK_PAGES * PAGE);
	for (int pass = 0; pass < 2; pass++) {
		begin_frame(uc, at, (u64)uc + 2048);
		uc[UC_STACK] = (u64)stack;
		uc[UC_STACK_SIZE] = STACK_PAGES * PAGE;
		uc[UC_MASK] = mask;
		uc[UC_REGS + F_BX] = slot;
		uc[UC_REGS + F_DI] = slot + STUB_PAGE_TURN;
		uc[UC_REGS + F_R15] = STUB_ORDERS;
		uc[UC_REGS + F_AX] = at == stub.wait ? SYS_futex : SYS_getpid;
		uc[UC_REGS + F_DX] = STUB_TURN_KERNEL;
		uc[UC_REGS + F_FLAGS] = FLAGS_NORMAL | FLAG_TRAP;
		forge_stop(slot, SYS_exit_group, 0, 0, 0, PAGE, (u64)uc + 2048);
		need(readable((unsigned long)sigreturn_to));
	}
	if (!by_notices(slot))
		WRITE_VAR(*(u32 *)(slot + STUB_PAGE_TURN), STUB_TURN_KERNEL);
	sigreturn_to(uc);
}

static int just_end(void *arg)
{
	(void)arg;
	return 0;
}

static unsigned long changed_words(void)
{
	const size_t words = VICTIM_PAGES * PAGE / 8;
	u64 *victim = map_anon(VICTIM_PAGES * PAGE);
	unsigned long changed = 0;

	for (size_t i = 0; i < words; i++)
		victim[i] = FILLING;
	/* What was kept for later may be used now. */
	run_child(just_end, NULL);
	run_child(just_end, NULL);
	for (size_t i = 0; i < words; i++)
		changed += victim[i] != FILLING;
	munmap(victim, VICTIM_PAGES * PAGE);
	return changed;
}

static void attack_from(u64 at, u64 mask, const char *name)
{
	unsigned long changed = 0;

	for (unsigned int i = 0; i < ROUNDS; i++) {
		pid_t pid = fork_child();

		if (pid == 0)
			wait_with_trap(at, mask);
		outcome(pid, 1000);
		changed += changed_words();
	}
	ok_eq(changed, 0, "%s writes no frame to pages of others", name);
}

int main(void)
{
	attack_begin();
	need_slots();
	attack_from(stub.wait, 0, "a thread that waits for its turn");
	attack_from(stub.wait, ~0ULL, "a thread that waits with signals blocked");
	attack_from(stub.notice, 0, "a thread that makes a notice");
	attack_from(stub.stop, 0, "a thread that stops");
	return tap_done();
}
