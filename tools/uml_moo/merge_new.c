// SPDX-License-Identifier: GPL-2.0
/*
 * uml_moo: merge into a new file. It gets its name when it is complete and on
 * the host's disk, so an interruption leaves no half image behind that name.
 * What is zero becomes a hole.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "merge.h"

enum {
	BUFFER = 1 << 20,
	HOLE = 4096,
};

static char part[PATH_MAX + 16];
static char buffer[BUFFER];

/* Whatever way we end before the file is complete. */
static void remove_part(void)
{
	if (part[0])
		unlink(part);
}

static void on_signal(int sig)
{
	remove_part();
	signal(sig, SIG_DFL);
	raise(sig);
}

/*
 * @fd: what is written
 * @path: the name it has in the end
 * @sparse: zeroes need not be written
 * @old: the file which has that name now, locked so that nobody begins to use
 *	it; -1 if there is none
 */
struct output {
	int fd;
	const char *path;
	bool sparse;
	int old;
};

/* The name of a file which is there leads to it, not to a symbolic link. */
static const char *resolve(const char *path)
{
	static char real[PATH_MAX];

	return realpath(path, real) ? real : path;
}

/* One we may not write needs another way to ask whether others use it. */
static int open_unwritable(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	lock_file(fd, path, COW_READ);
	if (!fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK)
		die("%s is in use (locked by another program)", path);
	return fd;
}

/* A running UML has its disks locked. */
static int lock_old(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return open_unwritable(path);
	lock_file(fd, path, COW_WRITE);
	return fd;
}

/* Not a file: its whole length is written. */
static void open_device(struct output *out, bool block_device)
{
	out->sparse = false;
	/* The host must not have it mounted, either. */
	out->fd = open(out->path, O_WRONLY | O_CLOEXEC | (block_device ? O_EXCL : 0));
	if (out->fd < 0)
		die("cannot open %s: %s", out->path,
		    errno == EBUSY ? "it is in use" : strerror(errno));
	lock_file(out->fd, out->path, COW_WRITE);
}

static void check_not_input(const char *out_path, int fd)
{
	struct stat out, in;

	if (!stat(out_path, &out) && !fstat(fd, &in) &&
	    out.st_dev == in.st_dev && out.st_ino == in.st_ino)
		die("%s cannot be its own result (-d merges in place)", out_path);
}

static void open_output(struct output *out, const char *path)
{
	struct stat st;
	mode_t mask;
	int len;

	path = resolve(path);
	out->path = path;
	out->sparse = true;
	out->old = -1;
	if (!stat(path, &st)) {
		if (!S_ISREG(st.st_mode)) {
			open_device(out, S_ISBLK(st.st_mode));
			return;
		}
		out->old = lock_old(path);
	}
	len = snprintf(part, sizeof(part), "%s.XXXXXX", path);
	if ((size_t)len >= sizeof(part)) {
		part[0] = 0;
		die("the name %s is too long", path);
	}
	out->fd = mkostemp(part, O_CLOEXEC);
	if (out->fd < 0) {
		part[0] = 0;
		die("cannot make a file beside %s: %s", path, strerror(errno));
	}
	atexit(remove_part);
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	signal(SIGHUP, on_signal);
	/* As any new file; mkstemp() is stricter. */
	mask = umask(0);
	umask(mask);
	fchmod(out->fd, 0666 & ~mask);
}

static void write_sparse(struct output *out, size_t len, __u64 offset)
{
	size_t n;

	for (size_t at = 0; at < len; at += n) {
		n = len - at < HOLE ? len - at : HOLE;
		if (!out->sparse || !all_zero(buffer + at, n))
			write_all(out->fd, out->path, buffer + at, n, offset + at);
	}
}

/* @len bytes at @offset of the disk, all from one of the two files. */
static void copy_run(struct output *out, int fd, const char *path, __u64 from,
		     __u64 offset, __u64 len, __u64 total)
{
	size_t n;

	for (; len; len -= n, from += n, offset += n) {
		n = len < BUFFER ? len : BUFFER;
		read_all(fd, path, buffer, n, from);
		write_sparse(out, n, offset);
		progress_show(offset + n, total);
	}
}

static void copy_disk(struct cow_file *cow, struct backing_file *backing,
		      struct output *out)
{
	__u64 unit = cow->header.sector_size, size = cow->header.size;
	__u64 sector = 0, n, at, len;
	bool stored;

	for (; sector < cow->layout.sectors; sector += n) {
		n = cow_map_run(&cow->map, sector, cow->layout.sectors - sector, &stored);
		at = sector * unit;
		/* The last sector may be there in part. */
		len = at + n * unit > size ? size - at : n * unit;
		if (stored)
			copy_run(out, cow->fd, cow->path, cow->layout.data_offset + at, at, len, size);
		else
			copy_run(out, backing->fd, backing->path, at, at, len, size);
	}
}

/* Where there was no file there must be none now: somebody may use that. */
static int name_new(const struct output *out)
{
	int ret = renameat2(AT_FDCWD, part, AT_FDCWD, out->path, RENAME_NOREPLACE);

	if (!ret || (errno != EINVAL && errno != ENOSYS))
		return ret;
	/* A file system that cannot do it in one step. */
	if (!access(out->path, F_OK)) {
		errno = EEXIST;
		return -1;
	}
	return rename(part, out->path);
}

/* The file we have locked must still be the one that is replaced. */
static int name_over(const struct output *out)
{
	struct stat now, old;

	if (!stat(out->path, &now) && !fstat(out->old, &old) &&
	    (now.st_dev != old.st_dev || now.st_ino != old.st_ino)) {
		errno = EEXIST;
		return -1;
	}
	return rename(part, out->path);
}

static void finish(struct output *out, __u64 size)
{
	if (part[0] && ftruncate(out->fd, size))
		die("cannot make %s %llu bytes long: %s", out->path,
		    (unsigned long long)size, strerror(errno));
	if (fsync(out->fd) || close(out->fd))
		die("cannot write %s: %s", out->path, strerror(errno));
	if (!part[0])
		return;
	if (out->old < 0 ? name_new(out) : name_over(out))
		die("cannot name the result %s: %s", out->path, strerror(errno));
	part[0] = 0;
	sync_folder_of(out->path);
}

void merge_into_new(struct cow_file *cow, const char *override, const char *out_path)
{
	static struct backing_file backing;
	struct output out;
	int ret;

	ret = cow_backing_open(cow, override, COW_READ, &backing);
	if (ret)
		die("cannot open the backing file %s: %s", backing.path, strerror(-ret));
	lock_file(backing.fd, backing.path, COW_READ);
	cow_backing_require(cow, &backing);
	check_not_input(out_path, cow->fd);
	check_not_input(out_path, backing.fd);
	open_output(&out, out_path);
	copy_disk(cow, &backing, &out);
	finish(&out, cow->header.size);
	progress_end();
}
