// SPDX-License-Identifier: GPL-2.0
/*
 * COW files: recognised, made, and opened with the backing file they belong
 * to. A COW file and its backing file know each other by the size and the
 * modification time of the latter; nothing is opened, nor any header changed,
 * unless these agree.
 */
#include <stdio.h>
#include <string.h>

#include <host/types.h>
#include <os-Linux/sys.h>

#include "ubd_internal.h"

enum {
	NEW_FILE_MODE = 0666,
	/* "/proc/self/fd/" and a number. */
	FD_NAME_MAX = 32,
	/* As much of a path as is worth printing beside another one. */
	SHOWN = 150,
};

typedef unsigned long long ull;

/*
 * Kernel stacks are small. One disk is opened at a time: see ubd_host_open().
 * @start is good until the next file is looked at.
 */
static struct {
	__u8 start[COW_HEADER_MAX];
	struct cow_header header;
	char path[UBD_PATH_MAX];
	char folder[UBD_PATH_MAX];
	char why[UBD_WHY_MAX];
} work;

/* Return: how much of the start of the file was read, or -errno. */
static int read_start(const struct ubd_image *image)
{
	int len = 0;
	ssize_t n;

	while (len < COW_HEADER_MAX) {
		n = sys_pread(image->fd, work.start + len, COW_HEADER_MAX - len, len);
		if (n < 0)
			return n;
		if (!n)
			break;
		len += n;
	}
	return len;
}

/* Open the folder which @path is in. */
static int open_folder(const char *path, int flags)
{
	const char *slash = strrchr(path, '/');
	int n = slash ? slash - path : 0;

	snprintf(work.folder, sizeof(work.folder), "%.*s/", n ? n : 1, n ? path : (slash ? "/" : "."));
	return sys_open(work.folder, flags | O_DIRECTORY, 0);
}

/* The real path of the folder which @path is in, and its last part. */
static int absolute_path(const char *path, char *out, size_t len)
{
	const char *slash = strrchr(path, '/');
	const char *last = slash ? slash + 1 : path;
	char link[FD_NAME_MAX];
	int fd, n;

	fd = open_folder(path, O_PATH);
	if (fd < 0)
		return fd;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = sys_readlink(link, work.folder, sizeof(work.folder) - 1);
	sys_close(fd);
	if (n < 0)
		return n;
	work.folder[n] = 0;
	n = snprintf(out, len, "%s/%s", n > 1 ? work.folder : "", last);
	return n < 0 || (size_t)n >= len ? -ENAMETOOLONG : 0;
}

static int backing_error(int err, const char *path, struct ubd_host_info *info)
{
	snprintf(work.why, sizeof(work.why), "%s", info->why);
	return ubd_why(info, err, "its backing file %.*s cannot be opened%s%.200s",
		       SHOWN, path, *work.why ? ": " : "", work.why);
}

/* Its lock is shared with everybody who only reads it, too. */
static int open_backing(const char *path, __u32 flags, struct ubd_image *backing,
			struct ubd_host_info *info)
{
	int ret;

	snprintf(info->backing, sizeof(info->backing), "%s", path);
	ret = ubd_image_open(path, UBD_READ_ONLY | (flags & UBD_SHARED), backing, info);
	if (ret)
		return backing_error(ret, path, info);
	ret = read_start(backing);
	if (ret >= 0 && cow_format_is_cow(work.start, ret))
		ret = ubd_why(info, -EINVAL,
			      "its backing file %.*s is a COW file itself (uml_moo makes a raw one)",
			      SHOWN, path);
	if (ret < 0)
		ubd_image_close(backing);
	return ret < 0 ? ret : 0;
}

/* A relative name is looked for beside the COW file, then where UML runs. */
static int open_named_in_header(const char *file, const struct cow_header *header,
				__u32 flags, struct ubd_image *backing,
				struct ubd_host_info *info)
{
	const char *slash = strrchr(file, '/');
	int ret, n;

