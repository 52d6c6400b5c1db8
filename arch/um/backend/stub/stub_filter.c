// SPDX-License-Identifier: GPL-2.0
/*
 * Under seccomp: which system calls the processes of a guest may make on the
 * host. All that guest code makes are trapped or, if the kernel listens, told to
 * it by a notice: those which mostly end without a look at more than the
 * arguments. The stub's own are recognised by the address of their instruction,
 * where guest code can jump too:
 *
 *   stub_ip_notice             told to the kernel, never made
 *   stub_ip_wait, _wake        futex, at one offset of a page each
 *   stub_ip_sigreturn          rt_sigreturn
 *   stub_ip_fs, stub_ip_gs     arch_prctl: the thread's own bases
 *   stub_ip_choose             prctl: that calls from guest code, or these and
 *                              the stub's, get to this filter at all
 *   stub_mapper and its page   what a mapper needs. No call of a guest thread from
 *                              there gets here: the host makes a signal of it
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <asm/prctl.h>
#include <asm/unistd.h>

#include "stub_call.h"
#include "stub_filter.h"

extern const char stub_signal[], stub_ip_wake[], stub_ip_wait[],
		  stub_ip_sigreturn[], stub_ip_notice[], stub_ip_fs[],
		  stub_ip_gs[], stub_ip_choose[], stub_mapper[],
		  stub_mapper_end[];

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1 << 5)
#endif

enum {
	PROGRAM_MAX = 256,
	SIGNALS = 64,
	/* Masks of 32 calls each: more numbers than x86-64 has calls. */
	CALL_MASKS = 15,
	CALLS_A_MASK = 32,
	/*
	 * Once the kernel has heard of a call, no signal ends it: only then is
	 * an answer sure to arrive. Since Linux 5.19.
	 */
	LISTENER_FLAGS = SECCOMP_FILTER_FLAG_NEW_LISTENER |
			 SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	/* Of <asm/signal.h>, which cannot be included beside <signal.h>. */
	USES_RESTORER = 0x04000000,
	SIGSET_SIZE = 8,
};

/* The program, written from the front; jumps only go forward. */
struct program {
	unsigned int nr;
	struct sock_filter insn[PROGRAM_MAX];
};

static void emit(struct program *p, __u16 code, __u8 jt, __u8 jf, __u32 k)
{
	p->insn[p->nr++] = (struct sock_filter) {
		.code = code, .jt = jt, .jf = jf, .k = k,
	};
}

static void load(struct program *p, __u32 offset)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static void answer(struct program *p, __u32 what)
{
	emit(p, BPF_RET | BPF_K, 0, 0, what);
}

/* Trap unless the word loaded is @k. */
static void demand(struct program *p, __u32 k)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, k);
	answer(p, SECCOMP_RET_TRAP);
}

static void load_low(struct program *p, unsigned int arg)
{
	load(p, offsetof(struct seccomp_data, args) + 8 * arg);
}

static void load_high(struct program *p, unsigned int arg)
{
	load(p, offsetof(struct seccomp_data, args) + 8 * arg + 4);
}

/* The code up to block_end() is for the value @k of the word loaded. */
static unsigned int block_if(struct program *p, __u32 k)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, k);
	return p->nr;
}

static void block_end(struct program *p, unsigned int start)
{
	p->insn[start - 1].jf = p->nr - start;
}

static void load_nr(struct program *p)
{
	load(p, offsetof(struct seccomp_data, nr));
}

static void load_ip(struct program *p)
{
	load(p, offsetof(struct seccomp_data, instruction_pointer));
}

/*
 * Of the guest's calls, those which are always trapped: the kernel changes
 * mappings, looks at registers beyond the arguments, or changes them.
 */
static const __u16 trapped_calls[] = {
	__NR_mmap, __NR_munmap, __NR_mprotect, __NR_pkey_mprotect, __NR_brk,
	__NR_mremap, __NR_remap_file_pages, __NR_madvise, __NR_process_madvise,
	__NR_shmat, __NR_shmdt,
	__NR_clone, __NR_clone3, __NR_fork, __NR_vfork,
	__NR_execve, __NR_execveat, __NR_exit, __NR_exit_group,
	__NR_kill, __NR_tkill, __NR_tgkill, __NR_pause, __NR_rt_sigsuspend,
	__NR_rt_sigreturn, __NR_sigaltstack, __NR_arch_prctl,
};

/* A bit for each call that a notice will do for. */
static void fill_masks(__u32 mask[CALL_MASKS])
{
	unsigned int i, nr;

	for (i = 0; i < CALL_MASKS; i++)
		mask[i] = ~0U;
	for (i = 0; i < sizeof(trapped_calls) / sizeof(trapped_calls[0]); i++) {
		nr = trapped_calls[i];
		mask[nr / CALLS_A_MASK] &= ~(1U << nr % CALLS_A_MASK);
	}
}

