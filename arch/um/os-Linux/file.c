// SPDX-License-Identifier: GPL-2.0
/* Whole files of the host, and text for standard output and error. */
#include <host/file.h>
#include "sys.h"

int os_file_size(const char *path, __u64 *size)
{
	struct stat st;
	int fd, err;

	fd = sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	err = sys_fstat(fd, &st);
	sys_close(fd);
	if (err)
		return err;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	*size = st.st_size;
	return 0;
}

ssize_t os_file_load(const char *path, void *buf, size_t len)
{
	size_t done = 0;
	ssize_t n;
	int fd;

	fd = sys_open(path, O_RDONLY, 0);
	if (fd < 0)
		return fd;
	while (done < len) {
		n = sys_read(fd, (char *)buf + done, len - done);
		if (n < 0) {
			sys_close(fd);
			return n;
		}
		if (!n)
			break;
		done += n;
	}
	sys_close(fd);
	return done;
}

static int write_all(int fd, const char *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	while (len) {
		n = sys_write(fd, buf, len);
		if (n == -EAGAIN) {
			/* Somebody else made the descriptor non-blocking. */
			sys_retry(SYS_poll, &p, 1, -1);
			continue;
		}
		if (n < 0)
			return n;
		buf += n;
		len -= n;
	}
	return 0;
}

int os_stdout_write(const char *buf, size_t len)
{
	return write_all(STDOUT_FILENO, buf, len);
}

int os_stderr_write(const char *buf, size_t len)
{
	return write_all(STDERR_FILENO, buf, len);
}
