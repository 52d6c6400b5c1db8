// SPDX-License-Identifier: GPL-2.0
/*
 * Under seccomp: which system calls a guest process may make on the host. All
 * that guest code makes are trapped. The stub's own are recognised by the
 * address of their instruction and, because guest code can jump there, by the
 * secret in arguments which the host does not look at:
 *
 *   stub_ip_wait, _wake, _sigreturn   no secret: what they can do is harmless
 *   stub_ip_call                      arch_prctl(ARCH_SET_FS, ARCH_SET_GS):
 *                                     no secret either; mmap: upper halves of
 *                                     fd and flags; all others: the sixth
 *                                     argument
 */
#include <signal.h>
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

extern const char stub_signal[], stub_ip_wake[], stub_ip_wait[], stub_ip_call[],
		  stub_ip_sigreturn[];

enum {
	PROGRAM_MAX = 96,
	SIGNALS = 64,
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

static void allow_mmap(struct program *p, __u64 secret)
{
	unsigned int block;

	load_high(p, 3);
	demand(p, secret >> 32);
	load_high(p, 4);
	demand(p, secret);
	load_low(p, 3);
	emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, ~MAP_POPULATE);
	demand(p, MAP_SHARED | MAP_FIXED);
	load_low(p, 4);
	block = block_if(p, STUB_FD_RAM);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);
	demand(p, STUB_FD_DATA);
	answer(p, SECCOMP_RET_ALLOW);
}

static void allow_bases(struct program *p)
{
	unsigned int block;

	load_low(p, 0);
	block = block_if(p, ARCH_SET_FS);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);
	demand(p, ARCH_SET_GS);
	answer(p, SECCOMP_RET_ALLOW);
}

static void allow_secret_calls(struct program *p, __u64 secret)
{
	static const __u32 calls[] = {
		__NR_munmap, __NR_mprotect, __NR_clone, __NR_prctl,
		__NR_getppid, __NR_sigaltstack,
	};
	unsigned int i, block;

	load_high(p, 5);
	demand(p, secret >> 32);
	load_low(p, 5);
	demand(p, secret);
	load_nr(p);
	for (i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		block = block_if(p, calls[i]);
		answer(p, SECCOMP_RET_ALLOW);
		block_end(p, block);
	}
	answer(p, SECCOMP_RET_TRAP);
}

static void build(struct program *p, __u64 secret)
{
	unsigned int block, inner;

	p->nr = 0;
	load(p, offsetof(struct seccomp_data, arch));
	demand(p, AUDIT_ARCH_X86_64);
	load(p, offsetof(struct seccomp_data, instruction_pointer) + 4);
	demand(p, (__u64)STUB_CODE >> 32);

	load_ip(p);
	block = block_if(p, (__u64)stub_ip_wait);
	load_nr(p);
	demand(p, __NR_futex);
	load_low(p, 1);
	demand(p, FUTEX_WAIT);
	load_low(p, 3);
	demand(p, 0);
	load_high(p, 3);
	demand(p, 0);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);

	block = block_if(p, (__u64)stub_ip_wake);
	load_nr(p);
	demand(p, __NR_futex);
	load_low(p, 1);
	demand(p, FUTEX_WAKE);
	load_low(p, 0);
	emit(p, BPF_ALU | BPF_AND | BPF_K, 0, 0, STUB_STACK - 1);
	demand(p, STUB_PAGE_KERNEL_WAITS);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);

	block = block_if(p, (__u64)stub_ip_sigreturn);
	load_nr(p);
	demand(p, __NR_rt_sigreturn);
	answer(p, SECCOMP_RET_ALLOW);
	block_end(p, block);

	demand(p, (__u64)stub_ip_call);
	load_nr(p);
	inner = block_if(p, __NR_mmap);
	allow_mmap(p, secret);
	block_end(p, inner);
	inner = block_if(p, __NR_arch_prctl);
	allow_bases(p);
	block_end(p, inner);
	allow_secret_calls(p, secret);
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
		.flags = SA_SIGINFO | SA_ONSTACK | USES_RESTORER,
		.restorer = stub_ip_sigreturn,
		.mask = ~0UL,
	};
	int sig;

	for (sig = 1; sig <= SIGNALS; sig++)
		stub_call6(__NR_rt_sigaction, sig, (long)&sa, 0, SIGSET_SIZE, 0, 0);
}

long stub_confine(struct stub_page *page, __u64 secret)
{
	/* On the stack, which the first signal frame overwrites. */
	struct program p;
	struct sock_fprog prog = { .filter = p.insn };
	stack_t stack = {
		.ss_sp = (char *)page + STUB_STACK,
		.ss_size = STUB_DATA_SIZE - STUB_STACK,
	};
	unsigned int i;
	long err;

	stub_call6(__NR_sigaltstack, (long)&stack, 0, 0, 0, 0, 0);
	set_handlers();
	build(&p, secret);
	prog.len = p.nr;
	stub_call6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
	err = stub_call6(__NR_seccomp, SECCOMP_SET_MODE_FILTER, 0, (long)&prog, 0,
			 0, 0);
	for (i = 0; i < PROGRAM_MAX; i++)
		((volatile struct sock_filter *)p.insn)[i].k = 0;
	return err;
}
