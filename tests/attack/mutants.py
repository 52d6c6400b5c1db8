# SPDX-License-Identifier: GPL-2.0
"""
The mutants of run-mutants: kernels without one rule each.

name, rule: of Documentation/security.rst; what: is missing; edits: file of arch/um, old text (once there),
new text; runs: which attacks ought to notice (attack, backend, CPUs, options of the kernel), the likeliest
first; survives: why none does. A text is a string, or a compiled pattern.
"""

import re

STUB = "backend/stub/"
COMMON = "backend/common/"
SECCOMP = "backend/seccomp/"

BY_NOTICES = ("seccomp", 1, "spin=off")
BY_SIGNALS = ("seccomp", 1, "notices=off")
TWO = ("seccomp", 2)
ANY = ("seccomp", 1)
PTRACE = ("ptrace", 1)


def mutant(name, rule, what, edits, runs, survives=None):
    return {"name": name, "rule": rule, "what": what, "edits": edits, "runs": runs, "survives": survives}


# The range from which calls get through ends behind the mapper's page. (Choosing another would mend that.)
REFUSE_NOTHING = (f"{STUB}stub_mapper.S", """	leaq	stub_mapper(%rip), %r10
	subq	%rdx, %r10
""", """	movl	$STUB_AREA_END - STUB_CODE, %r10d
""")
KEEP_DESCRIPTORS = (f"{STUB}stub_mapper.S", """	movl	$__NR_close_range, %eax
	xorl	%edi, %edi
""", """	movl	$__NR_close_range, %eax
	movl	$0x100000, %edi
""")

