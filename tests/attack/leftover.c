// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rules R2 and R4: a program looks through everything of the stub's that it can read for
 * what another program had in its registers and its slot, and where its memory was, on every
 * processor that one has used; and whether that memory is still there.
 * Harm: words of the other program are found.
 */
#include "attack.h"

/* Where nobody has anything by chance. */
#define SECRET_PLACE	0x1234500000UL

enum { ROUNDS = 8, VICTIM_CALLS = 50, SLOT_UNUSED = 0x800 };

/* A program with secrets in all its registers, which makes calls and faults. */
static void keep_secrets(unsigned int cpu)
{
	const unsigned long slot = use_slot(cpu);
	u64 *secret = mmap((void *)SECRET_PLACE, PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	need(secret == (void *)SECRET_PLACE);
	*secret = MAGIC;
	if (writable(slot + SLOT_UNUSED))
		*slot_long(slot, SLOT_UNUSED) = MAGIC;
	for (unsigned int i = 0; i < VICTIM_CALLS; i++) {
		__asm__ volatile("movq %0, %%rbx\n\t"
				 "movq %0, %%r12\n\t"
				 "movq %0, %%r13\n\t"
				 "movq %0, %%r14\n\t"
				 "movq %0, %%r15\n\t"
				 "movq %0, %%r8\n\t"
				 "movq %0, %%xmm3\n\t"
				 "movq %0, %%xmm15\n\t"
				 "movl %1, %%eax\n\t"
				 "syscall"
				 : : "r" (MAGIC), "i" (SYS_getppid)
				 : "rax", "rcx", "r11", "rbx", "r8", "r12", "r13", "r14", "r15", "xmm3", "xmm15");
		*(volatile char *)map_anon(PAGE) = 1;
	}
}

/* Inverted, so that this program's own registers do not hold what it looks for. */
static volatile u64 wanted = ~MAGIC, place = ~SECRET_PLACE;

static unsigned int search(unsigned long start, unsigned long end)
{
	unsigned int found = 0;

	for (unsigned long page = start; page < end; page += PAGE) {
		if (!readable(page))
			continue;
		for (unsigned long at = page; at < page + PAGE; at += 8) {
			if (~*(volatile u64 *)at != wanted && (~*(volatile u64 *)at | 0xfffff) != (place | 0xfffff))
				continue;
			if (!found++)
				tap_note("words of another program at 0x%lx", at);
		}
	}
	return found;
}

/* A fork knows the secrets of its parent; what exec makes does not. */
static int look_around(void)
{
	unsigned int found;

	found = readable(SECRET_PLACE);
	if (found)
		tap_note("memory of another program is here");
	found += search(STUB_CODE, STUB_DATA + STUB_SLOTS * STUB_DATA_SIZE);
	found += search(STUB_VDSO, STUB_AREA_END);
	return found != 0;
}

static int run_victim(void *arg)
{
	keep_secrets(*(unsigned int *)arg);
	return 0;
}

static int run_looker(void *arg)
{
	use_slot(*(unsigned int *)arg);
	execl("/proc/self/exe", "leftover", "look", NULL);
	return 1;
}

int main(int argc, char **argv)
{
	unsigned int victim, looker, bad, cpus = two_cpus() ? 2 : 1;

	if (argc > 1 && !strcmp(argv[1], "look"))
		return look_around();
	attack_begin();
	for (victim = 0; victim < cpus; victim++) {
		for (looker = 0; looker < cpus; looker++) {
			bad = 0;
			for (unsigned int i = 0; i < ROUNDS; i++) {
				run_child(run_victim, &victim);
				/* Its address space may be given back a little later. */
				sleep_ms(i);
				bad += run_child(run_looker, &looker) != 0;
			}
			ok_eq(bad, 0, "on CPU %u nothing is left of a program that ran on CPU %u", looker, victim);
		}
	}
	return tap_done();
}
