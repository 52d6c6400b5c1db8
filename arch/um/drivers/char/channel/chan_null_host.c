// SPDX-License-Identifier: GPL-2.0
/*
 * Channel null: output vanishes, input never comes. It needs nothing of the
 * host.
 */
#include <errno.h>
#include "chan_io_host.h"

static int null_open(const struct chan_config *cfg, __u32 dirs,
		     struct chan_host **ret)
{
	*ret = NULL;
	return 0;
}

static void null_close(struct chan_host *c)
{
}

static ssize_t null_read(struct chan_host *c, void *buf, size_t len)
{
	return -EAGAIN;
}

static ssize_t null_write(struct chan_host *c, const void *buf, size_t len)
{
	return len;
}

static int null_wait_out(struct chan_host *c, int ms)
{
	return 0;
}

static int null_watch(struct chan_host *c, __u32 dirs, __u32 cookie)
{
	return -EPERM;
}

static int null_winsize(struct chan_host *c, __u16 *rows, __u16 *cols)
{
	return -ENOTTY;
}

static bool null_is_terminal(struct chan_host *c)
{
	return false;
}

static void null_describe(struct chan_host *c, char *buf, size_t len)
{
	static const char name[] = "null";

	for (size_t i = 0; i < sizeof(name) && i < len; i++)
		buf[i] = name[i];
}

const struct chan_host_ops chan_null_host_ops = {
	.sink = true,
	.open = null_open,
	.close = null_close,
	.read = null_read,
	.write = null_write,
	.wait_out = null_wait_out,
	.watch = null_watch,
	.winsize = null_winsize,
	.is_terminal = null_is_terminal,
	.describe = null_describe,
};
