// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R1: every system call number, also of the x32 kind and with the upper half set, from
 * each of the stub's system call instructions, with arguments that would do harm on the host.
 * Harm: a file or a process of the host's is changed; run-guest looks. The machine ends.
 */
#include "attack.h"

enum { NUMBERS = 480 };

/* Of the x32 kind; with the upper half set; as the mapper's page does, which ends the process. */
static const u64 kinds[] = { 0, 0x40000000, 0x100000000 };

static const u16 worst[] = {
	SYS_open, SYS_mkdir, SYS_mmap, SYS_clone, SYS_fork, SYS_execve, SYS_kill, SYS_unlink, SYS_socket,
	SYS_ptrace, SYS_prctl, SYS_munmap, SYS_mprotect, SYS_write, SYS_exit_group,
};

static const char *file;
static long victim;

/* Arguments that are harmful for this number. */
static struct regs harmful(u64 nr)
{
	switch ((u32)nr & ~0x40000000) {
	case SYS_kill:
	case SYS_tkill:
		return regs_for(nr, victim, SIGKILL, 0, 0, 0, 0);
	case SYS_tgkill:
		return regs_for(nr, victim, victim, SIGKILL, 0, 0, 0);
	case SYS_rt_sigreturn:
		return regs_for(nr, 0, 0, 0, 0, 0, 0);
	case SYS_openat:
	case SYS_unlinkat:
	case SYS_fchmodat:
	case SYS_mkdirat:
		return regs_for(nr, AT_FDCWD, (u64)file, 01101, 0600, 0, 0);
	default:
		return regs_for(nr, (u64)file, 0755, 0755, 0, 0, 0);
	}
}

static bool try_number(unsigned int i)
{
	const unsigned long insn = stub.insn[i / NUMBERS];
	const struct regs r = harmful(i % NUMBERS);

	if ((insn & ~(PAGE - 1)) != stub.mapper)
		visit(insn, &r);
	return false;
}

static bool try_worst(unsigned int i)
{
	const unsigned long insn = stub.insn[i / ARRAY_SIZE(worst) / ARRAY_SIZE(kinds)];
	const struct regs r = harmful(worst[i % ARRAY_SIZE(worst)] +
				      kinds[i / ARRAY_SIZE(worst) % ARRAY_SIZE(kinds)]);

	visit(insn, &r);
	return false;
}

int main(void)
{
	attack_begin();
	file = host_path("file");
	victim = host_victim();
	try_all(stub.nr * NUMBERS, try_number);
	ok(true, "every number from the instructions of the stub");
	try_all(stub.nr * ARRAY_SIZE(worst) * ARRAY_SIZE(kinds), try_worst);
	ok(true, "harmful numbers of other kinds, and from the mapper's instructions");
	return tap_done();
}
