/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the stub and the backends share: where things are in a guest process,
 * and the slots through which they talk. Part of the contract: change
 * STUB_VERSION when the layout changes.
 *
 *   STUB_CODE  the stub program, read and execute
 *   STUB_DATA  one slot for each stub thread, shared with the kernel: first
 *              struct stub_page, then the thread's (signal) stack
 *   STUB_VDSO  the host's vDSO and the data pages it reads, moved here whole
 */
#ifndef UM_STUB_LAYOUT_H
#define UM_STUB_LAYOUT_H

#define STUB_CODE	0x7fffffe00000
#define STUB_DATA	0x7fffffe10000
#define STUB_VDSO	0x7ffffffa0000
#define STUB_AREA_END	0x7ffffffff000

/* A slot holds the biggest signal frame there is (11 KiB with AMX). */
#define STUB_DATA_SIZE	0x6000
#define STUB_STACK	0x1000
/* The stack of C code ends here, below where signal frames are made. */
#define STUB_BOOT_STACK	0x3000
#define STUB_SLOTS	64

/* Descriptors which the stub finds open. */
#define STUB_FD_DATA	3
#define STUB_FD_RAM	4
/* The template only, and not for long: to hand over its listener. */
#define STUB_FD_SOCKET	5

#define STUB_VERSION	4
#define STUB_OPS_MAX	96
#define STUB_CALLS_MAX	60

/* stub_page.mode */
#define STUB_MODE_PTRACE	0
#define STUB_MODE_SECCOMP	1

/* stub_page.trap: how the kernel hears of a stop; as the host reads it, too */
#define STUB_TELLS_BY_NOTICE	0
#define STUB_TELLS_BY_FUTEX	1

/* stub_page.turn: who goes on, the kernel or the guest */
#define STUB_TURN_KERNEL	1
#define STUB_TURN_GUEST		2

/* stub_page.flags */
#define STUB_HAS_FSGSBASE	1
#define STUB_STOP_AFTER		2
#define STUB_CLONES_THREAD	4

/* stub_page.signo, besides real signals: */
#define STUB_CALLS_DONE		0
#define STUB_CALL_FAILED	255

/* What a guest's kick is on the host. */
#define STUB_KICK_SIGNAL	12

/* Offsets for assembler code. */
#define STUB_PAGE_NR		24
#define STUB_PAGE_ERR		28
#define STUB_PAGE_TURN		40
#define STUB_PAGE_KERNEL_WAITS	44
#define STUB_PAGE_STUB_WAITS	48
#define STUB_PAGE_FLAGS		56
#define STUB_PAGE_SPIN		60
#define STUB_PAGE_SIGNO		64
#define STUB_PAGE_KERNEL_PID	68
#define STUB_PAGE_FRAME		72
#define STUB_PAGE_SIGINFO	80
#define STUB_PAGE_FS_BASE	88
#define STUB_PAGE_GS_BASE	96
#define STUB_PAGE_TRAP		112
#define STUB_PAGE_TOKEN		128
#define STUB_PAGE_MADE		136
#define STUB_PAGE_CALLS		144
#define STUB_CALL_SIZE		64
#define STUB_CALL_RESULT	56

#ifndef __ASSEMBLY__

#include <host/backend.h>

/**
 * struct stub_call - a system call which the stub is to make
 * @nr: its number
 * @arg: its arguments
 * @result: result: what it returned
 */
struct stub_call {
	__u64 nr;
	__u64 arg[6];
	__s64 result;
};

