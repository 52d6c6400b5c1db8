/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the stub and the backends share: where things are in a guest process,
 * and the pages through which they talk. Part of the contract: change
 * STUB_VERSION when the layout changes.
 *
 *   STUB_CODE    the stub program, read and execute; a page of it is the
 *                mapper's code, whose system calls guest threads are refused
 *   STUB_ORDERS  struct stub_orders: written by the kernel only, through a
 *                mapping of its own; the process can read it
 *   STUB_DATA    one slot for each guest thread, shared with the kernel and
 *                writable by all: first struct stub_page, then the thread's
 *                signal stack. Only under seccomp
 *   STUB_VDSO    the host's vDSO and the data pages it reads, moved here whole
 */
#ifndef UM_STUB_LAYOUT_H
#define UM_STUB_LAYOUT_H

#define STUB_CODE	0x7fffffe00000
#define STUB_ORDERS	0x7fffffe0c000
#define STUB_DATA	0x7fffffe10000
#define STUB_VDSO	0x7ffffffa0000
#define STUB_AREA_END	0x7ffffffff000

/* A slot holds the biggest signal frame there is (11 KiB with AMX). */
#define STUB_DATA_SIZE	0x6000
#define STUB_STACK	0x1000
/* The stack of C code ends here, below where signal frames are made. */
#define STUB_BOOT_STACK	0x3000
#define STUB_SLOTS	64

/* Descriptors which a mapper finds open. */
#define STUB_FD_DATA	3
#define STUB_FD_RAM	4
/* The template only, and not for long: to hand over its listener. */
#define STUB_FD_SOCKET	5
/* From here on two for each vCPU: see STUB_ORDER_REPORT. */
#define STUB_FD_REPORTS	6

#define STUB_VERSION	5

/* stub_orders.mode */
#define STUB_MODE_PTRACE	0
#define STUB_MODE_SECCOMP	1

/* stub_rule.trap, stub_page.way: how the kernel hears of a stop */
#define STUB_TELLS_BY_NOTICE	0
#define STUB_TELLS_BY_FUTEX	1

/*
 * stub_page.turn: who goes on, the kernel or the guest; or the guest, as soon as
 * the mapper has done what it was told.
 */
#define STUB_TURN_KERNEL	1
#define STUB_TURN_GUEST		2
#define STUB_TURN_MAPPER	3

/* stub_rule.flags */
#define STUB_HAS_FSGSBASE	1
#define STUB_SETS_FS		4
#define STUB_SETS_GS		8
#define STUB_IS_TEMPLATE	16

/* What a guest's kick is on the host. */
#define STUB_KICK_SIGNAL	12

/*
 * Orders which are no system calls: give the guest its turn (argument: its
 * slot), tell the kernel that all before is done (arguments: two descriptors).
 */
#define STUB_ORDER_TURN		0x10000
#define STUB_ORDER_REPORT	0x10001

/*
 * A report adds one of these to the eventfd: all is well, or look at the offset
 * of the second descriptor, which is a pid or, with STUB_REPORT_FAILED, -errno.
 */
#define STUB_REPORT_DONE	1
#define STUB_REPORT_RESULT	0x10000
#define STUB_REPORT_FAILED	0x100000000

/* clone() makes a mapper with an address space of its own, or a guest thread. */
#define STUB_CLONE_MAPPER	0x8000
#define STUB_CLONE_THREAD	0x8100

/* How many orders there can be; where one lies follows from its number. */
#define STUB_RING		63

/* Offsets for assembler code. */
#define STUB_PAGE_TURN		40
#define STUB_PAGE_KERNEL_WAITS	44
#define STUB_PAGE_STUB_WAITS	48
#define STUB_PAGE_WAY		52
#define STUB_PAGE_SIGNO		64
#define STUB_PAGE_FRAME		72
#define STUB_PAGE_SIGINFO	80
#define STUB_PAGE_FS_BASE	88
#define STUB_PAGE_GS_BASE	96
#define STUB_RULE_SIZE		64
#define STUB_RULE_TRAP		0
#define STUB_RULE_SPIN		4
#define STUB_RULE_FLAGS		8
#define STUB_RULE_STACK		16
#define STUB_ORDERS_HEAD	4096
#define STUB_ORDERS_MODE	4100
#define STUB_ORDERS_KERNEL_PID	4104
#define STUB_ORDERS_FDS		4108
#define STUB_ORDERS_RING	4160
#define STUB_ORDERS_SIZE	8192
#define STUB_CALL_SIZE		64

#ifndef __ASSEMBLY__

#include <host/backend.h>

/**
 * struct stub_call - a system call which the mapper is to make
 * @nr: its number, or STUB_ORDER_*
 * @arg: its arguments
 * @pad: not used
 */
struct stub_call {
	__u64 nr;
	__u64 arg[6];
	__u64 pad;
};

/**
 * struct stub_rule - what the kernel tells one guest thread
 * @trap: STUB_TELLS_BY_*: how it is to tell of its next stop, and of calls of its
 *	guest. Under ptrace: the thread is traced and can go on
 * @spin: how often the thread looks for its turn before it sleeps; cleared, it
 *	sleeps at once
 * @flags: STUB_HAS_FSGSBASE and so on
 * @pad: not used
 * @stack_start: the thread's signal stack, as sigaltstack() takes it
 * @stack_flags: of the same
 * @stack_len: of the same
 * @answer: what the mapper is to answer to a notice of the thread
 */
