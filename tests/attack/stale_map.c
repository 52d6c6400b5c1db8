// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R3: threads go on writing to pages which the program gives back: another thread of
 * its own on the other processor; and a thread that only feigns to have stopped, and whose
 * signals are blocked. Meanwhile others get new pages and look at them.
 * Harm: memory changes that belongs to another program.
 */
#include "attack.h"

enum { AREA_PAGES = 256, VICTIM_PAGES = 512, WRITERS_MS = 2500, FEIGNED_ROUNDS = 3 };

/* One word of each page. */
#define AT	2048
#define VICTIM	0x1111111111111111ULL

static u8 *area;
static u32 *harm;

static void write_area(void)
{
	for (unsigned int i = 0; i < AREA_PAGES; i++)
		*(volatile u64 *)(area + i * PAGE + AT) = MAGIC;
}

/* The other processor's thread: writes wherever there is something. */
static void *keep_writing(void *arg)
{
	(void)arg;
	use_slot(1);
	for (;;) {
		/* Thread-local jumps would do; nobody else in this process faults. */
		if (!sigsetjmp(visit_jump, 1))
			for (;;)
				write_area();
	}
	return NULL;
}

static void give_back(void)
{
	pthread_t thread;
	u64 end = now_ns() + WRITERS_MS * NSEC_PER_MSEC;

	catch_all();
	use_slot(0);
	area = map_anon(AREA_PAGES * PAGE);
	need(!pthread_create(&thread, NULL, keep_writing, NULL));
	while (now_ns() < end) {
		/* Only what is mapped is unmapped: the pages are touched here, too. */
		for (unsigned int i = 0; i < AREA_PAGES; i++)
			*(volatile u8 *)(area + i * PAGE) = 1;
		raw3(SYS_madvise, area, AREA_PAGES * PAGE, MADV_DONTNEED);
		raw0(SYS_sched_yield);
	}
	_exit(0);
}

/* Somebody else, who gets pages, looks at them for a while, and gives them back. */
static void be_victim(void)
{
	const size_t len = VICTIM_PAGES * PAGE;

	use_slot(0);
	for (;;) {
		u8 *mine = map_anon(len);

		for (unsigned int pass = 0; pass < 4; pass++) {
			for (size_t i = 0; i < len; i += PAGE) {
				if (pass && *(volatile u64 *)(mine + i + AT) != VICTIM)
					ADD_VAR(*harm, 1);
				*(volatile u64 *)(mine + i + AT) = VICTIM;
			}
		}
		munmap(mine, len);
	}
}

static void test_other_thread(void)
{
	pid_t victim, pid;

	if (!two_cpus()) {
		tap_skip("a thread on the other processor", "there is none");
		return;
	}
	victim = fork_child();
	if (victim == 0)
		be_victim();
	pid = fork_child();
	if (pid == 0)
		give_back();
	outcome(pid, 2 * WRITERS_MS);
	outcome(victim, 0);
	ok_eq(READ_VAR(*harm), 0, "a thread that writes to pages which are given back reaches nobody's");
}

static void __attribute__((__noreturn__)) go_on_writing(void)
{
	for (;;)
		write_area();
}

/* The stop of a program that ends, or gives its pages back; it goes on in go_on_writing(). */
static void __attribute__((__noreturn__)) feign(u64 nr)
{
	const unsigned long slot = use_slot(0);
	volatile u64 *uc = map_anon(PAGE);

	area = map_anon(AREA_PAGES * PAGE);
	write_area();
	for (int pass = 0; pass < 2; pass++) {
		begin_frame(uc, (u64)go_on_writing, (u64)uc + 2048);
		uc[UC_MASK] = ~0ULL;
		forge_stop(slot, nr, nr == SYS_exit_group ? 0 : (u64)area, AREA_PAGES * PAGE, 0,
			   (u64)go_on_writing, (u64)uc + 2048);
		need(readable((unsigned long)sigreturn_to) && readable((unsigned long)go_on_writing));
	}
	WRITE_VAR(*(u32 *)(slot + STUB_PAGE_TURN), STUB_TURN_KERNEL);
	sigreturn_to(uc);
}

static void test_feigned(u64 nr, const char *name)
{
	WRITE_VAR(*harm, 0);
	for (unsigned int i = 0; i < FEIGNED_ROUNDS; i++) {
		pid_t victim, pid = fork_child();

		if (pid == 0)
			feign(nr);
		victim = fork_child();
		if (victim == 0)
			be_victim();
		sleep_ms(300);
		outcome(pid, 500);
		outcome(victim, 200);
	}
	ok_eq(READ_VAR(*harm), 0, "one that feigns %s and writes on reaches nobody's pages", name);
}

int main(void)
{
	attack_begin();
	harm = map_shared(PAGE);
	test_other_thread();
	if (on_seccomp()) {
		test_feigned(SYS_exit_group, "its end");
		test_feigned(SYS_munmap, "munmap");
	}
	return tap_done();
}
