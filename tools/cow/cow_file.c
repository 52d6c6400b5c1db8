// SPDX-License-Identifier: GPL-2.0
/* COW files and backing files: open, check, read and write all of it. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "cow_file.h"

const char *tool_name = "uml_cow";

void die(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", tool_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void read_all(int fd, const char *path, void *buf, size_t len, __u64 offset)
{
	char *p = buf;

	while (len) {
		ssize_t n = pread(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			die("cannot read %s: %s", path, strerror(errno));
		if (!n)
			die("%s was cut off meanwhile: it ends at %llu, %llu bytes too early",
			    path, (unsigned long long)offset, (unsigned long long)len);
		p += n;
		len -= n;
		offset += n;
	}
}

void write_all(int fd, const char *path, const void *buf, size_t len, __u64 offset)
{
	const char *p = buf;

	while (len) {
		ssize_t n = pwrite(fd, p, len, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("cannot write %s: %s", path, n ? strerror(errno) : "no progress");
		p += n;
		len -= n;
		offset += n;
	}
}

bool all_zero(const void *buf, size_t len)
{
	const char *p = buf;

	return !len || (!*p && !memcmp(p, p + 1, len - 1));
}

void lock_file(int fd, const char *path, enum cow_access access)
{
	struct flock lock = {
		.l_type = access == COW_WRITE ? F_WRLCK : F_RDLCK,
		.l_whence = SEEK_SET,
	};

	if (!fcntl(fd, F_OFD_SETLK, &lock))
		return;
	if (errno == EAGAIN || errno == EACCES)
		die("%s is in use (locked by another program)", path);
	die("cannot lock %s: %s", path, strerror(errno));
}

void sync_folder_of(const char *path)
{
	char copy[PATH_MAX];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return;
	fsync(fd);
	close(fd);
}

void merge_marker_path(const char *cow_path, char *out, size_t len)
{
	char real[PATH_MAX];

	if (!realpath(cow_path, real))
		die("cannot open %s: %s", cow_path, strerror(errno));
	if ((size_t)snprintf(out, len, "%s.merging", real) >= len)
		die("the name %s is too long", real);
}

static __u64 length_of(int fd, const char *path)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0)
		die("cannot tell how long %s is: %s", path, strerror(errno));
	return end;
}

/*
 * Only what is no hole: a huge disk with few changes is read at once. What a
 * cut took away reads as zeroes. Return: where the part ends that was read.
 */
static __u64 read_bitmap(struct cow_file *cow)
{
	__u64 start = cow->layout.bitmap_offset, at = start, used = 0;
	__u64 end = start + cow->layout.bitmap_len;
	__u8 *bits = (__u8 *)cow->map.words;

	if (end > cow->length)
		end = cow->length;

	while (at < end) {
		off_t data = lseek(cow->fd, at, SEEK_DATA);
		off_t hole;

		if (data < 0 && errno == ENXIO)
			break;
		if (data < 0)
			data = at;
		if ((__u64)data >= end)
			break;
		hole = lseek(cow->fd, data, SEEK_HOLE);
		if (hole < 0 || (__u64)hole > end)
			hole = end;
		read_all(cow->fd, cow->path, bits + (data - start), hole - data, data);
		used = hole - start;
		at = hole;
	}
	return used;
}

static void load_map(struct cow_file *cow)
{
	void *memory = calloc(1, cow_map_memory(cow->layout.bitmap_len));

	if (!memory)
		die("no memory for the bitmap of %s (%llu bytes)", cow->path,
		    (unsigned long long)cow->layout.bitmap_len);
	cow_map_init(&cow->map, memory, cow->layout.bitmap_len, cow->layout.mapped);
	cow->needs = cow_format_needs(&cow->header, &cow->layout,
				      cow_map_end(&cow->map, read_bitmap(cow)));
}

