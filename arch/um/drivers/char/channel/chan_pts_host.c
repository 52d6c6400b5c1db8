// SPDX-License-Identifier: GPL-2.0
/*
 * Channel pts: a new pseudo terminal of the host, for screen, tio or the like
 * to be started on. The slave side is kept open, so the master neither hangs
 * up nor spins when a client leaves, and the next client goes on where it
 * left; and raw, so that what the guest prints is not echoed back to it.
 * pts:<link> is the same with a symbolic link to it, whose name stays.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <asm/termbits.h>
#include <os-Linux/name_lock.h>
#include <os-Linux/sys.h>
#include <host/sandbox.h>
#include <host/tty.h>
#include "chan_io_host.h"
#include "chan_name_host.h"

#define PTS_PATH	"/dev/pts/"

static int pts_set_raw(int fd)
{
	struct termios t;
	int ret;

	ret = sys_ioctl(fd, TCGETS, &t);
	if (ret < 0)
		return ret;
	t.c_iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR |
		       ICRNL | IXON);
	t.c_oflag &= ~OPOST;
	t.c_lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
	return sys_ioctl(fd, TCSETS, &t);
}

static int pts_open_pair(struct chan_host *c)
{
	int unlocked = 0;
	int ret;

	ret = sys_open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK, 0);
	if (ret < 0)
		return ret;
	c->fd = ret;
	ret = sys_ioctl(c->fd, TIOCSPTLCK, &unlocked);
	if (ret < 0)
		return ret;
	ret = sys_ioctl(c->fd, TIOCGPTN, &c->number);
	if (ret < 0)
		return ret;
	ret = sys_call(SYS_ioctl, c->fd, TIOCGPTPEER,
		       O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ret < 0)
		return ret;
	c->peer = ret;
	return pts_set_raw(c->peer);
}

static bool leads_to_pts(const char *link)
{
	char old[sizeof(PTS_PATH)];
	ssize_t n = sys_readlink(link, old, sizeof(PTS_PATH) - 1);

	return n == sizeof(PTS_PATH) - 1 && !memcmp(old, PTS_PATH, n);
}

/* A link that is there already is that of a dead instance, or a mistake. */
static int make_link(const char *target, const char *link)
{
	int lock = os_name_lock(link);
	int err;

	err = sys_call(SYS_symlink, target, link);
	if (err == -EEXIST && lock >= 0 && leads_to_pts(link)) {
		sys_unlink(link);
		err = sys_call(SYS_symlink, target, link);
	}
	os_name_unlock(lock);
	return err;
}

static int pts_link(struct chan_host *c, const char *link)
{
	char target[sizeof(PTS_PATH) + 10];
	int err;

	chan_io_host_text(target, sizeof(target), PTS_PATH, c->number);
	err = make_link(target, link);
	if (err)
		return err;
	c->name = chan_name_host_keep(link);
	return c->name < 0 ? c->name : 0;
}

static int pts_open(const struct chan_config *cfg, __u32 dirs,
		    struct chan_host **ret)
{
	struct chan_host *c;
	int err;

	err = chan_io_host_new(dirs, &c);
	if (err)
		return err;
	c->kind = CHAN_IO_TTY;
	c->nonblock = true;
	err = pts_open_pair(c);
	if (!err && cfg->text[0])
		err = pts_link(c, cfg->text);
	if (err) {
		chan_io_host_close(c);
		return err;
	}
	*ret = c;
	return 0;
}

/* Which terminal it will be is not known: all of the same user's. */
static void pts_sandbox(const struct chan_config *cfg)
{
	os_sandbox_allow("/dev/ptmx", OS_SANDBOX_READ | OS_SANDBOX_WRITE);
	os_sandbox_allow("/dev/pts", OS_SANDBOX_READ | OS_SANDBOX_WRITE);
}

static void pts_describe(struct chan_host *c, char *buf, size_t len)
{
	chan_io_host_text(buf, len, "pts:" PTS_PATH, c->number);
}

const struct chan_host_ops chan_pts_host_ops = {
	.announce = true,
	.sandbox = pts_sandbox,
	.open = pts_open,
	CHAN_IO_HOST_OPS,
	.describe = pts_describe,
};