/**
 * struct stub_page - how kernel and stub thread talk
 * @version: STUB_VERSION, written by the stub
 * @go: the first stub waits here until the kernel has set it
 * @entry_apply: ptrace: address of the code which works off @op
 * @entry_clone: ptrace: address of the code which makes another stub process
 * @nr: number of valid elements of @op or @call
 * @err: result: 0 or the -errno of the operation that failed
 * @done: result: operations which were applied
 * @mode: STUB_MODE_*
 * @turn: seccomp: STUB_TURN_*, and the futex on which the stub waits
 * @kernel_waits: the futex on which the kernel waits, 1 while it does
 * @stub_waits: the stub sleeps, or is about to
 * @hold: futex to which the kernel moves a stub that it found asleep
 * @flags: STUB_HAS_FSGSBASE and so on
 * @spin: how often the stub looks for its turn before it sleeps; cleared, it
 *	sleeps at once
 * @signo: why the stub stopped: a signal, STUB_CALLS_DONE, STUB_CALL_FAILED
 * @kernel_pid: a new process ends itself if this is not its parent
 * @frame: address of the ucontext of the signal
 * @siginfo: address of its siginfo
 * @fs_base: FS base of the guest, both ways
 * @gs_base: GS base of the guest, both ways
 * @host_clock: address of the host's clock_gettime(); 0 if there is none
 * @trap: seccomp: STUB_TELLS_BY_*. Its first byte is the selector of the host's
 *	syscall user dispatch: by futex, all calls of the guest are signals
 * @notices: seccomp: the first stub is to make a listener; result: it did
 * @ip_notice: seccomp: where the call returns by which the stub tells of a stop
 * @token: seccomp: a random number for the calls there are
 * @made: seccomp: result: @token, once no call is left
 * @op: ptrace: map operations
 * @call: seccomp: system calls to make before the guest goes on
 */
struct stub_page {
	__u32 version;
	__u32 go;
	__u64 entry_apply;
	__u64 entry_clone;
	__u32 nr;
	__s32 err;
	__u32 done;
	__u32 mode;
	__u32 turn;
	__u32 kernel_waits;
	__u32 stub_waits;
	__u32 hold;
	__u32 flags;
	__u32 spin;
	__u32 signo;
	__s32 kernel_pid;
	__u64 frame;
	__u64 siginfo;
	__u64 fs_base;
	__u64 gs_base;
	__u64 host_clock;
	__u32 trap;
	__u32 notices;
	__u64 ip_notice;
	__u64 token;
	__u64 made;
	union {
		struct map_op op[STUB_OPS_MAX];
		struct stub_call call[STUB_CALLS_MAX];
	};
};

_Static_assert(sizeof(struct map_op) == 32, "stub layout");
_Static_assert(sizeof(struct stub_call) == STUB_CALL_SIZE, "stub layout");
_Static_assert(offsetof(struct stub_call, result) == STUB_CALL_RESULT, "stub layout");
_Static_assert(offsetof(struct stub_page, nr) == STUB_PAGE_NR, "stub layout");
_Static_assert(offsetof(struct stub_page, err) == STUB_PAGE_ERR, "stub layout");
_Static_assert(offsetof(struct stub_page, turn) == STUB_PAGE_TURN, "stub layout");
_Static_assert(offsetof(struct stub_page, kernel_waits) == STUB_PAGE_KERNEL_WAITS,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, stub_waits) == STUB_PAGE_STUB_WAITS,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, flags) == STUB_PAGE_FLAGS, "stub layout");
_Static_assert(offsetof(struct stub_page, spin) == STUB_PAGE_SPIN, "stub layout");
_Static_assert(offsetof(struct stub_page, signo) == STUB_PAGE_SIGNO, "stub layout");
_Static_assert(offsetof(struct stub_page, kernel_pid) == STUB_PAGE_KERNEL_PID,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, frame) == STUB_PAGE_FRAME, "stub layout");
_Static_assert(offsetof(struct stub_page, siginfo) == STUB_PAGE_SIGINFO,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, fs_base) == STUB_PAGE_FS_BASE,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, gs_base) == STUB_PAGE_GS_BASE,
	       "stub layout");
_Static_assert(offsetof(struct stub_page, trap) == STUB_PAGE_TRAP, "stub layout");
_Static_assert(offsetof(struct stub_page, token) == STUB_PAGE_TOKEN, "stub layout");
_Static_assert(offsetof(struct stub_page, made) == STUB_PAGE_MADE, "stub layout");
_Static_assert(offsetof(struct stub_page, call) == STUB_PAGE_CALLS, "stub layout");
_Static_assert(sizeof(struct stub_page) <= STUB_STACK, "room for the stub's stack");

#endif
#endif