	if (header->backing[0] == '/' || !slash)
		return open_backing(header->backing, flags, backing, info);
	n = snprintf(work.path, sizeof(work.path), "%.*s/%s", (int)(slash - file), file,
		     header->backing);
	ret = (size_t)n >= sizeof(work.path) ? -ENAMETOOLONG :
	      open_backing(work.path, flags, backing, info);
	if (ret != -ENOENT && ret != -ENAMETOOLONG)
		return ret;
	return open_backing(header->backing, flags, backing, info);
}

static int compare(const struct cow_header *header, const struct ubd_image *backing,
		   struct ubd_host_info *info)
{
	if (header->size != backing->size)
		return ubd_why(info, -ESTALE,
			       "its backing file %.*s has %llu bytes, the COW file says %llu",
			       SHOWN, info->backing, (ull)backing->size, (ull)header->size);
	/* That of a device node tells nothing. */
	if (!backing->block_device && header->mtime != backing->mtime)
		return ubd_why(info, -ESTALE,
			       "its backing file %.*s was changed at %u, the COW file says %u",
			       SHOWN, info->backing, backing->mtime, header->mtime);
	return 0;
}

/* Write a header over that of the same kind. */
static int write_header(int fd, const struct cow_header *header)
{
	int at = 0, len;
	ssize_t n;

	len = cow_format_build(header, work.start);
	if (len < 0)
		return len;
	for (; at < len; at += n) {
		n = sys_pwrite(fd, work.start + at, len - at, at);
		if (n < 0)
			return n;
		if (!n)
			return -EIO;
	}
	return sys_fdatasync(fd);
}

/* The header shall name the file that @given is, if it does not. */
static int switch_backing(struct ubd_host *h, struct cow_header *header,
			  const char *given, struct ubd_host_info *info)
{
	int ret;

	ret = absolute_path(given, work.path, sizeof(work.path));
	if (ret)
		return ubd_why(info, ret, "cannot find the folder of %.*s", SHOWN, given);
	if (!strcmp(work.path, header->backing) || h->image.read_only)
		return 0;
	strcpy(header->backing, work.path);
	ret = write_header(h->image.fd, header);
	if (ret)
		return ubd_why(info, ret, "cannot write %.*s into its header", SHOWN, work.path);
	info->note = UBD_NOTE_SWITCHED;
	return 0;
}

static int open_backing_of(struct ubd_host *h, const struct ubd_host_spec *spec,
			   struct cow_header *header, struct ubd_host_info *info)
{
	struct ubd_image *backing = &h->layer.backing;
	int ret;

	if (*spec->backing)
		ret = open_backing(spec->backing, spec->flags, backing, info);
	else
		ret = open_named_in_header(spec->file, header, spec->flags, backing, info);
	if (ret)
		return ret;
	ret = compare(header, backing, info);
	if (!ret && *spec->backing)
		ret = switch_backing(h, header, spec->backing, info);
	if (ret)
		ubd_image_close(backing);
	return ret;
}

/* Its own lock would keep it from being opened again: say what is wrong. */
static bool is_itself(const struct ubd_host *h, const char *path)
{
	struct stat st;
	int fd, ret;

	fd = sys_open(path, O_PATH, 0);
	if (fd < 0)
		return false;
	ret = sys_fstat(fd, &st);
	sys_close(fd);
	return !ret && st.st_dev == h->image.dev && st.st_ino == h->image.ino;
}

static int open_layer(struct ubd_host *h, const struct ubd_host_spec *spec,
		      struct cow_header *header, const struct cow_layout *layout,
		      struct ubd_host_info *info)
{
	int ret;

