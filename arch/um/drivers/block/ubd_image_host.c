// SPDX-License-Identifier: GPL-2.0
/*
 * One file of a disk: opening it, locking it, its size, and holes in it. The
 * first step of ubd_host_open(); ubd_io_host.c moves data.
 */
#include <linux/falloc.h>
#include <linux/fs.h>

#include <host/types.h>
#include <os-Linux/sys.h>

#include "ubd_internal.h"

enum {
	ZEROES_LEN = 64 * 1024,
};

static const char zeroes[ZEROES_LEN];

static void remember(struct ubd_image *image, const struct stat *st)
{
	image->block_device = S_ISBLK(st->st_mode);
	image->size = st->st_size;
	image->block_size = st->st_blksize;
	image->mtime = st->st_mtim.tv_sec;
	image->dev = st->st_dev;
	image->ino = st->st_ino;
}

/*
 * Look before opening for good: to open a pipe or a tape would have effects.
 */
static int look_at(const char *path, struct ubd_image *image,
		   struct ubd_host_info *info)
{
	struct stat st;
	int fd, ret;

	fd = sys_open(path, O_PATH, 0);
	if (fd < 0)
		return fd;
	ret = sys_fstat(fd, &st);
	sys_close(fd);
	if (ret < 0)
		return ret;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return ubd_why(info, -EINVAL, "it is neither a regular file nor a block device");
	remember(image, &st);
	return 0;
}

static int open_file(const char *path, __u32 flags, struct ubd_image *image,
		     struct ubd_host_info *info)
{
	int how = 0;
	int fd;

	image->read_only = flags & UBD_READ_ONLY;
	/* Who writes a block device does not while the host has it mounted. */
	if (image->block_device && !(flags & (UBD_SHARED | UBD_READ_ONLY)))
		how |= O_EXCL;

	fd = sys_open(path, how | (image->read_only ? O_RDONLY : O_RDWR), 0);
	if (!image->read_only && (fd == -EROFS || fd == -EACCES || fd == -EPERM)) {
		image->read_only = true;
		fd = sys_open(path, how | O_RDONLY, 0);
	}
	if (fd == -EBUSY)
		return ubd_why(info, fd, "the host uses this device (flag c takes it all the same)");
	if (fd < 0)
		return fd;
	image->sync = flags & UBD_SYNC;
	image->fd = fd;
	return 0;
}

static int lock_file(struct ubd_image *image, struct ubd_host_info *info)
{
	struct flock lock = {
		.l_type = image->read_only ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};
	int ret = sys_fcntl(image->fd, F_OFD_SETLK, (long)&lock);

	if (ret == -EAGAIN || ret == -EACCES)
		return ubd_why(info, -EBUSY, "another program has locked it (flag c shares it)");
	if (ret < 0)
		return ubd_why(info, ret, "the host cannot lock it (flag c goes without a lock)");
	return ret;
}

int ubd_image_measure(struct ubd_image *image)
{
	struct stat st;
	__u64 size;
	int ret;

	ret = sys_fstat(image->fd, &st);
	if (ret < 0)
		return ret;
	size = st.st_size;
	if (image->block_device) {
		ret = sys_ioctl(image->fd, BLKGETSIZE64, &size);
		if (ret < 0)
			return ret;
	}
	remember(image, &st);
	image->size = size;
	return 0;
}

int ubd_image_open(const char *path, __u32 flags, struct ubd_image *image,
		   struct ubd_host_info *info)
{
	int ret;

	ret = look_at(path, image, info);
	if (ret)
		return ret;
	ret = open_file(path, flags, image, info);
	if (ret)
		return ret;
	if (!(flags & UBD_SHARED)) {
		ret = lock_file(image, info);
		if (ret)
			goto err_close;
	}
	ret = ubd_image_measure(image);
	if (ret)
		goto err_close;
	if (!image->size) {
		ret = ubd_why(info, -EINVAL, "it is empty");
		goto err_close;
	}
	return 0;

err_close:
	sys_close(image->fd);
	return ret;
}

void ubd_image_close(struct ubd_image *image)
{
	sys_close(image->fd);
}

/*
 * Punching a hole behind the end of a file changes nothing, but tells whether
 * its file system can. Devices say so only when asked in earnest.
 */
bool ubd_image_can_discard(const struct ubd_image *image)
{
	__u32 block = image->block_size;
	__u64 end = image->size + block - image->size % block;

	if (image->read_only)
		return false;
	return image->block_device || !ubd_image_discard(image, end, block);
}

int ubd_image_discard(const struct ubd_image *image, __u64 offset, __u64 len)
{
	__u64 range[2] = { offset, len };

	if (image->block_device)
		return sys_ioctl(image->fd, BLKDISCARD, range);
	return sys_fallocate(image->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			     offset, len);
}

/* The way which works on every file. */
static int write_zero_bytes(const struct ubd_image *image, __u64 offset, __u64 len)
{
	ssize_t n;

	while (len) {
		n = sys_pwrite(image->fd, zeroes,
			       len < sizeof(zeroes) ? len : sizeof(zeroes), offset);
		if (n < 0)
			return n;
		if (!n)
			return -EIO;
		offset += n;
		len -= n;
	}
	return 0;
}

int ubd_image_write_zeroes(const struct ubd_image *image, __u64 offset,
			   __u64 len, bool keep_blocks)
{
	__u64 range[2] = { offset, len };
	int ret;

	if (image->block_device)
		ret = sys_ioctl(image->fd, BLKZEROOUT, range);
	else
		ret = sys_fallocate(image->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
				    offset, len);
	/* A hole of a file reads as zeroes; a discarded device need not. */
	if (ret == -EOPNOTSUPP && !image->block_device && !keep_blocks)
		ret = ubd_image_discard(image, offset, len);
	if (ret == -EOPNOTSUPP)
		ret = write_zero_bytes(image, offset, len);
	return ret;
}
