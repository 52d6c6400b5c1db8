// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R10: a guest signals and traces processes of the host's: one that run-guest tells it
 * of, the kernel's own, its parent's; by calls of its own and from the stub's instructions.
 * Harm: that process ends (run-guest looks), or this machine does.
 */
#include <sys/ptrace.h>

#include "attack.h"

/* The kernel's process and its neighbours are named in the orders. */
enum { NEIGHBOURS = 8, CALLS = 5 };

static long victims[NEIGHBOURS + 2];

static struct regs call_of(unsigned int call, long pid)
{
	switch (call) {
	case 0:
		return regs_for(SYS_kill, pid, SIGKILL, 0, 0, 0, 0);
	case 1:
		return regs_for(SYS_tgkill, pid, pid, SIGKILL, 0, 0, 0);
	case 2:
		return regs_for(SYS_rt_sigqueueinfo, pid, SIGKILL, (u64)fake_slot, 0, 0, 0);
	case 3:
		return regs_for(SYS_ptrace, PTRACE_SEIZE, pid, 0, PTRACE_O_EXITKILL, 0, 0);
	default:
		return regs_for(SYS_process_vm_writev, pid, (u64)fake_slot, 1, (u64)fake_slot, 1, 0);
	}
}

static bool try_call(unsigned int i)
{
	const long pid = victims[i / CALLS % ARRAY_SIZE(victims)];
	const struct regs r = call_of(i % CALLS, pid);
	const unsigned int insn = i / CALLS / ARRAY_SIZE(victims);

	/* Numbers of our own are processes of this guest. */
	if (insn == stub.nr) {
		if (pid > 100 && kill(pid, 0))
			raw6(r.ax, r.di, r.si, r.dx, r.r10, r.r8, r.r9);
	} else if ((stub.insn[insn] & ~(PAGE - 1)) != stub.mapper || i % CALLS == 0) {
		visit(stub.insn[insn], &r);
	}
	return false;
}

int main(void)
{
	const struct stub_orders *orders = (const void *)STUB_ORDERS;

	attack_begin();
	victims[0] = host_victim();
	victims[1] = -1;
	for (int i = 0; i < NEIGHBOURS; i++)
		victims[2 + i] = orders->kernel_pid + i;
	try_all((stub.nr + 1) * CALLS * ARRAY_SIZE(victims), try_call);
	ok(true, "no process of the host's can be signalled or traced");
	return tap_done();
}