/* A call of guest code: X = its number, A = that of its mask. */
static void notify_or_trap(struct program *p)
{
	__u32 mask[CALL_MASKS];
	unsigned int i, block;

	fill_masks(mask);
	load_nr(p);
	emit(p, BPF_MISC | BPF_TAX, 0, 0, 0);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, 0, 0, 5);
	for (i = 0; i < CALL_MASKS; i++) {
		block = block_if(p, i);
		emit(p, BPF_LD | BPF_IMM, 0, 0, mask[i]);
		/* To what follows the last of the masks. */
		emit(p, BPF_JMP | BPF_JA, 0, 0, 3 * (CALL_MASKS - 1 - i) + 1);
		block_end(p, block);
	}
	answer(p, SECCOMP_RET_TRAP);
	emit(p, BPF_ST, 0, 0, 0);
	emit(p, BPF_MISC | BPF_TXA, 0, 0, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, CALLS_A_MASK - 1);
	emit(p, BPF_MISC | BPF_TAX, 0, 0, 0);
	emit(p, BPF_LD | BPF_MEM, 0, 0, 0);
	emit(p, BPF_ALU | BPF_RSH | BPF_X, 0, 0, 0);
	emit(p, BPF_JMP | BPF_JSET | BPF_K, 0, 1, 1);
	answer(p, SECCOMP_RET_USER_NOTIF);
	answer(p, SECCOMP_RET_TRAP);
}

/*
 * Decide about calls from below the stub. Above it is the host's vsyscall page,
 * which calls in the name of the guest and expects signals only.
 */
static void serve_guest(struct program *p)
{
	const __u32 high = STUB_CODE >> 32, low = STUB_CODE & 0xffffffff;
	unsigned int start;

	emit(p, BPF_JMP | BPF_JGT | BPF_K, 0, 1, high);
	answer(p, SECCOMP_RET_TRAP);
	/* Lower: over the next two. */
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 2, high);
	load_ip(p);
	emit(p, BPF_JMP | BPF_JGE | BPF_K, 0, 0, low);
	start = p->nr;
	notify_or_trap(p);
	p->insn[start - 1].jt = p->nr - start;
}

/* Anything but @k in the word loaded is no mapper: end the process. */
static void insist(struct program *p, __u32 k)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, k);
	answer(p, SECCOMP_RET_KILL_PROCESS);
}

/* Guest RAM or the kernel's pages, shared, where the kernel says. */
static void allow_mmap(struct program *p)
{
	unsigned int block;

	load_low(p, 3);
	emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, ~MAP_POPULATE);
	insist(p, MAP_SHARED | MAP_FIXED);
	load_low(p, 4);
	block = block_if(p, STUB_FD_RAM);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);
	insist(p, STUB_FD_DATA);
	answer(p, SECCOMP_RET_ALLOW);
}

/* A new mapper, or a guest thread. */
static void allow_clone(struct program *p)
{
	unsigned int block;

	load_low(p, 0);
	block = block_if(p, STUB_CLONE_MAPPER);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);
	insist(p, STUB_CLONE_THREAD);
	answer(p, SECCOMP_RET_ALLOW);
}

/* Defence in depth: guest code never runs as a mapper. */
static void serve_mapper(struct program *p)
{
	static const __u32 calls[] = {
		__NR_munmap, __NR_mprotect, __NR_futex, __NR_write, __NR_lseek,
		__NR_ioctl, __NR_sendmsg, __NR_close, __NR_close_range,
		__NR_prctl, __NR_getppid, __NR_sigaltstack, __NR_seccomp,
		__NR_exit_group,
	};
	unsigned int i, block;

	load_nr(p);
	block = block_if(p, __NR_mmap);
	allow_mmap(p);
	block_end(p, block);
	block = block_if(p, __NR_clone);
	allow_clone(p);
	block_end(p, block);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		block = block_if(p, calls[i]);
		answer(p, SECCOMP_RET_ALLOW);
		block_end(p, block);
	}
	answer(p, SECCOMP_RET_KILL_PROCESS);
}

/* The instruction's address, its lower half, is loaded. */
static void serve_mapper_page(struct program *p)
{
	unsigned int start;

	emit(p, BPF_JMP | BPF_JGE | BPF_K, 1, 0, (__u64)stub_mapper);
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	start = p->nr;
	emit(p, BPF_JMP | BPF_JGT | BPF_K, 0, 1, (__u64)stub_mapper_end);
	emit(p, BPF_JMP | BPF_JA, 0, 0, 0);
	serve_mapper(p);
	p->insn[start - 1].k = p->nr - start;
	p->insn[start + 1].k = p->nr - start - 2;
}

static void allow_futex(struct program *p, __u32 op, __u32 offset)
{
	load_nr(p);
	demand(p, __NR_futex);
	load_low(p, 1);
	demand(p, op);
	load_low(p, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, STUB_STACK - 1);
	demand(p, offset);
}

