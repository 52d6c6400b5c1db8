// SPDX-License-Identifier: GPL-2.0
/*
 * Channel unix:<path>: a listening stream socket in the host's file system,
 * for socat, netcat -U and programs of the owner and of root.
 */
#include <stdbool.h>
#include <host/sandbox.h>
#include "chan_io_host.h"
#include "chan_listen_host.h"

static int unix_open(const struct chan_config *cfg, __u32 dirs,
		     struct chan_host **ret)
{
	struct chan_listen_address where = { .path = cfg->text };
	char text[CHAN_TEXT_MAX + 8];

	chan_io_host_join(text, sizeof(text), "unix:", cfg->text);
	return chan_listen_host_open(&where, dirs, false, text, ret);
}

/*
 * Its directory is allowed by sandbox=allow: or not at all, as names are made and
 * removed in it. A socket which a dead instance left is found by connecting to
 * it, which must be done now; opening does it.
 */
static void unix_sandbox(const struct chan_config *cfg)
{
	struct chan_host *c;

	if (!unix_open(cfg, CHAN_IN | CHAN_OUT, &c))
		chan_listen_host_close(c);
}

const struct chan_host_ops chan_unix_host_ops = {
	.sandbox = unix_sandbox,
	.open = unix_open,
	.close = chan_listen_host_close,
	CHAN_LISTEN_HOST_OPS,
};
