// SPDX-License-Identifier: GPL-2.0
/*
 * Channel fd:<n>: a descriptor UML was started with. The channel has its own:
 * terminals and pipes are opened again through /proc so that they can be
 * non-blocking without the shell noticing; anything else is duplicated.
 * A terminal that gives input is in raw mode as long as the channel is open.
 */
#include <stdbool.h>
#include <sys/ioctl.h>
#include <os-Linux/sys.h>
#include <host/sandbox.h>
#include <host/tty.h>
#include "chan_io_host.h"

#define FD_PATH	"/proc/self/fd/"

/* All of our own are close-on-exec; those UML was started with cannot be. */
static int fd_check(const struct chan_config *cfg)
{
	int ret = sys_fcntl(cfg->number, F_GETFD, 0);

	if (ret < 0)
		return ret;
	return ret & FD_CLOEXEC ? -EBADF : 0;
}

/* Directions which the descriptor was opened for. */
static __u32 fd_dirs(int flags)
{
	switch (flags & O_ACCMODE) {
	case O_RDONLY:
		return CHAN_IN;
	case O_WRONLY:
		return CHAN_OUT;
	default:
		return CHAN_IN | CHAN_OUT;
	}
}

/* Opening the master of a pty again would make a new pty. */
static bool fd_can_reopen(int fd, enum chan_io_kind kind)
{
	unsigned int pts;

	if (kind == CHAN_IO_TTY)
		return sys_ioctl(fd, TIOCGPTN, &pts) < 0;
	return kind == CHAN_IO_PIPE;
}

static int fd_own(struct chan_host *c, int flags)
{
	char path[sizeof(FD_PATH) + 10];
	int fd = -EINVAL;

	c->nonblock = flags & O_NONBLOCK;
	if (!c->nonblock && fd_can_reopen(c->number, c->kind)) {
		chan_io_host_text(path, sizeof(path), FD_PATH, c->number);
		fd = sys_open(path, (flags & O_ACCMODE) | O_NONBLOCK | O_NOCTTY,
			      0);
		c->nonblock = fd >= 0;
	}
	if (fd < 0)
		fd = sys_fcntl(c->number, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	c->fd = fd;
	return 0;
}

static int fd_open(const struct chan_config *cfg, __u32 dirs,
		   struct chan_host **ret)
{
	struct chan_host *c;
	int flags, err;

	flags = sys_fcntl(cfg->number, F_GETFL, 0);
	if (flags < 0)
		return flags;
	err = chan_io_host_new(dirs & fd_dirs(flags), &c);
	if (err)
		return err;
	c->number = cfg->number;
	c->kind = chan_io_host_kind(cfg->number);
	err = fd_own(c, flags);
	if (err)
		goto err_close;
	if (c->kind == CHAN_IO_TTY && (c->dirs & CHAN_IN) && !cfg->cooked)
		c->raw = !os_tty_raw(c->fd);
	*ret = c;
	return 0;

err_close:
	chan_io_host_close(c);
	return err;
}

/*
 * A terminal is opened anew, to have a descriptor of its own, for what it was
 * opened for. So is a pipe, which needs no leave.
 */
static void fd_sandbox(const struct chan_config *cfg)
{
	char path[sizeof(FD_PATH) + 10];
	int flags = sys_fcntl(cfg->number, F_GETFL, 0);
	__u32 dirs, access = 0;

	if (flags < 0 || chan_io_host_kind(cfg->number) != CHAN_IO_TTY)
		return;
	dirs = fd_dirs(flags);
	if (dirs & CHAN_IN)
		access |= OS_SANDBOX_READ;
	if (dirs & CHAN_OUT)
		access |= OS_SANDBOX_WRITE;
	chan_io_host_text(path, sizeof(path), FD_PATH, cfg->number);
	os_sandbox_allow(path, access);
}

static void fd_describe(struct chan_host *c, char *buf, size_t len)
{
	chan_io_host_text(buf, len, "fd:", c->number);
}

const struct chan_host_ops chan_fd_host_ops = {
	.check = fd_check,
	.sandbox = fd_sandbox,
	.open = fd_open,
	CHAN_IO_HOST_OPS,
	.describe = fd_describe,
};