	if (is_itself(h, *spec->backing ? spec->backing : header->backing))
		return ubd_why(info, -EINVAL, "it is a COW file whose backing file is itself");
	ret = open_backing_of(h, spec, header, info);
	if (ret)
		return ret;
	ret = ubd_layer_load(h, header, layout, info);
	if (ret) {
		ubd_image_close(&h->layer.backing);
		return ret;
	}
	h->layered = true;
	/* A file that is shorter never had anything there. */
	h->image.size = layout->end;
	info->layered = true;
	info->size = header->size;
	info->sector_size = header->sector_size;
	return 0;
}

int ubd_layer_open(struct ubd_host *h, const struct ubd_host_spec *spec,
		   struct ubd_host_info *info)
{
	struct cow_layout layout;
	const char *why;
	int ret;

	if (spec->flags & UBD_RAW)
		return 0;
	ret = read_start(&h->image);
	if (ret < 0)
		return ret;
	ret = cow_format_parse(work.start, ret, &work.header, &layout, &why);
	if (ret == -ENOMSG && !*spec->backing)
		return 0;
	if (ret == -ENOMSG)
		return ubd_why(info, -EINVAL, "it is no COW file, but a backing file is given");
	if (ret == -ENODATA)
		return ubd_why(info, -EINVAL,
			       "it has %llu bytes, but a COW file's header takes %u: it was cut off (flag d takes it as it is)",
			       (ull)h->image.size, layout.header_len);
	if (ret)
		return ubd_why(info, ret, "%s (flag d takes it as it is)", why);
	return open_layer(h, spec, &work.header, &layout, info);
}

static int describe_new(const struct ubd_host_spec *spec, const struct ubd_image *backing,
			struct cow_header *header, struct cow_layout *layout,
			struct ubd_host_info *info)
{
	int ret;

	memset(header, 0, sizeof(*header));
	header->kind = COW_V3;
	header->big_endian = true;
	header->mtime = backing->mtime;
	header->size = backing->size;
	header->sector_size = COW_NEW_SECTOR;
	header->align = COW_NEW_ALIGN;
	ret = absolute_path(spec->backing, header->backing, sizeof(header->backing));
	if (!ret)
		ret = cow_format_layout(header, layout);
	if (ret)
		return ubd_why(info, ret, "no COW file can be made for %.*s", SHOWN, spec->backing);
	return 0;
}

/*
 * Have the name of a new file on the host's disk, too: what the guest flushes
 * is in it. Some file systems know no sync of a folder, and some folders may be
 * written but not read: there it is left to them.
 */
static int sync_folder_of(const char *path)
{
	int fd = open_folder(path, O_RDONLY);
	int ret;

	if (fd < 0)
		return fd == -EACCES ? 0 : fd;
	ret = sys_fsync(fd);
	sys_close(fd);
	return ret == -EINVAL ? 0 : ret;
}

/* The header comes last: without it, it is no COW file. */
static int fill_new(const char *path, const struct cow_header *header,
		    const struct cow_layout *layout)
{
	int fd, ret;

	fd = sys_open(path, O_RDWR | O_CREAT | O_EXCL, NEW_FILE_MODE);
	if (fd < 0)
		return fd;
	ret = sys_ftruncate(fd, layout->end);
	if (!ret)
		ret = write_header(fd, header);
	if (!ret)
		ret = sync_folder_of(path);
	if (ret)
		sys_unlink(path);
	sys_close(fd);
	return ret;
}

int ubd_layer_make(const struct ubd_host_spec *spec, struct ubd_host_info *info)
{
	struct cow_layout layout;
	struct ubd_image backing;
	int ret;

	ret = open_backing(spec->backing, spec->flags, &backing, info);
	if (ret)
		return ret;
	ret = describe_new(spec, &backing, &work.header, &layout, info);
	if (!ret)
		ret = fill_new(spec->file, &work.header, &layout);
	ubd_image_close(&backing);
	if (ret && ret != -EEXIST && !info->why[0])
		return ubd_why(info, ret, "it cannot be made as a COW file");
	return ret;
}
