// SPDX-License-Identifier: GPL-2.0
/*
 * Huge pages of anonymous memory, and folios of sizes between: that they are used, and
 * that nothing a program does to parts of one (protection, holes, moves, copies on write,
 * access by the kernel) ever shows the wrong content; also while a second thread looks on.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/uio.h>

#include "util.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25
#endif

#define HUGE (2UL << 20)
#define NR_HUGE 4
#define SIZE (NR_HUGE * HUGE)
#define THP_DIR "/sys/kernel/mm/transparent_hugepage/"

static char *area;

static u32 pattern(unsigned long page, u32 salt)
{
	return page * 2654435761u ^ salt;
}

static u32 *word(unsigned long page)
{
	return (u32 *)(area + page * PAGE + page % 1000 * 4);
}

static void fill(unsigned long from, unsigned long to, u32 salt)
{
	for (unsigned long p = from; p < to; p++)
		*word(p) = pattern(p, salt);
}

static bool has_pattern(unsigned long from, unsigned long to, u32 salt)
{
	for (unsigned long p = from; p < to; p++) {
		if (*(volatile u32 *)word(p) == pattern(p, salt))
			continue;
		tap_note("page %lu holds %x, not %x", p, *word(p), pattern(p, salt));
		return false;
	}
	return true;
}

/* A value of the smaps entry that holds @addr, in KiB; -1 if there is none. */
static long smaps_value(const void *addr, const char *key)
{
	unsigned long start, end;
	bool here = false;
	char line[512];
	long value = -1;
	FILE *f = fopen("/proc/self/smaps", "r");

	need(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2 && strchr(line, '-') < strchr(line, ' '))
			here = (unsigned long)addr >= start && (unsigned long)addr < end;
		else if (here && !strncmp(line, key, strlen(key)))
			value = strtol(line + strlen(key) + 1, NULL, 10);
	}
	fclose(f);
	return value;
}

