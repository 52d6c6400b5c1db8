// SPDX-License-Identifier: GPL-2.0
/*
 * File maps: private and shared, coherent with read and write and with each other; truncation
 * gives SIGBUS with BUS_ADRERR and the right address, for instructions and EFAULT for the
 * kernel; msync, punched holes; memory shared between processes, anonymous and by memfd.
 * Not here: file systems as such.
 */
#include <fcntl.h>

#include "util.h"

#define PAGES 16
#define SIZE (PAGES * PAGE)

static char *map_file(int fd, int flags, size_t len)
{
	char *p = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, 0);

	need(p != MAP_FAILED);
	return p;
}

static void write_pattern(int fd)
{
	char buf[PAGE];

	for (int i = 0; i < PAGES; i++) {
		memset(buf, 'A' + i, PAGE);
		need(pwrite(fd, buf, PAGE, i * PAGE) == (ssize_t)PAGE);
	}
}

static bool page_all(const char *p, char c)
{
	for (unsigned int i = 0; i < PAGE; i++)
		if (p[i] != c)
			return false;
	return true;
}

static void test_private(int fd)
{
	char *p = map_file(fd, MAP_PRIVATE, SIZE);
	bool good = true;
	char buf[4];

	for (int i = 0; i < PAGES; i++)
		good = good && page_all(p + i * PAGE, 'A' + i);
	ok(good, "a private map shows the file");
	p[3 * PAGE + 5] = 'x';
	need(pread(fd, buf, 1, 3 * PAGE + 5) == 1);
	ok(buf[0] == 'D' && p[3 * PAGE + 5] == 'x', "a private write stays private");
	need(pwrite(fd, "new", 3, 3 * PAGE + 100) == 3);
	ok(p[3 * PAGE + 100] == 'D', "a copied page no longer follows the file");
	need(pwrite(fd, "DDD", 3, 3 * PAGE + 100) == 3);
	/* Through the kernel: read() into an untouched private page must copy it first. */
	need(pread(fd, p + 5 * PAGE, 4, 7 * PAGE) == 4);
	need(pread(fd, buf, 4, 5 * PAGE) == 4);
	ok(!memcmp(p + 5 * PAGE, "HHHHF", 5) && !memcmp(buf, "FFFF", 4),
	   "read() into a private page stays private");
	need(madvise(p, SIZE, MADV_DONTNEED) == 0);
	ok(p[3 * PAGE + 5] == 'D' && p[5 * PAGE] == 'F', "MADV_DONTNEED brings the file back");
	munmap(p, SIZE);
}

static void test_shared(int fd)
{
	char *p = map_file(fd, MAP_SHARED, SIZE), *q = map_file(fd, MAP_SHARED, SIZE);
	bool good = true;
	char buf[8];

	for (int i = 0; i < 200; i++) {
		int at = rnd(SIZE - 8);

		switch (i % 3) {
		case 0:
			p[at] = i;
			break;
		case 1:
			q[at] = i;
			break;
		case 2:
			buf[0] = i;
			need(pwrite(fd, buf, 1, at) == 1);
			break;
		}
		need(pread(fd, buf, 1, at) == 1);
		good = good && p[at] == (char)i && q[at] == (char)i && buf[0] == (char)i;
	}
	ok(good, "two shared maps, read and write always agree");
	ok(!memcmp(p, q, SIZE), "the two maps are the same to the byte");
	ok(msync(p, SIZE, MS_SYNC) == 0 && msync(p, SIZE, MS_ASYNC) == 0 &&
	   msync(p, SIZE, MS_INVALIDATE) == 0, "msync in its three ways");
	ok(msync(p + 1, PAGE, MS_SYNC) == -1 && errno == EINVAL, "msync wants whole pages");
	munmap(q, SIZE);
	ok(msync(q, PAGE, MS_SYNC) == -1 && errno == ENOMEM, "msync of a hole gives ENOMEM");
	p[9] = 'z';
	munmap(p, SIZE);
	need(pread(fd, buf, 1, 9) == 1);
	ok(buf[0] == 'z', "a write is in the file after munmap");
	write_pattern(fd);
}

