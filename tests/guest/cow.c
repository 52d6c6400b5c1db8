// SPDX-License-Identifier: GPL-2.0
/*
 * Copy on write after fork: parent, child and grandchildren write to shared pages by
 * instructions and through the kernel, and nobody sees another's writes; stack, data
 * segment, private file maps; MADV_DONTFORK and MADV_WIPEONFORK.
 * Not here: kinds of store instructions (stores.c).
 */
#include "util.h"

#define PAGES 48

static u32 *mem;
static u32 in_data = 0x11111111;
static u32 in_bss[3 * PAGE / 4];

static u32 *page(int i)
{
	return mem + i * PAGE / 4;
}

static void fill_page(int i, u32 seed)
{
	for (unsigned int j = 0; j < PAGE / 4; j += 61)
		page(i)[j] = seed + i * 1000 + j;
}

static bool page_is(int i, u32 seed)
{
	for (unsigned int j = 0; j < PAGE / 4; j += 61)
		if (page(i)[j] != seed + i * 1000 + j)
			return false;
	return true;
}

static void sync_peer(int out, int in)
{
	char c = 's';

	if (write(out, &c, 1) != 1 || read(in, &c, 1) != 1)
		_exit(90);
}

static void test_split(void)
{
	int to_child[2], to_parent[2];
	bool good = true;
	pid_t pid;

	need(pipe(to_child) == 0 && pipe(to_parent) == 0);
	for (int i = 0; i < PAGES; i++)
		fill_page(i, 1);
	pid = fork_child();
	if (pid == 0) {
		for (int i = 1; i < PAGES; i += 2)
			fill_page(i, 2);
		sync_peer(to_parent[1], to_child[0]);
		for (int i = 0; i < PAGES; i++)
			good = good && page_is(i, i % 2 ? 2 : 1);
		_exit(good ? 0 : 1);
	}
	for (int i = 0; i < PAGES; i += 2)
		fill_page(i, 3);
	sync_peer(to_child[1], to_parent[0]);
	for (int i = 0; i < PAGES; i++)
		good = good && page_is(i, i % 2 ? 1 : 3);
	ok(good, "the parent sees its writes and not the child's");
	ok(exited_with(wait_status(pid), 0), "the child sees its writes and not the parent's");
	for (int i = 0; i < PAGES; i++)
		fill_page(i, 4);
	for (int i = 0; i < PAGES; i++)
		good = good && page_is(i, 4);
	ok(good, "after the child's end the parent owns its pages");
	for (int i = 0; i < 2; i++) {
		close(to_child[i]);
		close(to_parent[i]);
	}
}

