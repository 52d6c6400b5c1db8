// SPDX-License-Identifier: GPL-2.0
/*
 * uml_moo -d: merge into the backing file.
 *
 * Half a merge is a ruin: neither the old backing file nor the new one. The
 * COW file is only read, so a second run from the beginning repairs it. A
 * marker beside the COW file, on the host's disk before the first write and
 * removed after the last, says that such a run is due, and on which file:
 *
 *   marker -> backing file gets a new mtime -> data -> fsync -> marker goes
 *
 * With the new mtime, this COW file and all others of that backing file are
 * refused from then on, by UML and by the tools; a marker that describes exactly
 * what is there lets us, and only us, go on. It must do so when both files have
 * other paths, inodes or devices, as after a reboot or on a copy: so it has a
 * fingerprint of what the merge leaves alone in the backing file.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/stat.h>
#include <linux/falloc.h>

#include "merge.h"

enum {
	BUFFER = 1 << 20,
	TICK_US = 10000,
	NAME_MAX_LEN = 2 * COW_BACKING_MAX,
	MARKER_MAX = NAME_MAX_LEN + 256,
	/* Sectors that a fingerprint looks at. */
	SAMPLES = 1024,
};

static char buffer[BUFFER];

/* Of FNV-1a, which is good enough to tell disks apart. */
static const __u64 hash_start = 0xcbf29ce484222325;
static const __u64 hash_factor = 0x100000001b3;

static __u64 hash_sector(const struct cow_file *cow, const struct backing_file *backing,
			 __u64 sector, __u64 hash)
{
	__u64 unit = cow->header.sector_size, at = sector * unit;
	size_t len = at + unit > cow->header.size ? cow->header.size - at : unit;

	read_all(backing->fd, backing->path, buffer, len, at);
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (__u8)buffer[i]) * hash_factor;
	return hash;
}

/*
 * A hash of sectors all over the backing file which the COW file does not have.
 * Their choice depends on nothing but the COW file's bitmap.
 */
static __u64 fingerprint(const struct cow_file *cow, const struct backing_file *backing)
{
	__u64 sectors = cow->layout.sectors, hash = hash_start;
	__u64 step = sectors / SAMPLES + 1, at, n;
	bool stored;

	for (__u64 first = 0; first < sectors; first += step) {
		at = first;
		n = cow_map_run(&cow->map, at, step, &stored);
		if (stored)
			at += n;
		if (at < first + step && at < sectors)
			hash = hash_sector(cow, backing, at, hash);
	}
	return hash;
}

/* What identifies a merge: any change of the COW file makes it another one. */
static void describe(const struct cow_file *cow, const struct backing_file *backing,
		     char *text)
{
	struct stat c;

	if (fstat(cow->fd, &c))
		die("cannot stat %s: %s", cow->path, strerror(errno));
	snprintf(text, MARKER_MAX,
		 "uml_moo -d is merging\ncow %lld.%09ld %llu\ninto %u %llu %016llx\n",
		 (long long)c.st_mtim.tv_sec, c.st_mtim.tv_nsec,
		 (unsigned long long)c.st_size, cow->header.mtime,
		 (unsigned long long)backing->size,
		 (unsigned long long)fingerprint(cow, backing));
}

static void write_marker(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

	if (fd < 0)
		die("cannot make the marker %s: %s", path, strerror(errno));
	write_all(fd, path, text, strlen(text), 0);
	if (fsync(fd) || close(fd))
		die("cannot write the marker %s: %s", path, strerror(errno));
	sync_folder_of(path);
}

/* Return: true if an interrupted merge is to be done again. */
static bool found_marker(const char *path, const char *text)
{
	static char found[MARKER_MAX];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return false;
	if (fd < 0)
		die("cannot open the marker %s: %s", path, strerror(errno));
	n = read(fd, found, sizeof(found) - 1);
	close(fd);
	if (n < 0)
		die("cannot read the marker %s: %s", path, strerror(errno));
	/* Interrupted while it was written: nothing was merged yet. */
	if (n < (ssize_t)strlen(text) && !memcmp(found, text, n)) {
		unlink(path);
		return false;
	}
	if (strcmp(found, text))
		die("%s is of another merge, which was interrupted; it says:\n%s", path, found);
	return true;
}

static __u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec;
}

/*
 * Whole seconds count: what we write must not get the old mtime by chance. The
 * clock of files may be some milliseconds late.
 */
static void leave_second(__u32 second)
{
	while ((__u32)now() == second)
		usleep(TICK_US);
	usleep(TICK_US);
}

/* A backing file of the future stays one. */
static void renew_mtime(struct backing_file *backing, __u32 old)
{
	struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = now() } };

	if ((__u32)times[1].tv_sec == old)
		times[1].tv_sec++;
	if (futimens(backing->fd, times))
		die("cannot change the modification time of %s: %s", backing->path,
		    strerror(errno));
}

static void sync_backing(struct backing_file *backing)
{
	if (fsync(backing->fd))
		die("cannot write %s: %s", backing->path, strerror(errno));
}

/* A hole if it can be one. */
static void write_block(struct backing_file *backing, size_t len, __u64 offset)
{
	if (all_zero(buffer, len) && !backing->block_device &&
	    !fallocate(backing->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, len))
		return;
	write_all(backing->fd, backing->path, buffer, len, offset);
}

static void copy_run(struct cow_file *cow, struct backing_file *backing, __u64 at,
		     __u64 len)
{
	size_t n;

	for (; len; len -= n, at += n) {
		n = len < BUFFER ? len : BUFFER;
		read_all(cow->fd, cow->path, buffer, n, cow->layout.data_offset + at);
		write_block(backing, n, at);
	}
}

static void copy_changes(struct cow_file *cow, struct backing_file *backing)
{
	__u64 unit = cow->header.sector_size, size = cow->header.size;
	__u64 n, at, len, sector = 0;
	bool stored;

	for (; sector < cow->layout.sectors; sector += n) {
		n = cow_map_run(&cow->map, sector, cow->layout.sectors - sector, &stored);
		/* No step longer than a buffer: the bar shall move. */
		if (stored && n > BUFFER / unit)
			n = BUFFER / unit;
		at = sector * unit;
		len = at + n * unit > size ? size - at : n * unit;
		if (stored)
			copy_run(cow, backing, at, len);
		progress_show(at + len, size);
	}
}

void merge_in_place(struct cow_file *cow, const char *override)
{
	static char marker[NAME_MAX_LEN], text[MARKER_MAX];
	static struct backing_file backing;
	int ret;

	ret = cow_backing_open(cow, override, COW_WRITE, &backing);
	if (ret)
		die("cannot open the backing file %s for writing: %s", backing.path,
		    strerror(-ret));
	lock_file(backing.fd, backing.path, COW_WRITE);
	merge_marker_path(cow->path, marker, sizeof(marker));
	describe(cow, &backing, text);
	if (found_marker(marker, text)) {
		fprintf(stderr, "%s: a merge was interrupted: doing it again\n", tool_name);
	} else {
		cow_backing_require(cow, &backing);
		write_marker(marker, text);
	}
	leave_second(cow->header.mtime);
	renew_mtime(&backing, cow->header.mtime);
	sync_backing(&backing);
	copy_changes(cow, &backing);
	/* The writes have set it again. */
	renew_mtime(&backing, cow->header.mtime);
	sync_backing(&backing);
	if (unlink(marker))
		die("the merge is done, but the marker %s cannot be removed: %s", marker,
		    strerror(errno));
	sync_folder_of(marker);
	progress_end();
}
