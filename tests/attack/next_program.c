// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R4: a program leaves things in the processor (selectors, vector and FPU state, protection
 * keys, flags) and in its thread (a signal mask, a signal stack which spans everything), by the
 * means of guest code and by a forged frame. The next program has a look.
 * Harm: it finds any of that, or dies by it.
 */
#include <immintrin.h>

#include "attack.h"

enum { ROUNDS = 6, SELECTOR = 0x2b, FX_LEN = 512, XSAVE_LEN = 16384, MXCSR = 0x1f80, FCW = 0x37f,
	FLAG_NESTED = 0x4000, FLAG_ALIGN = 0x40000, FLAG_DIRECTION = 0x400 };

static u8 state[XSAVE_LEN] __aligned(64);
static volatile u64 *uc;

static void look_at_state(void)
{
	if (xfeatures_on())
		__asm__ volatile("xsave64 (%0)" : : "r" (state), "a" (-1), "d" (-1) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" : : "r" (state) : "memory");
}

static bool has_pkeys(void)
{
	u32 a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (c & bit_OSPKE);
}

static u32 read_pkru(void)
{
	u32 pkru, high;

	__asm__ volatile("rdpkru" : "=a" (pkru), "=d" (high) : "c" (0));
	return pkru;
}

/* What a program finds which has not done anything yet: 0 or what is wrong, as bits. */
static int __attribute__((__noinline__)) look(void)
{
	u16 ds, es, fs, gs;
	u64 flags;
	int bad = 0;
	stack_t ss;

	look_at_state();
	__asm__ volatile("movw %%ds, %0\n\tmovw %%es, %1\n\tmovw %%fs, %2\n\tmovw %%gs, %3"
			 : "=r" (ds), "=r" (es), "=r" (fs), "=r" (gs));
	__asm__ volatile("pushfq\n\tpopq %0" : "=r" (flags));
	bad |= (ds || es || fs || gs) ? 1 : 0;
	bad |= (flags & (FLAG_TRAP | FLAG_NESTED | FLAG_ALIGN | FLAG_DIRECTION)) ? 2 : 0;
	for (size_t i = 0; i < sizeof(state); i += 8)
		if (~*(volatile u64 *)(state + i) == ~MAGIC)
			bad |= 4;
	bad |= *(u32 *)(state + FX_MXCSR) != MXCSR || *(u16 *)state != FCW ? 8 : 0;
	/* The first 16 keys: all but the first denied, as in a fresh program of Linux. */
	bad |= has_pkeys() && (read_pkru() & 3) ? 16 : 0;
	bad |= sigaltstack(NULL, &ss) || !(ss.ss_flags & SS_DISABLE) ? 32 : 0;
	if (bad)
		tap_note("found bits 0x%x: ds 0x%x es 0x%x fs 0x%x gs 0x%x flags 0x%lx pkru 0x%x", bad, ds, es,
			 fs, gs, (unsigned long)flags, has_pkeys() ? read_pkru() : 0);
	return bad;
}

static void fill_vectors(void)
{
	__asm__ volatile("movq %0, %%xmm0\n\tpunpcklqdq %%xmm0, %%xmm0\n\t"
			 "movdqa %%xmm0, %%xmm7\n\tmovdqa %%xmm0, %%xmm15" : : "r" (MAGIC) : "xmm0", "xmm7", "xmm15");
	if (has_avx())
		__asm__ volatile("vinsertf128 $1, %%xmm0, %%ymm0, %%ymm9" : : : "xmm9");
	if (has_avx512())
		__asm__ volatile(".byte 0x62, 0xe1, 0xfd, 0x48, 0x6f, 0xe0" : : : "memory");
}

static void set_flags(u64 set)
{
	__asm__ volatile("pushfq\n\torq %0, (%%rsp)\n\tpopfq" : : "r" (set) : "memory", "cc");
}

static void leave_registers(void)
{
	const u32 mxcsr = 0x7f80;
	const u16 fcw = 0x77f;

	__asm__ volatile("movl %0, %%ds\n\tmovl %0, %%es" : : "r" (SELECTOR));
	fill_vectors();
	__asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m" (mxcsr), "m" (fcw));
	set_flags(FLAG_ALIGN | FLAG_DIRECTION | FLAG_NESTED);
	raw0(SYS_getppid);
	raw1(SYS_exit_group, 0);
}

static void leave_keys(void)
{
	if (has_pkeys())
		__asm__ volatile("wrpkru" : : "a" (0x55555551 | 2), "c" (0), "d" (0));
	/* Its own stack can only be read now. */
	for (;;)
		__asm__ volatile("syscall" : : "a" (SYS_exit_group), "D" (0) : "rcx", "r11");
}

/* Stopped for the end, as the kernel sees it, with a signal stack which is everywhere. */
static void leave_stack(void)
{
	unsigned long slot = use_slot(0);

	if (!on_seccomp())
		_exit(0);
	uc = map_anon(PAGE);
	for (int pass = 0; pass < 2; pass++) {
		begin_frame(uc, stub.stop, (u64)uc + 2048);
		uc[UC_STACK] = PAGE;
		uc[UC_STACK_SIZE] = 0x7fffffffe000;
		uc[UC_MASK] = ~0ULL;
		uc[UC_REGS + F_BX] = slot;
		uc[UC_REGS + F_DI] = slot + STUB_PAGE_TURN;
		uc[UC_REGS + F_R15] = STUB_ORDERS;
		uc[UC_REGS + F_FLAGS] = FLAGS_NORMAL | FLAG_TRAP;
		forge_stop(slot, SYS_exit_group, 0, 0, 0, PAGE, (u64)uc + 2048);
	}
	sigreturn_to(uc);
}

static int run_next(void *arg)
{
	use_slot(*(unsigned int *)arg);
	execl("/proc/self/exe", "next_program", "look", NULL);
	return 99;
}

static void (*const leave[])(void) = { leave_registers, leave_keys, leave_stack };
static const char *const left[] = { "registers", "keys", "a signal stack, a mask and the trap flag" };

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "look"))
		return look();
	attack_begin();
	for (unsigned int i = 0; i < ARRAY_SIZE(leave); i++) {
		int bad = 0;

		for (unsigned int round = 0; round < ROUNDS; round++) {
			unsigned int cpu = round % (two_cpus() ? 2 : 1);
			pid_t pid = fork_child();

			if (pid == 0) {
				use_slot(cpu);
				leave[i]();
			}
			outcome(pid, 2000);
			bad += run_child(run_next, &cpu) != 0;
		}
		ok_eq(bad, 0, "the next program finds nothing of %s", left[i]);
	}
	return tap_done();
}