/* Each generation changes one page and leaves the check to the next. */
static int generation(int depth)
{
	int status;
	pid_t pid;

	for (int i = 0; i < PAGES; i++)
		if (!page_is(i, i < depth ? 100 + i : 4))
			return 1;
	if (depth == 8)
		return 0;
	fill_page(depth, 100 + depth);
	pid = fork();
	if (pid == 0)
		_exit(generation(depth + 1));
	status = wait_status(pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return 2;
	for (int i = 0; i < PAGES; i++)
		if (!page_is(i, i <= depth ? 100 + i : 4))
			return 3;
	return 0;
}

static int first_generation(void *arg)
{
	return generation(*(int *)arg);
}

static void test_generations(void)
{
	bool good = true;
	int zero = 0;

	ok(exited_with(run_child(first_generation, &zero), 0), "eight generations, a page each");
	for (int i = 0; i < PAGES; i++)
		good = good && page_is(i, 4);
	ok(good, "the first ancestor saw none of it");
}

/* The kernel's own writes to guest memory must break sharing just the same. */
static void test_kernel_writes(void)
{
	int fds[2], status;
	struct timespec *ts;
	pid_t pid;

	need(pipe(fds) == 0);
	for (int i = 0; i < 4; i++)
		fill_page(i, 5);
	pid = fork_child();
	if (pid == 0) {
		if (write(fds[1], "ABCDEFGHIJKLMNOP", 16) != 16)
			_exit(1);
		/* Across the border of pages 0 and 1. */
		if (read(fds[0], (char *)page(1) - 8, 16) != 16)
			_exit(2);
		if (memcmp((char *)page(1) - 8, "ABCDEFGHIJKLMNOP", 16))
			_exit(3);
		ts = (struct timespec *)page(2);
		if (raw2(SYS_clock_gettime, CLOCK_MONOTONIC, ts) || (!ts->tv_sec && !ts->tv_nsec))
			_exit(4);
		if (raw4(SYS_wait4, -1, page(3), 0, 0) != -ECHILD)
			_exit(5);
		_exit(0);
	}
	status = wait_status(pid);
	ok(exited_with(status, 0), "the kernel writes to shared pages of the child");
	ok(page_is(0, 5) && page_is(1, 5) && page_is(2, 5), "the parent's pages are untouched");

	pid = fork_child();
	if (pid == 0) {
		sleep_ms(100);
		_exit(page_is(0, 5) && page_is(1, 5) ? 0 : 1);
	}
	need(write(fds[1], "abcdefgh", 8) == 8);
	need(read(fds[0], (char *)page(1) - 4, 8) == 8);
	ok(!memcmp((char *)page(1) - 4, "abcdefgh", 8), "the kernel writes to pages of the parent");
	ok(exited_with(wait_status(pid), 0), "the child's pages are untouched");
	close(fds[0]);
	close(fds[1]);
}

static void test_segments(void)
{
	u32 on_stack[PAGE / 4];
	u32 *heap = malloc(100);
	pid_t pid;

	for (unsigned int i = 0; i < ARRAY_SIZE(on_stack); i++)
		on_stack[i] = i;
	asm volatile("" : : "r" (on_stack) : "memory");
	heap[0] = 5;
	in_bss[2000] = 6;
	pid = fork_child();
	if (pid == 0) {
		bool good = in_data == 0x11111111 && heap[0] == 5 && in_bss[2000] == 6 &&
			    on_stack[77] == 77;

		in_data = 1;
		heap[0] = 1;
		in_bss[2000] = 1;
		on_stack[77] = 1;
		asm volatile("" : : "r" (on_stack) : "memory");
		_exit(good ? 0 : 1);
	}
	ok(exited_with(wait_status(pid), 0), "the child has data, bss, heap and stack");
	ok(READ_VAR(in_data) == 0x11111111 && heap[0] == 5 && in_bss[2000] == 6 &&
	   READ_VAR(on_stack[77]) == 77, "and its changes stay with it");
	free(heap);
}

static void test_private_file(void)
{
	int fd = tmp_file(4 * PAGE);
	char buf[8];
	pid_t pid;
	char *p;

	need(pwrite(fd, "file", 4, 0) == 4 && pwrite(fd, "file", 4, PAGE) == 4);
	p = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	need(p != MAP_FAILED);
	memcpy(p + PAGE, "mine", 4);
	pid = fork_child();
	if (pid == 0) {
		bool good = !memcmp(p, "file", 4) && !memcmp(p + PAGE, "mine", 4);

		memcpy(p, "kid1", 4);
		memcpy(p + PAGE, "kid2", 4);
		_exit(good && !memcmp(p, "kid1", 4) && !memcmp(p + PAGE, "kid2", 4) ? 0 : 1);
	}
	ok(exited_with(wait_status(pid), 0), "private file pages, copied and not, are inherited");
	ok(!memcmp(p, "file", 4) && !memcmp(p + PAGE, "mine", 4), "each process copies its own");
	ok(pread(fd, buf, 4, PAGE) == 4 && !memcmp(buf, "file", 4), "the file itself is unchanged");
	munmap(p, 4 * PAGE);
	close(fd);
}

static void test_protected(void)
{
	pid_t pid;

	/* A page that is shared and read-only, then writable again in one of the two. */
	fill_page(6, 6);
	need(mprotect(page(6), PAGE, PROT_READ) == 0);
	pid = fork_child();
	if (pid == 0) {
		if (mprotect(page(6), PAGE, PROT_READ | PROT_WRITE) < 0)
			_exit(1);
		fill_page(6, 7);
		_exit(page_is(6, 7) ? 0 : 2);
	}
	ok(exited_with(wait_status(pid), 0), "mprotect to writable after fork, then a write");
	ok(page_is(6, 6), "does not reach the other process");
	ok_eq(fault_of(do_write, page(6)), SIGSEGV, "where the page is still read-only");
	/* A store is the first that a child does to the page. */
	pid = fork_child();
	if (pid == 0)
		_exit(fault_of(do_write, page(6)) == SIGSEGV && page_is(6, 6) ? 0 : 1);
	ok(exited_with(wait_status(pid), 0), "and in a child");
	need(mprotect(page(6), PAGE, PROT_READ | PROT_WRITE) == 0);
}

static void test_advice(void)
{
	pid_t pid;

	need(madvise(page(8), PAGE, MADV_DONTFORK) == 0);
	fill_page(9, 9);
	need(madvise(page(9), PAGE, MADV_WIPEONFORK) == 0);
	pid = fork_child();
	if (pid == 0) {
		bool zero = true;

		for (unsigned int i = 0; i < PAGE / 4; i++)
			zero = zero && page(9)[i] == 0;
		_exit(fault_of(do_read, page(8)) == SIGSEGV && fault_seen.code == SEGV_MAPERR &&
		      zero ? 0 : 1);
	}
	ok(exited_with(wait_status(pid), 0),
	   "MADV_DONTFORK and MADV_WIPEONFORK pages in the child");
	ok(page_is(9, 9), "the parent keeps them");
	need(madvise(page(8), PAGE, MADV_DOFORK) == 0);
	need(madvise(page(9), PAGE, MADV_KEEPONFORK) == 0);
}

/* Children forked while the parent goes on writing see one moment, not a mix. */
static void test_snapshots(void)
{
	enum { CHILDREN = 12 };
	pid_t pids[CHILDREN];
	bool good = true;

	for (int c = 0; c < CHILDREN; c++) {
		for (int i = 0; i < 16; i++)
			fill_page(i, 1000 * c);
		pids[c] = fork_child();
		if (pids[c] == 0) {
			sleep_ms(20);
			for (int i = 0; i < 16; i++)
				good = good && page_is(i, 1000 * c);
			_exit(good ? 0 : 1);
		}
	}
	for (int c = 0; c < CHILDREN; c++)
		good = exited_with(wait_status(pids[c]), 0) && good;
	ok(good, "twelve children keep twelve different moments");
}

int main(void)
{
	mem = map_anon(PAGES * PAGE);
	fault_init();
	test_split();
	test_generations();
	test_kernel_writes();
	test_segments();
	test_private_file();
	test_protected();
	test_advice();
	test_snapshots();
	return tap_done();
}