static void allow_base(struct program *p, __u32 which)
{
	load_nr(p);
	demand(p, __NR_arch_prctl);
	load_low(p, 0);
	demand(p, which);
	answer(p, SECCOMP_RET_ALLOW);
}

static void demand_arg(struct program *p, unsigned int arg, __u64 value)
{
	load_high(p, arg);
	demand(p, value >> 32);
	load_low(p, arg);
	demand(p, value);
}

/* What gets through afterwards: calls of all below the mapper, or of the stub's. */
static void allow_choice(struct program *p)
{
	const __u64 end = (__u64)stub_mapper;
	unsigned int block;

	load_nr(p);
	demand(p, __NR_prctl);
	demand_arg(p, 0, PR_SET_SYSCALL_USER_DISPATCH);
	demand_arg(p, 1, PR_SYS_DISPATCH_ON);
	demand_arg(p, 4, 0);
	load_low(p, 2);
	block = block_if(p, 0);
	demand_arg(p, 2, 0);
	demand_arg(p, 3, end);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);
	demand_arg(p, 2, STUB_CODE);
	demand_arg(p, 3, end - STUB_CODE);
	answer(p, SECCOMP_RET_ALLOW);
}

static void build(struct program *p, bool notices)
{
	unsigned int block;

	p->nr = 0;
	load(p, offsetof(struct seccomp_data, arch));
	demand(p, AUDIT_ARCH_X86_64);
	load(p, offsetof(struct seccomp_data, instruction_pointer) + 4);
	if (notices)
		serve_guest(p);
	else
		demand(p, (__u64)STUB_CODE >> 32);

	load_ip(p);
	if (notices) {
		block = block_if(p, (__u64)stub_ip_notice);
		answer(p, SECCOMP_RET_USER_NOTIF);
		block_end(p, block);
	}
	block = block_if(p, (__u64)stub_ip_wait);
	allow_futex(p, FUTEX_WAIT, STUB_PAGE_TURN);
	load_low(p, 3);
	demand(p, 0);
	load_high(p, 3);
	demand(p, 0);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);

	block = block_if(p, (__u64)stub_ip_wake);
	allow_futex(p, FUTEX_WAKE, STUB_PAGE_KERNEL_WAITS);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);

	block = block_if(p, (__u64)stub_ip_sigreturn);
	load_nr(p);
	demand(p, __NR_rt_sigreturn);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);

	block = block_if(p, (__u64)stub_ip_fs);
	allow_base(p, ARCH_SET_FS);
	block_end(p, block);
	block = block_if(p, (__u64)stub_ip_gs);
	allow_base(p, ARCH_SET_GS);
	block_end(p, block);

	block = block_if(p, (__u64)stub_ip_choose);
	allow_choice(p);
	block_end(p, block);

	serve_mapper_page(p);
	answer(p, SECCOMP_RET_TRAP);
}

/* As the host's rt_sigaction() takes it. */
struct host_sigaction {
	const void *handler;
	unsigned long flags;
	const void *restorer;
	unsigned long mask;
};

static void set_handlers(void)
{
	struct host_sigaction sa = {
		.handler = stub_signal,
		/*
		 * Restart: a kick may come when the guest has made a call that
		 * the kernel has not heard of yet.
		 */
		.flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | USES_RESTORER,
		.restorer = stub_ip_sigreturn,
		.mask = ~0UL,
	};
	int sig;

	for (sig = 1; sig <= SIGNALS; sig++)
		stub_call6(__NR_rt_sigaction, sig, (long)&sa, 0, SIGSET_SIZE, 0, 0);
}

/* Notices are of use only where the host lets us have signals instead. */
static bool can_choose(void)
{
	return !stub_call6(__NR_prctl, PR_SET_SYSCALL_USER_DISPATCH,
			   PR_SYS_DISPATCH_OFF, 0, 0, 0, 0);
}

static long install(struct program *p, bool notices)
{
	struct sock_fprog prog = { .filter = p->insn };

	build(p, notices);
	prog.len = p->nr;
	return stub_call6(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
			  notices ? LISTENER_FLAGS : 0,
			  (long)&prog, 0, 0, 0);
}

long stub_confine(struct stub_page *page)
{
	struct program p;
	stack_t stack = {
		.ss_sp = (char *)page + STUB_STACK,
		.ss_size = STUB_DATA_SIZE - STUB_STACK,
	};
	long listener;

	stub_call6(__NR_sigaltstack, (long)&stack, 0, 0, 0, 0, 0);
	set_handlers();
	page->ip_notice = (__u64)stub_ip_notice;
	listener = page->notices && can_choose() ? install(&p, true) : -ENOSYS;
	page->notices = listener >= 0;
	page->listener = listener;
	return listener < 0 ? install(&p, false) : 0;
}

void stub_refuse_calls(void)
{
	struct program p;

	install(&p, false);
}