/* Writes to a clean shared page again after msync: the page must be noticed as dirty. */
static void test_redirty(int fd)
{
	char *p = map_file(fd, MAP_SHARED, SIZE);
	bool good = true;
	char c;

	for (int i = 0; i < 30; i++) {
		p[i % PAGES * PAGE + 1] = i;
		need(msync(p, SIZE, MS_SYNC) == 0);
		need(pread(fd, &c, 1, i % PAGES * PAGE + 1) == 1);
		good = good && c == i;
	}
	ok(good, "30 writes, each after an msync");
	munmap(p, SIZE);
	write_pattern(fd);
}

static void expect_sigbus(void (*fn)(void *), char *at, const char *what)
{
	fault_of(fn, at);
	if (fault_seen.sig != SIGBUS || fault_seen.code != BUS_ADRERR ||
	    fault_seen.addr != (uintptr_t)at)
		tap_note("got signal %d code %d addr 0x%lx, want SIGBUS %d %p", fault_seen.sig,
			 fault_seen.code, fault_seen.addr, BUS_ADRERR, at);
	ok(fault_seen.sig == SIGBUS && fault_seen.code == BUS_ADRERR &&
	   fault_seen.addr == (uintptr_t)at, "%s", what);
}

static void test_truncation(int fd)
{
	char *shared = map_file(fd, MAP_SHARED, SIZE), *own = map_file(fd, MAP_PRIVATE, SIZE);
	int fds[2];
	char c;

	need(pipe(fds) == 0);
	for (int i = 0; i < PAGES; i++) {
		shared[i * PAGE] = 'A' + i;
		c = READ_VAR(own[i * PAGE]);
	}
	own[10 * PAGE] = 'c';
	need(ftruncate(fd, 8 * PAGE + 100) == 0);

	ok(shared[7 * PAGE] == 'H' && shared[8 * PAGE + 99] == 'I', "what is before the end stays");
	ok(shared[8 * PAGE + 100] == 0 && shared[9 * PAGE - 1] == 0,
	   "the last page ends in zeroes");
	expect_sigbus(do_read, shared + 9 * PAGE + 17, "shared: a read beyond the end");
	expect_sigbus(do_write, shared + 12 * PAGE, "shared: a write beyond the end");
	expect_sigbus(do_read, own + 9 * PAGE + 3, "private: a read beyond the end");
	expect_sigbus(do_write, own + 11 * PAGE + 4, "private: a write beyond the end");
	expect_sigbus(do_read, own + 10 * PAGE, "private: a page copied before, beyond the end");
	ok(write(fds[1], shared + 9 * PAGE, 1) == -1 && errno == EFAULT,
	   "write() from beyond the end gives EFAULT");
	ok(write(fds[1],
		 "x", 1) == 1 && read(fds[0], shared + 9 * PAGE, 1) == -1 && errno == EFAULT,
	   "read() to beyond the end gives EFAULT");
	ok(shared[8 * PAGE] == 'I', "the last page is still there");

	need(ftruncate(fd, SIZE) == 0);
	ok(page_all(shared + 9 * PAGE, 0) && page_all(own + 10 * PAGE, 0),
	   "made long again, the file shows zeroes");
	ok(shared[8 * PAGE + 100] == 0 && shared[8 * PAGE + 99] == 'I', "behind what was kept");
	shared[15 * PAGE] = 'q';
	ok(own[15 * PAGE] == 'q', "the maps work on");
	c = 0;
	need(pread(fd, &c, 1, 15 * PAGE) == 1);
	ok_eq(c, 'q', "and so does the file");
	munmap(shared, SIZE);
	munmap(own, SIZE);
	close(fds[0]);
	close(fds[1]);
	write_pattern(fd);
}

static void test_punch(int fd)
{
	char *p = map_file(fd, MAP_SHARED, SIZE);

	p[4 * PAGE] = 'E';
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 4 * PAGE, 2 * PAGE) < 0) {
		tap_skip("punched hole", "the file system of /tmp cannot");
	} else {
		ok(page_all(p + 4 * PAGE, 0) && page_all(p + 5 * PAGE, 0) && p[6 * PAGE] == 'G',
		   "a punched hole shows in the map");
		p[4 * PAGE] = 'n';
		ok(p[4 * PAGE] == 'n', "and can be written again");
	}
	munmap(p, SIZE);
	write_pattern(fd);
}

