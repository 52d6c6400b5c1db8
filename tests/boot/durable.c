// SPDX-License-Identifier: GPL-2.0
/*
 * Init of the guest which tests/boot/durable.t kills: prints a checksum of the
 * disk, then writes to it for ever, several processes at once, each in a part
 * of its own. A round is some changes - writes, some of which have FUA, zeroes,
 * discards - and a flush; what is printed after it, "D <process> <round>", is a
 * promise. All is made from the words seed= and sectors= of the command line, so
 * that the test can do it again. An error ends a process, but not the others.
 *
 * Each sector that was written is full of (seed << 32 | round, sector); one that
 * was zeroed or discarded is zero.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

enum {
	UBD_MAJOR = 98,
	SECOND_DISK = 16,
	SECTOR = 512,
	WRITERS = 4,
	LONGEST = 128,
	PAIRS = SECTOR / 16,
	BLOCK = 1 << 16,
};

/* Of sixteen changes; the test has the same. */
enum kind {
	ZERO,
	DISCARD,
	/* Writes with RWF_DSYNC, which become FUA. */
	DURABLE,
	DURABLE_LAST = 5,
	KINDS = 16,
};

static uint64_t state;

/* xorshift64; the test has the same. */
static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static void fail(const char *what)
{
	printf("FAILED %s: %m\n", what);
	fflush(stdout);
	for (;;)
		pause();
}

static int open_disk(void)
{
	int fd;

	mknod("/ubdb", S_IFBLK | 0600, makedev(UBD_MAJOR, SECOND_DISK));
	fd = open("/ubdb", O_RDWR | O_DIRECT);
	if (fd < 0)
		fail("open");
	return fd;
}

static void *buffer(void)
{
	void *p;

	if (posix_memalign(&p, 4096, BLOCK))
		fail("memory");
	return p;
}

/* FNV-1a over words: quick, and easy to have in the test, too. */
static void print_checksum(int fd, uint64_t bytes)
{
	uint64_t sum = 0xcbf29ce484222325, *p = buffer();
	uint64_t at;

	for (at = 0; at < bytes; at += BLOCK) {
		if (pread(fd, p, BLOCK, at) != BLOCK)
			fail("read");
		for (int i = 0; i < BLOCK / 8; i++)
			sum = (sum ^ p[i]) * 0x100000001b3;
	}
	printf("SUM %016llx\n", (unsigned long long)sum);
	fflush(stdout);
	free(p);
}

static void write_range(int fd, uint64_t *buf, uint64_t tag, uint64_t first, uint64_t n, int flags)
{
	struct iovec iov = { buf, n * SECTOR };

	for (uint64_t s = 0; s < n; s++) {
		for (int i = 0; i < PAIRS; i++) {
			buf[(s * PAIRS + i) * 2] = tag;
			buf[(s * PAIRS + i) * 2 + 1] = first + s;
		}
	}
	if (pwritev2(fd, &iov, 1, first * SECTOR, flags) != (ssize_t)(n * SECTOR))
		fail("write");
}

/* Where discard cannot be had, zeroes do as well. */
static void zero_range(int fd, uint64_t first, uint64_t n, bool discard)
{
	uint64_t range[2] = { first * SECTOR, n * SECTOR };

	if (discard && !ioctl(fd, BLKDISCARD, range))
		return;
	if (discard && errno != EOPNOTSUPP)
		fail("discard");
	if (ioctl(fd, BLKZEROOUT, range))
		fail("zero");
}

static void write_round(int fd, uint64_t *buf, uint64_t tag, uint64_t base, uint64_t sectors)
{
	uint64_t first, n, kind;

	for (uint64_t left = 1 + any(8); left; left--) {
		n = 1 + any(any(4) ? 8 : LONGEST);
		first = base + any(sectors - n + 1);
		kind = any(KINDS);
		if (kind < DURABLE)
			zero_range(fd, first, n, kind == DISCARD);
		else
			write_range(fd, buf, tag, first, n, kind <= DURABLE_LAST ? RWF_DSYNC : 0);
	}
}

static void writer(int who, uint32_t seed, uint64_t sectors)
{
	uint64_t *buf = buffer();
	int fd = open_disk();
	char line[40];

	sectors /= WRITERS;
	state = (uint64_t)seed << 8 | (who + 1);
	for (uint64_t round = 1;; round++) {
		write_round(fd, buf, (uint64_t)seed << 32 | round, who * sectors, sectors);
		if (fdatasync(fd))
			fail("sync");
		snprintf(line, sizeof(line), "D %d %llu\n", who, (unsigned long long)round);
		if (write(STDOUT_FILENO, line, strlen(line)) < 0)
			fail("print");
	}
}

int main(void)
{
	uint32_t seed = strtoul(getenv("seed") ?: "1", NULL, 10);
	uint64_t sectors = strtoul(getenv("sectors") ?: "0", NULL, 10);

	print_checksum(open_disk(), sectors * SECTOR);
	for (int who = 0; who < WRITERS; who++)
		if (!fork())
			writer(who, seed, sectors);
	for (;;)
		pause();
}
