// SPDX-License-Identifier: GPL-2.0
/*
 * Channel file:<path>: output is added to the end of a file; there is no
 * input. The file is made if it is not there.
 */
#include <stdbool.h>
#include <os-Linux/sys.h>
#include <host/sandbox.h>
#include "chan_io_host.h"

static int file_open(const struct chan_config *cfg, __u32 dirs,
		     struct chan_host **ret)
{
	return chan_io_host_open(cfg->text, O_WRONLY | O_APPEND | O_CREAT,
				 dirs & CHAN_OUT, ret);
}

/* Only what is there can be allowed: make it, as opening would. */
static void file_sandbox(const struct chan_config *cfg)
{
	struct chan_host *c;

	if (os_sandbox_allow(cfg->text, OS_SANDBOX_WRITE) != -ENOENT)
		return;
	if (file_open(cfg, CHAN_OUT, &c))
		return;
	chan_io_host_close(c);
	os_sandbox_allow(cfg->text, OS_SANDBOX_WRITE);
}

static void file_describe(struct chan_host *c, char *buf, size_t len)
{
	chan_io_host_join(buf, len, "file:", c->text);
}

const struct chan_host_ops chan_file_host_ops = {
	.sandbox = file_sandbox,
	.open = file_open,
	CHAN_IO_HOST_OPS,
	.describe = file_describe,
};