static void test_rules(void)
{
	char name[] = "/tmp/guest-map-XXXXXX";
	int fd = mkstemp(name), ro;
	char *p;

	need(fd >= 0 && write(fd, "hello", 5) == 5);
	ro = open(name, O_RDONLY);
	need(ro >= 0 && unlink(name) == 0);
	ok(mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, ro, 0) == MAP_FAILED && errno == EACCES,
	   "a writable shared map of a read-only file gives EACCES");
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, ro, 0);
	need(p != MAP_FAILED);
	ok(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == -1 && errno == EACCES,
	   "and so does mprotect");
	munmap(p, PAGE);
	p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, ro, 0);
	need(p != MAP_FAILED);
	close(fd);
	close(ro);
	p[0] = 'j';
	ok(!memcmp(p, "jello\0", 6), "a private map outlives file name and descriptors");
	munmap(p, PAGE);
	ok(mmap(NULL, PAGE, PROT_READ, MAP_SHARED, 99, 0) == MAP_FAILED && errno == EBADF,
	   "a closed descriptor gives EBADF");
}

/* --- sharing between processes -------------------------------------------- */

static void ping_pong(char *p, const char *what)
{
	u32 *turn = (u32 *)p, *sum = (u32 *)(p + 3 * PAGE);
	enum { LAPS = 150 };
	pid_t pid;

	*turn = 0;
	*sum = 0;
	pid = fork_child();
	for (int i = 0; i < LAPS; i++) {
		u32 mine = 2 * i + (pid == 0);

		while (READ_VAR(*turn) != mine)
			raw0(SYS_sched_yield);
		*sum += mine;
		WRITE_VAR(*turn, mine + 1);
	}
	if (pid == 0)
		_exit(0);
	ok(exited_with(wait_status(pid), 0) && *turn == 2 * LAPS &&
	   *sum == LAPS * (2 * LAPS - 1), "%s: two processes take turns", what);
}

static void test_between(int fd)
{
	char *anon = map_shared(4 * PAGE), *file = map_file(fd, MAP_SHARED, 4 * PAGE), *p;
	pid_t pid;
	int mfd;

	ping_pong(anon, "shared anonymous memory");
	ping_pong(file, "shared file map");
	mfd = memfd_create("guest", MFD_CLOEXEC);
	if (mfd < 0) {
		tap_skip("memfd", "kernel without memfd_create");
	} else {
		need(ftruncate(mfd, 4 * PAGE) == 0);
		p = map_file(mfd, MAP_SHARED, 4 * PAGE);
		ping_pong(p, "memfd");
		munmap(p, 4 * PAGE);
		close(mfd);
	}

	/* A page that neither had touched at the time of the fork. */
	memset(anon, 0, PAGE);
	munmap(anon, 4 * PAGE);
	anon = map_shared(4 * PAGE);
	pid = fork_child();
	if (pid == 0) {
		memcpy(anon + 2 * PAGE, "from the child", 15);
		_exit(0);
	}
	wait_status(pid);
	ok(!strcmp(anon + 2 * PAGE, "from the child"),
	   "a page first touched after the fork is shared");

	/* One process truncates, the other one feels it. */
	pid = fork_child();
	if (pid == 0)
		_exit(ftruncate(fd, PAGE) ? 1 : 0);
	wait_status(pid);
	expect_sigbus(do_read, file + 2 * PAGE, "truncated by another process");
	ok(file[0] != 'A', "the first page is still the shared one");
	munmap(anon, 4 * PAGE);
	munmap(file, 4 * PAGE);
}

int main(void)
{
	int fd = tmp_file(SIZE);

	fault_init();
	write_pattern(fd);
	test_private(fd);
	test_shared(fd);
	test_redirty(fd);
	test_truncation(fd);
	test_punch(fd);
	test_rules();
	test_between(fd);
	return tap_done();
}
