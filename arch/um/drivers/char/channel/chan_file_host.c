// SPDX-License-Identifier: GPL-2.0
/*
 * Channel file:<path>: output is added to the end of a file; there is no
 * input. The file is made if it is not there.
 */
#include <stdbool.h>
#include <os-Linux/sys.h>
#include "chan_io_host.h"

static int file_open(const struct chan_config *cfg, __u32 dirs,
		     struct chan_host **ret)
{
	return chan_io_host_open(cfg->text, O_WRONLY | O_APPEND | O_CREAT,
				 dirs & CHAN_OUT, ret);
}

static void file_describe(struct chan_host *c, char *buf, size_t len)
{
	chan_io_host_join(buf, len, "file:", c->text);
}

const struct chan_host_ops chan_file_host_ops = {
	.open = file_open,
	CHAN_IO_HOST_OPS,
	.describe = file_describe,
};