static char *fresh(void)
{
	char *p = mmap(NULL, SIZE + HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *start = (char *)(((unsigned long)p + HUGE - 1) & ~(HUGE - 1));

	need(p != MAP_FAILED);
	if (start > p)
		need(!munmap(p, start - p));
	need(!munmap(start + SIZE, p + HUGE - start));
	return start;
}

static char *fresh_huge(void)
{
	area = fresh();
	need(!madvise(area, SIZE, MADV_HUGEPAGE));
	fill(0, SIZE / PAGE, 1);
	return area;
}

static void drop(void)
{
	need(!munmap(area, SIZE));
}

/* Does a file of several words have this one in brackets? */
static bool chosen(const char *path, const char *word)
{
	char text[64] = "";
	FILE *f = fopen(path, "r");

	if (f && !fgets(text, sizeof(text), f))
		text[0] = 0;
	if (f)
		fclose(f);
	return strstr(text, word);
}

/* A machine with less than 512 MiB starts without. */
static void enable(void)
{
	FILE *f;

	if (!chosen(THP_DIR "enabled", "[never]"))
		return;
	f = fopen(THP_DIR "enabled", "w");
	need(f);
	fputs("madvise", f);
	need(!fclose(f));
}

/* --- one thread ----------------------------------------------------------- */

static void test_use(void)
{
	fresh_huge();
	ok_eq(smaps_value(area, "AnonHugePages:"), SIZE >> 10, "memory advised to be huge is");
	ok(has_pattern(0, SIZE / PAGE, 1), "and holds what was written");
	drop();
}

static void test_kernel_access(void)
{
	static char buf[3 * PAGE];
	int fd[2];

	fresh_huge();
	need(!pipe(fd));
	for (int i = 0; i < 3; i++)
		need(write(fd[1], area + HUGE - PAGE + i * PAGE, PAGE) == PAGE);
	need(read(fd[0], buf, sizeof(buf)) == sizeof(buf));
	ok(!memcmp(buf, area + HUGE - PAGE, sizeof(buf)), "the kernel reads across huge pages");
	memset(buf, 0x5a, sizeof(buf));
	need(write(fd[1], buf, sizeof(buf)) == sizeof(buf));
	need(read(fd[0], area + HUGE - PAGE, sizeof(buf)) == sizeof(buf));
	ok(!memcmp(buf, area + HUGE - PAGE, sizeof(buf)), "and writes across them");
	close(fd[0]);
	close(fd[1]);
	drop();
}

static void test_protection(void)
{
	unsigned long half = HUGE / 2 / PAGE, all = SIZE / PAGE;

	fresh_huge();
	need(!mprotect(area, SIZE, PROT_READ));
	ok(fault_of(do_write, area + HUGE) == SIGSEGV, "a huge page can be made read-only");
	need(!mprotect(area, SIZE, PROT_NONE));
	ok(fault_of(do_read, area + 2 * HUGE) == SIGSEGV, "and inaccessible");
	need(!mprotect(area, SIZE, PROT_READ | PROT_WRITE));
	ok(has_pattern(0, all, 1), "and back, with its content");
	need(!mprotect(area + HUGE, HUGE / 2, PROT_READ));
	ok(fault_of(do_write, area + HUGE + PAGE) == SIGSEGV &&
	   !fault_of(do_write, area + HUGE + HUGE / 2 + 8), "half of one can be read-only");
	need(!mprotect(area + HUGE, HUGE / 2, PROT_READ | PROT_WRITE));
	fill(HUGE / PAGE, HUGE / PAGE + half, 2);
	fill(HUGE / PAGE + half, 2 * HUGE / PAGE, 1);
	ok(has_pattern(0, HUGE / PAGE, 1) && has_pattern(HUGE / PAGE, HUGE / PAGE + half, 2) &&
	   has_pattern(HUGE / PAGE + half, all, 1), "nothing else changed");
	drop();
}

static void test_holes(void)
{
	unsigned long first = HUGE / PAGE + 10;
	char *p;

	fresh_huge();
	p = area + first * PAGE;
	need(!madvise(p, 5 * PAGE, MADV_DONTNEED));
	ok(!*(volatile u32 *)word(first) && !*(volatile u32 *)word(first + 4) &&
	   has_pattern(0, first, 1) && has_pattern(first + 5, SIZE / PAGE, 1), "MADV_DONTNEED cuts a hole into one");
	need(!munmap(p, PAGE));
	ok(fault_of(do_read, p) == SIGSEGV && !*(volatile u32 *)word(first + 1), "munmap does");
	need(mmap(p, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
	fill(first, first + 5, 1);
	ok(has_pattern(0, SIZE / PAGE, 1), "the hole can be filled");
	drop();
}

static void test_move(void)
{
	char *old = fresh_huge(), *to = fresh();

	need(mremap(old, SIZE, SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to) == to);
	area = to;
	ok(has_pattern(0, SIZE / PAGE, 1), "huge pages move with mremap");
	ok(fault_of(do_read, old) == SIGSEGV && fault_of(do_read, old + SIZE - 1) == SIGSEGV,
	   "and are gone where they were");
	fill(0, SIZE / PAGE, 3);
	ok(has_pattern(0, SIZE / PAGE, 3), "they can be written there");
	drop();
}

static void test_fork(void)
{
	unsigned long all = SIZE / PAGE, mid = all / 2;
	int status;
	pid_t pid;

	fresh_huge();
	pid = fork();
	need(pid >= 0);
	if (!pid) {
		bool good = has_pattern(0, all, 1);

		fill(mid, all, 4);
		good = good && has_pattern(0, mid, 1) && has_pattern(mid, all, 4);
		_exit(!good);
	}
	fill(0, mid, 5);
	need(waitpid(pid, &status, 0) == pid);
	ok(!status, "a child sees its copy of huge pages");
	ok(has_pattern(0, mid, 5) && has_pattern(mid, all, 1), "the parent its own");
	drop();
}

static void test_collapse(void)
{
	area = fresh();
	need(!madvise(area, SIZE, MADV_NOHUGEPAGE));
	fill(0, SIZE / PAGE, 6);
	need(!madvise(area, SIZE, MADV_HUGEPAGE));
	if (madvise(area, SIZE, MADV_COLLAPSE) < 0 && errno == EINVAL) {
		tap_skip("small pages collapse to huge ones", "MADV_COLLAPSE needs Linux 6.1");
		drop();
		return;
	}
	ok_eq(smaps_value(area, "AnonHugePages:"), SIZE >> 10, "small pages collapse to huge ones");
	ok(has_pattern(0, SIZE / PAGE, 6), "with their content");
	fill(0, SIZE / PAGE, 7);
	ok(has_pattern(0, SIZE / PAGE, 7), "and can be written");
	drop();
}

/* --- folios of other sizes ------------------------------------------------ */

static long counter(const char *path)
{
	char text[64] = "";
	FILE *f = fopen(path, "r");

	if (!f)
		return -1;
	if (!fgets(text, sizeof(text), f))
		text[0] = 0;
	fclose(f);
	return strtol(text, NULL, 10);
}

static void test_folios(void)
{
	const char *stat = THP_DIR "hugepages-64kB/stats/anon_fault_alloc";
	long before = counter(stat);

	if (!chosen(THP_DIR "hugepages-64kB/enabled", "[always]")) {
		tap_skip("a fault brings 64 KiB", "hugepages-64kB is not enabled here");
		return;
	}
	area = fresh();
	for (unsigned long p = 0; p < SIZE / PAGE; p += 16)
		fill(p, p + 1, 8);
	ok(counter(stat) - before >= (long)(SIZE >> 16), "a fault brings 64 KiB");
	fill(0, SIZE / PAGE, 9);
	ok(has_pattern(0, SIZE / PAGE, 9), "all of which can be used");
	drop();
}

/* --- two threads ---------------------------------------------------------- */

static bool stop_watching, watcher_content;
static unsigned long watched;

/* The lower half never changes, whatever happens to the pages it is in. */
static void *watch(void *arg)
{
	(void)arg;
	watcher_content = true;
	while (!READ_VAR(stop_watching)) {
		watcher_content = watcher_content && has_pattern(0, SIZE / PAGE / 2, 1);
		WRITE_VAR(watched, READ_VAR(watched) + 1);
	}
	return NULL;
}

static void test_race(void)
{
	unsigned long mid = SIZE / PAGE / 2;
	u64 end = now_ns() + 1500 * NSEC_PER_MSEC;
	unsigned int rounds = 0;
	bool good = true;
	pthread_t t;

	fresh_huge();
	WRITE_VAR(watched, 0);
	WRITE_VAR(stop_watching, false);
	need(!pthread_create(&t, NULL, watch, NULL));
	while (now_ns() < end || READ_VAR(watched) < 3) {
		/* Split by each means, and put together again. */
		need(!mprotect(area + PAGE, 3 * PAGE, PROT_READ));
		need(!mprotect(area + PAGE, 3 * PAGE, PROT_READ | PROT_WRITE));
		need(!madvise(area + mid * PAGE, 9 * PAGE, MADV_DONTNEED));
		fill(mid, mid + 9, 1);
		madvise(area, SIZE, MADV_COLLAPSE);
		need(!mprotect(area, SIZE, PROT_READ));
		need(!mprotect(area, SIZE, PROT_READ | PROT_WRITE));
		good = good && has_pattern(mid, SIZE / PAGE, 1);
		rounds++;
	}
	WRITE_VAR(stop_watching, true);
	need(!pthread_join(t, NULL));
	tap_note("%u rounds, watched %lu times", rounds, watched);
	ok(watcher_content, "a thread that only reads sees nothing of splits and collapses");
	ok(good, "nor does the one that makes them");
	drop();
}

/* Pages in a pipe cannot be moved. They come and go, so some collapses fail late. */
static void *borrow(void *arg)
{
	static char buf[PAGE];
	struct iovec page = { .iov_len = PAGE };
	unsigned long n = 0;
	int fd[2];

	(void)arg;
	need(!pipe(fd));
	while (!READ_VAR(stop_watching)) {
		page.iov_base = area + n++ % (SIZE / PAGE) * PAGE;
		need(vmsplice(fd[1], &page, 1, 0) == PAGE);
		need(read(fd[0], buf, PAGE) == PAGE);
	}
	close(fd[0]);
	close(fd[1]);
	return NULL;
}

static void test_failures(void)
{
	u64 end = now_ns() + 1500 * NSEC_PER_MSEC, longest = 0;
	unsigned int rounds = 0, failures = 0;
	bool good = true;
	pthread_t t[2];

	fresh_huge();
	WRITE_VAR(watched, 0);
	WRITE_VAR(stop_watching, false);
	need(!pthread_create(&t[0], NULL, watch, NULL));
	need(!pthread_create(&t[1], NULL, borrow, NULL));
	while (now_ns() < end || READ_VAR(watched) < 3) {
		need(!mprotect(area + PAGE, 3 * PAGE, PROT_READ));
		need(!mprotect(area + PAGE, 3 * PAGE, PROT_READ | PROT_WRITE));
		failures += madvise(area, SIZE, MADV_COLLAPSE) < 0;
		u64 look = now_ns();

		good = good && has_pattern(0, SIZE / PAGE, 1);
		look = now_ns() - look;
		longest = look > longest ? look : longest;
		rounds++;
	}
	WRITE_VAR(stop_watching, true);
	need(!pthread_join(t[0], NULL));
	need(!pthread_join(t[1], NULL));
	tap_note("%u rounds, %u failures, watched %lu times, longest look %lu ms", rounds, failures, watched,
		 (unsigned long)(longest / NSEC_PER_MSEC));
	ok(watcher_content && good, "nor when a collapse is given up");
	/* A page that cannot be got at is found by khugepaged, which looks each ten seconds. */
	ok(longest < 3000 * NSEC_PER_MSEC, "and no page is out of reach then");
	drop();
}

int main(void)
{
	fault_init();
	if (access(THP_DIR "enabled", R_OK)) {
		tap_skip("huge pages", "the kernel has no transparent huge pages");
		return tap_done();
	}
	enable();
	test_use();
	test_kernel_access();
	test_protection();
	test_holes();
	test_move();
	test_fork();
	test_collapse();
	test_folios();
	test_race();
	test_failures();
	return tap_done();
}
