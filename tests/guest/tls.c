// SPDX-License-Identifier: GPL-2.0
/*
 * Thread pointers and per-thread kernel state: arch_prctl FS and GS, the FSGSBASE
 * instructions where the kernel allows them, both kept over switches, signals and fork; rseq
 * with its CPU number and its abort; other arch_prctl rules.
 * Not here: what libc keeps in its TLS (thread.c).
 */
#include <asm/prctl.h>
#include <linux/rseq.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/rseq.h>
#include <sys/time.h>

#include "util.h"

#ifndef HWCAP2_FSGSBASE
#define HWCAP2_FSGSBASE 2
#endif

static u64 gs_block[64] = { 0x1010, 0x1111, 0x1212 };
static u64 other_block[64] = { 0x2020, 0x2121, 0x2222 };

static u64 gs_word(void)
{
	u64 value;

	asm volatile("mov %%gs:8, %0" : "=r" (value));
	return value;
}

static u64 get_base(int code)
{
	u64 base = 0;

	need(raw2(SYS_arch_prctl, code, &base) == 0);
	return base;
}

static void test_gs(void)
{
	need(raw2(SYS_arch_prctl, ARCH_SET_GS, gs_block) == 0);
	ok_eq(gs_word(), 0x1111, "ARCH_SET_GS: %%gs reaches the block");
	ok_eq(get_base(ARCH_GET_GS), (uintptr_t)gs_block, "ARCH_GET_GS tells it");
	asm volatile("movq $0x3333, %%gs:16" : : : "memory");
	ok_eq(READ_VAR(gs_block[2]), 0x3333, "a store by %%gs");
	sleep_ms(20);
	ok_eq(gs_word(), 0x1111, "it is there after a sleep");
}

static void test_fs(void)
{
	u64 self;

	asm volatile("mov %%fs:0, %0" : "=r" (self));
	ok_eq(get_base(ARCH_GET_FS), self, "ARCH_GET_FS tells libc's thread pointer");
	ok_eq(raw2(SYS_arch_prctl, ARCH_SET_FS, 0x8000000000000000), -EPERM,
	      "a non-canonical base gives EPERM");
	ok_eq(raw2(SYS_arch_prctl, ARCH_SET_GS, 0xffffffff81000000), -EPERM,
	      "a kernel address gives EPERM");
	ok_eq(raw2(SYS_arch_prctl, 0x9999, 0), -EINVAL, "an unknown code gives EINVAL");
	ok_eq(raw2(SYS_arch_prctl, ARCH_GET_FS, 8), -EFAULT, "a bad pointer gives EFAULT");
	ok_eq(get_base(ARCH_GET_FS), self, "nothing of this changed FS");
}

/* FS can be changed for a while, as long as nothing of libc runs. */
static void test_change_fs(void)
{
	u64 old = get_base(ARCH_GET_FS), seen;
	long ret;

	asm volatile("mov %[set], %%edi; mov %[block], %%rsi; mov %[nr], %%eax; syscall\n"
		     "mov %%rax, %%r12\n"
		     "mov %[yield], %%eax; syscall\n"
		     "mov %%fs:8, %%r13\n"
		     "mov %[set], %%edi; mov %[old], %%rsi; mov %[nr], %%eax; syscall\n"
		     "mov %%r12, %[ret]; mov %%r13, %[seen]"
		     : [ret] "=&r" (ret), [seen] "=&r" (seen)
		     : [set] "i" (ARCH_SET_FS), [block] "r" (other_block),
		       [nr] "i" (SYS_arch_prctl),
		       [old] "r" (old), [yield] "i" (SYS_sched_yield)
		     : "rax", "rcx", "rdi", "rsi", "r11", "r12", "r13", "memory");
	ok(ret == 0 && seen == 0x2121, "ARCH_SET_FS and back again");
}

static void *thread_gs(void *arg)
{
	u64 *block = arg;

	/* A new thread has no GS of its own yet. */
	if (get_base(ARCH_GET_GS) == (uintptr_t)block)
		return NULL;
	raw2(SYS_arch_prctl, ARCH_SET_GS, block);
	for (int i = 0; i < 50; i++) {
		sched_yield();
		if (gs_word() != block[1])
			return NULL;
	}
	return arg;
}

static u64 gs_in_handler;

static void handler(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	gs_in_handler = gs_word();
}

