// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R2: a program writes to pages which it could write to before, and now shares with
 * another (after a fork), may only read, or has exchanged with another file's.
 * Harm: the other one's memory or the file changes.
 */
#include "attack.h"

enum { PAGES = 64 };

static u8 *area;
static u32 *wrong;

/* A store, if it is allowed. */
static void store(unsigned int i)
{
	if (!sigsetjmp(visit_jump, 1))
		area[i * PAGE] = 2;
}

static void touch(u8 value)
{
	for (unsigned int i = 0; i < PAGES; i++)
		area[i * PAGE] = value;
}

static void test_fork(void)
{
	pid_t pid;

	area = map_anon(PAGES * PAGE);
	touch(1);
	pid = fork_child();
	if (pid == 0) {
		sleep_ms(100);
		for (unsigned int i = 0; i < PAGES; i++)
			ADD_VAR(*wrong, area[i * PAGE] != 1);
		_exit(0);
	}
	touch(2);
	outcome(pid, 2000);
	ok_eq(READ_VAR(*wrong), 0, "a fork's memory is not changed by its parent");
}

static void test_protect(void)
{
	unsigned int changed = 0;

	area = map_anon(PAGES * PAGE);
	touch(1);
	need(mprotect(area, PAGES * PAGE, PROT_READ) == 0);
	for (unsigned int i = 0; i < PAGES; i++)
		store(i);
	for (unsigned int i = 0; i < PAGES; i++)
		changed += area[i * PAGE] != 1;
	ok_eq(changed, 0, "what became read-only is not written");
}

static void test_replace(void)
{
	int one = tmp_file(PAGES * PAGE), two = tmp_file(PAGES * PAGE);
	unsigned int changed = 0;
	u8 byte;

	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, one, 0);
	need(area != MAP_FAILED);
	touch(1);
	need(mmap(area, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, two, 0) == area);
	touch(2);
	for (unsigned int i = 0; i < PAGES; i++)
		changed += pread(one, &byte, 1, i * PAGE) != 1 || byte != 1;
	ok_eq(changed, 0, "nor is a file that was mapped before");
}

int main(void)
{
	attack_begin();
	catch_all();
	wrong = map_shared(PAGE);
	test_fork();
	test_protect();
	test_replace();
	return tap_done();
}
