// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R6: the words by which a thread tells of its stop are lies: addresses outside of the
 * slot, just at its end, in other slots and near the kernel; signals that are none, odd codes and
 * addresses of faults; frames whose vector state lies elsewhere or is nonsense.
 * Harm: the machine ends or stops, or another program's memory changes. The liar may die.
 */
#include "attack.h"

enum { VALUES = 40, FIELDS = 7, OTHER_PAGES = 256 };

enum field { FRAME, SIGINFO, STATE, SIGNO, CODE, ADDRESS, IP };

static u64 value(unsigned int i)
{
	static const u64 edges[] = {
		0, 1, 8, 0xfff, 0x1000, STUB_CODE, STUB_ORDERS, STUB_DATA, STUB_DATA + STUB_STACK - 8,
		STUB_DATA + STUB_STACK, STUB_DATA + STUB_STACK + 1, STUB_DATA + STUB_DATA_SIZE - 8,
		STUB_DATA + STUB_DATA_SIZE - 256, STUB_DATA + STUB_DATA_SIZE - 416, STUB_DATA + STUB_DATA_SIZE,
		STUB_DATA + STUB_DATA_SIZE + STUB_STACK, STUB_DATA - STUB_DATA_SIZE + STUB_STACK,
		STUB_DATA + 0x100000, STUB_DATA - 0x100000, STUB_DATA + 0x1000000, STUB_DATA + (1ULL << 40),
		STUB_DATA - (1ULL << 40), STUB_VDSO, ~0ULL, ~0ULL - 7, ~0ULL - 0x6000, 1ULL << 63, 1ULL << 47,
		0x60000000, 0xffff800000000000, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE, SIGILL, SIGKILL, 64, 65, 0x80, -2,
	};

	return edges[i % ARRAY_SIZE(edges)];
}

static void lie(unsigned long slot, enum field field, u64 what)
{
	switch (field) {
	case FRAME:
		*slot_long(slot, STUB_PAGE_FRAME) = what;
		break;
	case SIGINFO:
		*slot_long(slot, STUB_PAGE_SIGINFO) = what;
		break;
	case STATE:
		*slot_long(slot, FORGED_FRAME + 8 * UC_FPSTATE) = what;
		break;
	case SIGNO:
		*slot_word(slot, STUB_PAGE_SIGNO) = what;
		break;
	case CODE:
		*slot_word(slot, STUB_PAGE_SIGNO) = SIGSEGV;
		*slot_word(slot, FORGED_INFO + 8) = what;
		break;
	case ADDRESS:
		*slot_word(slot, STUB_PAGE_SIGNO) = SIGSEGV;
		*slot_word(slot, FORGED_INFO + 8) = SEGV_MAPERR;
		*slot_long(slot, FORGED_INFO + 16) = what;
		break;
	case IP:
		*slot_long(slot, FORGED_FRAME + 8 * (UC_REGS + F_IP)) = what;
		break;
	}
}

/* Stop in the stub, which tells of what lies in the slot, not of what was. */
static void __attribute__((__noreturn__)) tell(unsigned int i)
{
	const unsigned long slot = use_slot(0);
	struct regs r = { .bx = slot, .r15 = STUB_ORDERS, .di = slot + STUB_PAGE_TURN };

	r.sp = (u64)fake_frame + 2048;
	need(readable((unsigned long)fake_frame) && readable((unsigned long)arrive));
	for (int pass = 0; pass < 2; pass++) {
		memset((void *)(slot + FORGED_STATE), i, 4096);
		forge_stop(slot, SYS_getppid, 0, 0, 0, (u64)spin_for_ever, r.sp);
		lie(slot, i / VALUES, value(i % VALUES));
	}
	arrive(stub.stop, &r);
}

int main(void)
{
	u64 *other = map_anon(OTHER_PAGES * PAGE);
	unsigned int died = 0, changed = 0;

	attack_begin();
	need_slots();
	for (size_t i = 0; i < OTHER_PAGES * PAGE / 8; i++)
		other[i] = MAGIC;
	for (unsigned int i = 0; i < FIELDS * VALUES; i++) {
		pid_t pid = fork_child();

		if (pid == 0)
			tell(i);
		died += !WIFEXITED(outcome(pid, 20));
	}
	tap_note("%u of %u liars died", died, FIELDS * VALUES);
	for (size_t i = 0; i < OTHER_PAGES * PAGE / 8; i++)
		changed += other[i] != MAGIC;
	ok_eq(changed, 0, "lies about stops harm the liar only");
	return tap_done();
}