MUTANTS = [
    # --- the filters
    mutant("refuse", "R1", "guest threads are refused the mapper's calls",
           [REFUSE_NOTHING], [("map_calls", *BY_SIGNALS)]),
    mutant("refuse-descriptors", "R1", "that, and descriptors of guest threads are closed",
           [REFUSE_NOTHING, KEEP_DESCRIPTORS], [("map_calls", *BY_SIGNALS)]),
    mutant("choose", "R1", "a guest thread chooses between ranges without the mapper's page",
           [(f"{STUB}stub_filter.c", """	demand_arg(p, 2, STUB_CODE);
	demand_arg(p, 3, end - STUB_CODE);
	answer(p, SECCOMP_RET_ALLOW);
""", """	answer(p, SECCOMP_RET_ALLOW);
""")], [("calls_numbers", *ANY), ("map_calls", *ANY)],
           "no attack chooses a range of its own before it goes to the mapper's page yet"),
    mutant("descriptors", "R5", "descriptors of guest threads are closed",
           [KEEP_DESCRIPTORS], [("map_calls", *ANY), ("calls_numbers", *ANY)],
           "a second line of defence: no call which takes a descriptor is allowed to guest threads (refuse-descriptors)"),
    mutant("filter-rest", "R1", "all other instructions of the stub trap",
           [(f"{STUB}stub_filter.c", """	serve_mapper_page(p);
	answer(p, SECCOMP_RET_TRAP);
""", """	serve_mapper_page(p);
	answer(p, SECCOMP_RET_ALLOW);
""")], [("calls_numbers", *ANY)]),
    mutant("filter-sigreturn", "R1", "only rt_sigreturn is made at its instruction",
           [(f"{STUB}stub_filter.c", """	demand(p, __NR_rt_sigreturn);
""", "")], [("calls_numbers", *ANY)]),
    mutant("filter-futex", "R1", "only futex is made at its instructions",
           [(f"{STUB}stub_filter.c", """	load_nr(p);
	demand(p, __NR_futex);
	load_low(p, 1);
	demand(p, op);
	load_low(p, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, STUB_STACK - 1);
	demand(p, offset);
""", """	(void)op;
	(void)offset;
""")], [("calls_numbers", *ANY)]),
    mutant("filter-futex-place", "R1", "futex words are at one offset of a page",
           [(f"{STUB}stub_filter.c", """	demand(p, offset);
""", """	(void)offset;
""")], [("calls_numbers", *ANY), ("hang_blocked", *ANY)],
           "a thread can sleep at any word of memory that is its own; it is killed for sleeping, wherever that is"),
    mutant("filter-base", "R1", "only arch_prctl is made at its instructions",
           [(f"{STUB}stub_filter.c", """	demand(p, __NR_arch_prctl);
""", "")], [("calls_numbers", *ANY)]),
    mutant("filter-arch", "R1", "calls of 32-bit programs trap, and are not told as others",
           [(f"{STUB}stub_filter.c", """	demand(p, AUDIT_ARCH_X86_64);
""", "")], [("calls_ways", *BY_NOTICES)]),
    mutant("filter-upper-half", "R1", "the upper half of the instruction's address is looked at",
           [(f"{STUB}stub_filter.c", """		demand(p, (__u64)STUB_CODE >> 32);
""", """		load_ip(p);
""")], [("calls_twin", *TWO)]),
    mutant("filter-vsyscall", "R1", "calls from above the stub (the vsyscall page) trap",
           [(f"{STUB}stub_filter.c", """	emit(p, BPF_JMP | BPF_JGT | BPF_K, 0, 1, high);
	answer(p, SECCOMP_RET_TRAP);
""", """	emit(p, BPF_JMP | BPF_JGT | BPF_K, 0, 1, high);
	answer(p, SECCOMP_RET_ALLOW);
""")], [("calls_ways", *BY_NOTICES)]),
    mutant("ptrace-vsyscall", "R1", "the filter of traced threads, for the vsyscall page",
           [(f"{STUB}stub_main.c", "	stub_refuse_calls();\n", "")],
           [("calls_ways", *PTRACE)]),
    mutant("ptrace-arch", "R1", "calls of 32-bit programs have no number under ptrace",
           [("backend/ptrace/ptrace_host.c", """	if (info.arch != AUDIT_ARCH_X86_64)
		regs->orig_ax = NO_CALL;
""", "")], [("calls_ways", *PTRACE)]),
    mutant("frame-arch", "R1", "calls of 32-bit programs have no number under seccomp",
           [(f"{SECCOMP}frame_host.c", """			     si.arch == AUDIT_ARCH_X86_64 ? regs.rax : 0xffff;
""", """			     si.arch ? regs.rax : 0xffff;
""")], [("calls_ways", *BY_SIGNALS)]),
    mutant("ptrace-emulation", "R1", "traced threads go on with calls emulated, not made",
           [("backend/ptrace/ptrace_host.c", """	REQUEST_SYSEMU = 31,
""", """	REQUEST_SYSEMU = 24,
"""), (f"{STUB}stub_main.c", "	stub_refuse_calls();\n", "")],
           [("calls_offsets", *PTRACE)]),
    # --- orders
    mutant("orders-writable", "R5", "a guest can only read the orders",
           [(f"{STUB}stub_mapper.S", """	movl	$PROT_READ, %edx
""", """	movl	$3, %edx
""")], [("orders_write", *ANY), ("orders_write", *PTRACE)]),
    # --- mappings
    mutant("flush-waits", "R3", "flush_tlb_mm() waits for the mapper",
           [("kernel/mm/map_sync.c", """		apply(mm, true);
	wait_for_walkers();
""", """		apply(mm, false);
	wait_for_walkers();
""")], [("stale_map", *TWO)]),
    mutant("restrict", "R2", "the host hears of entries which may be written no longer",
           [("kernel/mm/map_sync.c", """	map_changed(mm, UM_MAP_COMPARE, addr, addr + len);
}

/* Entries were made valid. */
""", """}

/* Entries were made valid. */
""")], [("stale_write", *ANY)]),
    mutant("forget", "R2", "the host hears of entries which were replaced or cleared",
           [("kernel/mm/map_sync.c", """	map_changed(mm, UM_MAP_FORGET, addr, addr + len);
}

/* An entry that the host has mapped changed""", """}

/* An entry that the host has mapped changed""")], [("stale_write", *ANY), ("stale_map", *ANY)]),
    mutant("empty-unmaps", "R3", "an address space is emptied at the end of a program",
           [(f"{COMMON}process_host.c", """	mapper_map_op(mm, &everything);
""", """	(void)everything;
""")], [("leftover", *ANY), ("leftover", *PTRACE)]),
    # --- what lives on
    mutant("threads-killed", "R4", "guest threads are killed at the end of their program",
           [(f"{COMMON}process_host.c", """	kill_threads(mm);
	/* What was ordered""", """	/* What was ordered""")], [("next_program", *ANY), ("stale_map", *ANY), ("stale_frame", *ANY)]),
    mutant("slot-wiped", "R4", "a slot is wiped for the next program",
           [(f"{COMMON}process_host.c", """	memset(slot->page, 0, STUB_DATA_SIZE);
""", "")], [("leftover", *ANY)]),
    mutant("ring-wiped", "R4", "orders are wiped for the next program",
           [(f"{COMMON}process_host.c", """	memset(orders->ring, 0, sizeof(orders->ring));
""", "")], [("leftover", *ANY), ("leftover", *PTRACE)]),
    mutant("stack-fresh", "R4", "a thread begins with the template's frame and stack",
           [(f"{SECCOMP}frame_host.c", """	memcpy((char *)slot->page + STUB_STACK, first_stack, sizeof(first_stack));
""", "")], [("next_program", *ANY)]),
    mutant("reaped", "R3", "a thread is reaped before its slot is another's",
           [(f"{COMMON}process_host.c", """	child_reap(&slot->thread);
	if (!slot->page) {
""", """	if (!slot->page) {
""")], [("leftover", *ANY), ("next_program", *ANY)],
           "the old thread is dead but for its entry in the host's table, which stays: see Documentation/testing.rst"),
    # --- words of slots
    mutant("in-slot", "R6", "frames and signal information lie in the slot",
           [(f"{SECCOMP}frame_host.c", """	if (va < start || va > slot->va + STUB_DATA_SIZE - len || va % 8)
		return NULL;
""", """	(void)start;
	(void)len;
""")], [("lies", *ANY)]),
    mutant("in-slot-end", "R6", "nor do they go on behind its end",
           [(f"{SECCOMP}frame_host.c", """	if (va < start || va > slot->va + STUB_DATA_SIZE - len || va % 8)
""", """	if (va < start || va % 8)
""")], [("lies", *ANY)]),
    mutant("flags", "R6", "only harmless flags are put into a frame",
           [(f"{SECCOMP}frame_host.c", "(r->flags & USER_FLAGS) | FIXED_FLAGS", "r->flags | FIXED_FLAGS")],
           [("lies", *ANY), ("next_program", *ANY)],
           "a second line of defence: the host's rt_sigreturn takes the same flags only"),
    mutant("mask", "R7", "a frame which the kernel gives back blocks no signals",
           [(f"{SECCOMP}frame_host.c", """	/* A guest with signals blocked could not be stopped. */
	c->mask = 0;
""", "")], [("hang_blocked", *ANY), ("hang_turns", *TWO)],
           "a thread can block signals by a forged frame as well; it is killed when it does not stop"),
    # --- time
    mutant("strays-killed", "R7", "a thread is killed which runs on after a kick",
           [(f"{SECCOMP}slot_host.c", """	if (thread_strays(pid, pid, &watch->thread))
""", """	if (thread_strays(pid, pid, &watch->thread) && !slot)
""")], [("hang_blocked", *ANY)]),
    mutant("sleepers-killed", "R7", "so is one which sleeps where it should not",
           [(f"{SECCOMP}thread_host.c", "	return watch->sleeps >= SLEEPS_STRAY ||\n	       now", "	return now")],
           [("hang_blocked", *ANY)]),
    mutant("kicked-again", "R7", "a kicked guest is kicked again",
           [(f"{SECCOMP}slot_host.c", """	sys_tgkill(pid, pid, STUB_KICK_SIGNAL);
	slot->late++;""", """	slot->late++;""")], [("hang_turns", *TWO)],
           "one that misses a kick is killed for running on, sooner than it harms others"),
    mutant("notice-of-others", "R7", "a notice of a thread nobody waits for ends it",
           [(f"{SECCOMP}notice_host.c", """		sys_kill(incoming.pid, SIGKILL);
		return -EAGAIN;
""", """		return -EAGAIN;
""")], [("stale_frame", *BY_NOTICES), ("hang_blocked", *BY_NOTICES)],
           "it waits for an answer that never comes, and is killed when its own processor wants it"),
    # --- ends
    mutant("death-mapper", "R9", "a mapper ends with the kernel",
           [(f"{STUB}stub_mapper.S", re.compile(r"	movl	\$__NR_prctl, %eax\n	movl	\$PR_SET_PDEATHSIG, %edi\n"
                                               r"	movl	\$SIGKILL, %esi\n	syscall\n"
                                               r"(?=	/\* The kernel may have)"), "")], [("ended.t", "", 0)]),
    mutant("death-thread", "R9", "a guest thread ends with the kernel",
           [(f"{STUB}stub_mapper.S", re.compile(r"(?<=3:)	movl	\$__NR_prctl, %eax\n	movl	\$PR_SET_PDEATHSIG, %edi\n"
                                               r"	movl	\$SIGKILL, %esi\n	syscall\n"), "\n")],
           [("ended.t", "", 0)]),
    mutant("exit-kills", "R9", "processes are killed at the kernel's exit",
           [(f"{COMMON}process_host.c", """		child_kill(&mm->mapper);
		for (i = 0; i < ncpus; i++)
			child_kill(&mm->slot[i].thread);
	}
	reap_all();
""", """		(void)i;
	}
	reap_all();
""")], [("ended.t", "", 0)],
           "a second line of defence: they die with their parent (death-mapper, death-thread)"),
    # --- guest memory
    mutant("read-once", "R8", "a string of a guest is read once",
           [("kernel/mm/uaccess.c", "			put_unaligned(word, (unsigned long *)(s->dst + s->len + n));",
             "			put_unaligned(READ_ONCE(*(unsigned long *)(guest + n)), (unsigned long *)(s->dst + s->len + n));")],
           [("toctou_name", *TWO)]),
    mutant("slots-stay", "R4", "slots are unmapped when their program ends",
           [(f"{COMMON}process_host.c", """	for (i = 0; i < ncpus; i++)
		mm->slot[i].mapped = false;
	if (!err)
""", """	if (!err)
"""), (f"{COMMON}process_host.c", """	if (mode == STUB_MODE_SECCOMP)
		mapper_order(mm, &slots);
""", """	(void)slots;
""")], [("leftover", *TWO)]),
]
