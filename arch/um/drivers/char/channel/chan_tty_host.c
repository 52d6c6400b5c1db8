// SPDX-License-Identifier: GPL-2.0
/*
 * Channel tty:<path>: a terminal of the host, opened by name: a virtual
 * console, a serial port, somebody's pseudo terminal. It is in raw mode as
 * long as the channel is open, and never becomes our controlling terminal.
 */
#include <stdbool.h>
#include <os-Linux/sys.h>
#include <host/sandbox.h>
#include <host/tty.h>
#include "chan_io_host.h"

static int tty_open(const struct chan_config *cfg, __u32 dirs,
		    struct chan_host **ret)
{
	struct chan_host *c;
	int flags, err;

	flags = dirs == CHAN_IN ? O_RDONLY : O_RDWR;
	err = chan_io_host_open(cfg->text, flags, dirs, &c);
	if (err)
		return err;
	if (c->kind != CHAN_IO_TTY) {
		chan_io_host_close(c);
		return -ENOTTY;
	}
	if ((dirs & CHAN_IN) && !cfg->cooked)
		c->raw = !os_tty_raw(c->fd);
	*ret = c;
	return 0;
}

static void tty_sandbox(const struct chan_config *cfg)
{
	os_sandbox_allow(cfg->text, OS_SANDBOX_READ | OS_SANDBOX_WRITE);
}

static void tty_describe(struct chan_host *c, char *buf, size_t len)
{
	chan_io_host_join(buf, len, "tty:", c->text);
}

const struct chan_host_ops chan_tty_host_ops = {
	.sandbox = tty_sandbox,
	.open = tty_open,
	CHAN_IO_HOST_OPS,
	.describe = tty_describe,
};
