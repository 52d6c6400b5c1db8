// SPDX-License-Identifier: GPL-2.0
/*
 * A file on a host that loses its power, for tests/boot/durable.t:
 *
 *	plug MEDIUM WHERE SEED ODDS
 *
 * mounts a file system that is one file at WHERE, an ordinary file, by the
 * host's FUSE. It has the content of the file MEDIUM at first, and keeps what is
 * written in memory. What was synced is written to MEDIUM; one in ODDS syncs fails
 * (0: none): then some of what it was for is written and the rest never will be,
 * as with the page cache of Linux. SIGTERM pulls the plug: some sectors that were
 * not synced are written, and nobody gets an answer any more.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/fuse.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum {
	SECTOR = 512,
	BLOCK = 4096,
	WRITE_MAX = 1 << 17,
	REQUEST_MAX = WRITE_MAX + BLOCK,
};

static int medium, fuse;
static size_t size;
static uint8_t *now;
/* By sector: it differs from the medium, and a sync would write it. */
static bool *dirty;
static unsigned int odds;
static volatile sig_atomic_t pulled;

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static void write_sector(size_t sector)
{
	if (pwrite(medium, now + sector * SECTOR, SECTOR, sector * SECTOR) != SECTOR)
		fail("medium");
}

/* One in @rest dirty sectors is left out, if that is not 0; none is dirty then. */
static void write_dirty(unsigned int rest)
{
	for (size_t s = 0; s < size / SECTOR; s++) {
		if (dirty[s] && (!rest || rand() % rest))
			write_sector(s);
		dirty[s] = false;
	}
}

static int sync_all(void)
{
	bool fails = odds && !(rand() % odds);

	write_dirty(fails ? 2 : 0);
	return fails ? -EIO : 0;
}

static int change(uint64_t at, uint64_t len, const void *data)
{
	if (at > size || len > size - at)
		return -EFBIG;
	if (data)
		memcpy(now + at, data, len);
	else
		memset(now + at, 0, len);
	for (uint64_t s = at / SECTOR; s * SECTOR < at + len; s++)
		dirty[s] = true;
	return 0;
}

static void answer(const struct fuse_in_header *in, int error, const void *data, size_t len)
{
	static uint8_t buf[REQUEST_MAX];
	struct fuse_out_header out = {
		.len = sizeof(out) + len, .error = error, .unique = in->unique,
	};

	memcpy(buf, &out, sizeof(out));
	if (len)
		memcpy(buf + sizeof(out), data, len);
	/* ENOENT: who has asked is gone. */
	if (write(fuse, buf, out.len) < 0 && errno != ENOENT)
		fail("answer");
}

static void answer_init(const struct fuse_in_header *in, const struct fuse_init_in *init)
{
	struct fuse_init_out out = {
		.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION,
		.max_readahead = init->max_readahead, .flags = FUSE_BIG_WRITES,
		.max_background = 16, .congestion_threshold = 12, .max_write = WRITE_MAX,
	};

	answer(in, 0, &out, sizeof(out));
}

static void answer_attr(const struct fuse_in_header *in)
{
	struct fuse_attr_out out = {
		.attr = {
			.ino = FUSE_ROOT_ID, .size = size, .blocks = size / SECTOR,
			.mode = S_IFREG | 0600, .nlink = 1, .blksize = BLOCK,
			.uid = getuid(), .gid = getgid(),
		},
	};

	answer(in, 0, &out, sizeof(out));
}

static void answer_read(const struct fuse_in_header *in, const struct fuse_read_in *read)
{
	size_t left = read->offset < size ? size - read->offset : 0;

	answer(in, 0, now + read->offset, read->size < left ? read->size : left);
}

static void answer_write(const struct fuse_in_header *in, const struct fuse_write_in *write)
{
	struct fuse_write_out out = { .size = write->size };
	int ret = change(write->offset, write->size, write + 1);

	answer(in, ret, &out, ret ? 0 : sizeof(out));
}

static void serve(const struct fuse_in_header *in, const void *arg)
{
	/* No page cache above this one. */
	struct fuse_open_out opened = { .open_flags = FOPEN_DIRECT_IO };
	struct fuse_statfs_out stats = { .st = { .bsize = BLOCK, .namelen = NAME_MAX } };
	const struct fuse_fallocate_in *range = arg;

	switch (in->opcode) {
	case FUSE_INIT:
		answer_init(in, arg);
		return;
	case FUSE_GETATTR:
		answer_attr(in);
		return;
	case FUSE_OPEN:
		answer(in, 0, &opened, sizeof(opened));
		return;
	case FUSE_READ:
		answer_read(in, arg);
		return;
	case FUSE_WRITE:
		answer_write(in, arg);
		return;
	case FUSE_FALLOCATE:
		/* Holes are made behind the end to see whether that is possible. */
		answer(in, range->offset < size ? change(range->offset, range->length, NULL) : 0,
		       NULL, 0);
		return;
	case FUSE_FSYNC:
		answer(in, sync_all(), NULL, 0);
		return;
	case FUSE_STATFS:
		answer(in, 0, &stats, sizeof(stats));
		return;
	case FUSE_ACCESS:
	case FUSE_FLUSH:
	case FUSE_RELEASE:
		answer(in, 0, NULL, 0);
		return;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT:
		return;
	}
	answer(in, -ENOSYS, NULL, 0);
}

static void pull(int number)
{
	(void)number;
	pulled = true;
}

static void load(const char *path)
{
	struct stat st;

	medium = open(path, O_RDWR | O_CLOEXEC);
	if (medium < 0 || fstat(medium, &st))
		fail(path);
	size = st.st_size;
	now = malloc(size);
	dirty = calloc(size / SECTOR, sizeof(*dirty));
	if (!now || !dirty || size % SECTOR || pread(medium, now, size, 0) != (ssize_t)size)
		fail(path);
}

static void plug_in(const char *where)
{
	char options[100];

	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0)
		fail("/dev/fuse");
	snprintf(options, sizeof(options), "fd=%d,rootmode=%o,user_id=%u,group_id=%u", fuse,
		 S_IFREG, getuid(), getgid());
	if (mount("plug", where, "fuse", MS_NOSUID | MS_NODEV, options))
		fail("mount");
}

int main(int argc, char **argv)
{
	/* The signal ends a read. */
	struct sigaction action = { .sa_handler = pull };
	static uint8_t request[REQUEST_MAX] __attribute__((aligned(8)));
	const struct fuse_in_header *in = (void *)request;

	if (argc != 5)
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	srand(atoi(argv[3]));
	odds = atoi(argv[4]);
	load(argv[1]);
	sigaction(SIGTERM, &action, NULL);
	plug_in(argv[2]);
	puts("plugged in");
	fflush(stdout);
	while (!pulled) {
		if (read(fuse, request, sizeof(request)) >= (ssize_t)sizeof(*in))
			serve(in, in + 1);
		else if (errno != EINTR && errno != EAGAIN && errno != ENOENT)
			fail("request");
	}
	write_dirty(2 + rand() % 2);
	umount2(argv[2], MNT_DETACH);
	return 0;
}