static void test_kept(void)
{
	static u64 blocks[4][8];
	pthread_t t[4];
	bool good = true;
	pid_t pid;

	for (int i = 0; i < 4; i++) {
		blocks[i][1] = 0x500 + i;
		need(pthread_create(&t[i], NULL, thread_gs, blocks[i]) == 0);
	}
	for (int i = 0; i < 4; i++) {
		void *ret;

		need(pthread_join(t[i], &ret) == 0);
		good = good && ret;
	}
	ok(good, "four threads each keep a GS of their own");
	ok_eq(gs_word(), 0x1111, "the main thread has its own");
	pid = fork_child();
	if (pid == 0) {
		good = gs_word() == 0x1111;
		raw2(SYS_arch_prctl, ARCH_SET_GS, other_block);
		_exit(good && gs_word() == 0x2121 ? 0 : 1);
	}
	ok(exited_with(wait_status(pid), 0), "a child inherits GS and can change it");
	ok_eq(gs_word(), 0x1111, "which does not change the parent's");
	on_signal(SIGUSR1, handler, 0);
	raise(SIGUSR1);
	ok_eq(gs_in_handler, 0x1111, "a signal handler has the same GS");
}

/* --- FSGSBASE ------------------------------------------------------------- */

static void test_fsgsbase(void)
{
	u64 base, word;

	if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE)) {
		tap_skip("FSGSBASE instructions", "AT_HWCAP2 does not offer them");
		return;
	}
	asm volatile("rdgsbase %0" : "=r" (base));
	ok_eq(base, (uintptr_t)gs_block, "rdgsbase reads what arch_prctl set");
	asm volatile("rdfsbase %0" : "=r" (base));
	asm volatile("mov %%fs:0, %0" : "=r" (word));
	ok_eq(base, word, "rdfsbase reads libc's thread pointer");
	asm volatile("wrgsbase %0" : : "r" (other_block));
	ok_eq(gs_word(), 0x2121, "wrgsbase sets it");
	sleep_ms(10);
	ok_eq(gs_word(), 0x2121, "a system call and a switch keep it");
	ok_eq(get_base(ARCH_GET_GS), (uintptr_t)other_block, "ARCH_GET_GS sees it");
	raise(SIGUSR1);
	ok_eq(gs_in_handler, 0x2121, "a handler sees it");
	ok_eq(gs_word(), 0x2121, "sigreturn keeps it");
	asm volatile("wrgsbase %0" : : "r" (gs_block));
}

static void test_switches(void)
{
	pid_t pids[3];
	bool good = true;

	for (int i = 0; i < 3; i++) {
		pids[i] = fork_child();
		if (pids[i])
			continue;
		gs_block[1] = 0x700 + i;
		for (int n = 0; n < 100; n++) {
			raw2(SYS_arch_prctl, ARCH_SET_GS, n % 2 ? gs_block : other_block);
			raw0(SYS_sched_yield);
			if (gs_word() != (n % 2 ? 0x700U + i : 0x2121))
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < 3; i++)
		good = exited_with(wait_status(pids[i]), 0) && good;
	ok(good, "three processes that switch and change GS all the time");
}

/* --- rseq ----------------------------------------------------------------- */

static struct rseq *my_rseq(void)
{
	return (struct rseq *)((char *)__builtin_thread_pointer() + __rseq_offset);
}

static void test_rseq(void)
{
	struct itimerval it = { .it_value.tv_usec = 20000 };
	struct rseq *rs = my_rseq();
	u64 aborted = 0;

	if (!__rseq_size) {
		tap_skip("rseq", "libc could not register: no CONFIG_RSEQ");
		return;
	}
	ok((int)READ_VAR(rs->cpu_id) >= 0 && READ_VAR(rs->cpu_id) == READ_VAR(rs->cpu_id_start),
	   "rseq tells a CPU");
	ok((long)READ_VAR(rs->cpu_id) < sysconf(_SC_NPROCESSORS_CONF), "that exists");

	/* A critical section that a signal must abort: it would never end by itself. */
	on_signal(SIGALRM, handler, 0);
	need(setitimer(ITIMER_REAL, &it, NULL) == 0);
	asm volatile(".pushsection .data, \"aw\"\n"
		     ".balign 32\n"
		     "9: .long 0, 0\n"
		     ".quad 1f, 2f - 1f, 4f\n"
		     ".popsection\n"
		     "lea 9b(%%rip), %%rax\n"
		     "mov %%rax, %[cs]\n"
		     "1: jmp 1b\n"
		     "nop\n"
		     "2: jmp 3f\n"
		     ".long %c[sig]\n"
		     "4: mov $1, %[aborted]\n"
		     "3:\n"
		     : [aborted] "+r" (aborted), [cs] "=m" (rs->rseq_cs)
		     : [sig] "i" (RSEQ_SIG) : "rax", "memory");
	ok_eq(aborted, 1, "a signal aborts the critical section");
	ok_eq(READ_VAR(rs->rseq_cs), 0, "and the kernel clears its descriptor");
}

int main(void)
{
	test_gs();
	test_fs();
	test_change_fs();
	test_kept();
	test_fsgsbase();
	test_switches();
	test_rseq();
	return tap_done();
}
