// SPDX-License-Identifier: GPL-2.0
/*
 * Channel unix:<path>: a listening stream socket in the host's file system,
 * for socat, netcat -U and programs. Who may connect is what the file's mode
 * says, which is the umask's business.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/un.h>
#include <os-Linux/sys.h>
#include "chan_io_host.h"
#include "chan_listen_host.h"

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) >= CHAN_TEXT_MAX,
	       "all paths fit");

static int unix_open(const struct chan_config *cfg, __u32 dirs,
		     struct chan_host **ret)
{
	struct chan_listen_address where = { .path = cfg->text };
	struct sockaddr_un *addr = (struct sockaddr_un *)where.addr;
	char text[CHAN_TEXT_MAX + 8];

	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, cfg->text, strlen(cfg->text));
	where.len = sizeof(*addr);
	chan_io_host_join(text, sizeof(text), "unix:", cfg->text);
	return chan_listen_host_open(&where, dirs, false, text, ret);
}

const struct chan_host_ops chan_unix_host_ops = {
	.open = unix_open,
	.close = chan_listen_host_close,
	CHAN_LISTEN_HOST_OPS,
};