void cow_file_open(struct cow_file *cow, const char *path, enum cow_access access)
{
	__u8 start[COW_HEADER_MAX];
	const char *why;
	ssize_t len;
	int ret;

	cow->path = path;
	cow->fd = open(path, (access == COW_WRITE ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	if (cow->fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	lock_file(cow->fd, path, access);
	len = pread(cow->fd, start, sizeof(start), 0);
	if (len < 0)
		die("cannot read %s: %s", path, strerror(errno));
	cow->length = length_of(cow->fd, path);
	ret = cow_format_parse(start, len, &cow->header, &cow->layout, &why);
	if (ret == -ENOMSG)
		die("%s is no COW file", path);
	if (ret == -ENODATA)
		die("%s was cut off: it has %llu bytes, the header of a COW file takes %u",
		    path, (unsigned long long)cow->length, cow->layout.header_len);
	if (ret)
		die("%s: %s", path, why);
	load_map(cow);
}

void cow_file_require(const struct cow_file *cow)
{
	if (cow->length < cow->needs)
		die("%s was cut off: it has %llu bytes, but header, bitmap and changes take %llu",
		    cow->path, (unsigned long long)cow->length, (unsigned long long)cow->needs);
}

void cow_file_write_header(struct cow_file *cow)
{
	__u8 start[COW_HEADER_MAX];
	int len = cow_format_build(&cow->header, start);

	if (len < 0)
		die("the name %s is too long for the header of %s",
		    cow->header.backing, cow->path);
	write_all(cow->fd, cow->path, start, len, 0);
	if (fdatasync(cow->fd))
		die("cannot write %s: %s", cow->path, strerror(errno));
}

static int measure(struct backing_file *backing)
{
	struct stat st;

	if (fstat(backing->fd, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return -EINVAL;
	backing->block_device = S_ISBLK(st.st_mode);
	backing->size = st.st_size;
	backing->mtime = st.st_mtim.tv_sec;
	if (backing->block_device && ioctl(backing->fd, BLKGETSIZE64, &backing->size))
		return -errno;
	return 0;
}

int cow_backing_open_path(const char *path, enum cow_access access,
			  struct backing_file *backing)
{
	int ret;

	if (path != backing->path)
		snprintf(backing->path, sizeof(backing->path), "%s", path);
	backing->fd = open(path, (access == COW_WRITE ? O_RDWR : O_RDONLY) |
			   O_CLOEXEC | O_NONBLOCK);
	if (backing->fd < 0)
		return -errno;
	ret = measure(backing);
	if (ret)
		close(backing->fd);
	return ret;
}

int cow_backing_open(const struct cow_file *cow, const char *override,
		     enum cow_access access, struct backing_file *backing)
{
	const char *name = override ?: cow->header.backing;
	const char *slash = strrchr(cow->path, '/');
	int ret;

	if (!override && name[0] != '/' && slash) {
		snprintf(backing->path, sizeof(backing->path), "%.*s/%s",
			 (int)(slash - cow->path), cow->path, name);
		ret = cow_backing_open_path(backing->path, access, backing);
		if (ret != -ENOENT)
			return ret;
	}
	return cow_backing_open_path(name, access, backing);
}

bool cow_backing_is_cow(const struct backing_file *backing)
{
	__u8 start[4];
	ssize_t n = pread(backing->fd, start, sizeof(start), 0);

	if (n < 0)
		die("cannot read %s: %s", backing->path, strerror(errno));
	return cow_format_is_cow(start, n);
}

int cow_backing_compare(const struct cow_header *header,
			const struct backing_file *backing)
{
	int found = 0;

	if (header->size != backing->size)
		found |= COW_SIZE_DIFFERS;
	if (!backing->block_device && header->mtime != backing->mtime)
		found |= COW_MTIME_DIFFERS;
	return found;
}

void cow_backing_require(const struct cow_file *cow,
			 const struct backing_file *backing)
{
	int found = cow_backing_compare(&cow->header, backing);

	if (found & COW_SIZE_DIFFERS)
		die("%s is not the backing file of %s: its size is %llu, the COW file says %llu",
		    backing->path, cow->path, (unsigned long long)backing->size,
		    (unsigned long long)cow->header.size);
	if (found & COW_MTIME_DIFFERS)
		die("%s was changed after %s was made: its modification time is %u, the COW file says %u",
		    backing->path, cow->path, backing->mtime, cow->header.mtime);
}

void cow_backing_absolute(const char *path, char *out, size_t len)
{
	char folder[PATH_MAX], last[PATH_MAX], real[PATH_MAX];

	snprintf(folder, sizeof(folder), "%s", path);
	snprintf(last, sizeof(last), "%s", path);
	if (!realpath(dirname(folder), real))
		die("cannot find the folder of %s: %s", path, strerror(errno));
	if ((size_t)snprintf(out, len, "%s/%s", strcmp(real, "/") ? real : "",
			     basename(last)) >= len)
		die("the path of %s is too long", path);
}