struct stub_rule {
	__u32 trap;
	__u32 spin;
	__u32 flags;
	__u32 pad;
	__u64 stack_start;
	__u64 stack_flags;
	__u64 stack_len;
	__u64 answer[3];
};

/**
 * struct stub_orders - what the kernel writes and guest code can only read
 * @rule: by slot
 * @head: how many orders were given since the process began; a futex on which
 *	the mapper waits
 * @mode: STUB_MODE_*
 * @kernel_pid: a new process or thread ends itself if this is not its parent
 * @fds: descriptors of the mapper have lower numbers
 * @pad: not used
 * @ring: the orders
 */
struct stub_orders {
	struct stub_rule rule[STUB_SLOTS];
	__u32 head;
	__u32 mode;
	__s32 kernel_pid;
	__u32 fds;
	__u64 pad[6];
	struct stub_call ring[STUB_RING];
};

/**
 * struct stub_page - what a guest thread tells the kernel
 *
 * Every word can be written by guest code of the process at any time. What a
 * lie does is said at each: never more than harm to the process itself.
 *
 * @version: written by the template at boot, when there is no guest
 * @err: the same: 0 or -errno
 * @host_clock: the same: address of the host's clock_gettime(); 0 if none
 * @ip_notice: the same: where the call returns by which stubs tell of a stop
 * @notices: the same: asks for a listener; says whether there is one
 * @listener: the same: its descriptor
 * @go: the kernel at boot: the template may begin
 * @turn: both: STUB_TURN_*, and the futex on which the thread waits. A lie is
 *	a stop that is none, or hides one: the kernel then kicks, and kills
 * @kernel_waits: the futex on which the kernel waits, 1 while it does. A lie
 *	wakes it up for nothing
 * @stub_waits: the thread sleeps, or is about to. A lie keeps it from waking up
 * @way: the thread: how its guest's calls are told, STUB_TELLS_BY_*. A lie is told
 *	in a way to which nobody listens, as a stop that is hidden
 * @signo: the thread: why it stopped, a signal. A lie is another event of the
 *	guest's own
 * @frame: the thread: address of the ucontext of the signal; used if it is in
 *	the slot
 * @siginfo: the thread: address of its siginfo, likewise
 * @fs_base: both: FS base of the guest
 * @gs_base: both: GS base of the guest
 * @pad0: not used
 * @pad1: not used
 * @pad2: not used
 */
struct stub_page {
	__u32 version;
	__s32 err;
	__u64 host_clock;
	__u64 ip_notice;
	__u32 notices;
	__s32 listener;
	__u32 go;
	__u32 pad0;
	__u32 turn;
	__u32 kernel_waits;
	__u32 stub_waits;
	__u32 way;
	__u32 pad1[2];
	__u32 signo;
	__u32 pad2;
	__u64 frame;
	__u64 siginfo;
	__u64 fs_base;
	__u64 gs_base;
};

_Static_assert(sizeof(struct stub_call) == STUB_CALL_SIZE, "stub layout");
_Static_assert(sizeof(struct stub_rule) == STUB_RULE_SIZE, "stub layout");
_Static_assert(sizeof(struct stub_orders) == STUB_ORDERS_SIZE, "stub layout");
_Static_assert(STUB_ORDERS + STUB_ORDERS_SIZE <= STUB_DATA, "stub layout");
_Static_assert(offsetof(struct stub_rule, trap) == STUB_RULE_TRAP, "stub layout");
_Static_assert(offsetof(struct stub_rule, spin) == STUB_RULE_SPIN, "stub layout");
_Static_assert(offsetof(struct stub_rule, flags) == STUB_RULE_FLAGS, "stub layout");
_Static_assert(offsetof(struct stub_rule, stack_start) == STUB_RULE_STACK,
	       "stub layout");
_Static_assert(offsetof(struct stub_orders, head) == STUB_ORDERS_HEAD,
	       "stub layout");
_Static_assert(offsetof(struct stub_orders, mode) == STUB_ORDERS_MODE,
	       "stub layout");
_Static_assert(offsetof(struct stub_orders, kernel_pid) == STUB_ORDERS_KERNEL_PID,
	       "stub layout");
_Static_assert(offsetof(struct stub_orders, fds) == STUB_ORDERS_FDS, "stub layout");
_Static_assert(offsetof(struct stub_orders, ring) == STUB_ORDERS_RING, "stub layout");
_Static_assert(offsetof(struct stub_page, turn) == STUB_PAGE_TURN, "stub layout");
_Static_assert(offsetof(struct stub_page, kernel_waits) == STUB_PAGE_KERNEL_WAITS,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, stub_waits) == STUB_PAGE_STUB_WAITS,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, way) == STUB_PAGE_WAY, "stub layout");
_Static_assert(offsetof(struct stub_page, signo) == STUB_PAGE_SIGNO, "stub layout");
_Static_assert(offsetof(struct stub_page, frame) == STUB_PAGE_FRAME, "stub layout");
_Static_assert(offsetof(struct stub_page, siginfo) == STUB_PAGE_SIGINFO,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, fs_base) == STUB_PAGE_FS_BASE,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, gs_base) == STUB_PAGE_GS_BASE,
	       "stub layout");
_Static_assert(sizeof(struct stub_page) <= STUB_STACK, "room for the stub's stack");

#endif
#endif
