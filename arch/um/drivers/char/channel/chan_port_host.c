// SPDX-License-Identifier: GPL-2.0
/*
 * Channel port:[<address>:]<number>: a TCP port for telnet or netcat. Without
 * an address only programs of the host can connect, since there is no
 * password before the guest's own; "0.0.0.0" and "[::]" are all addresses.
 */
#include <stdbool.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <os-Linux/sys.h>
#include <host/sandbox.h>
#include "chan_io_host.h"
#include "chan_listen_host.h"

/* Return: 0, or -EAFNOSUPPORT if it is no address. */
static int port_address(const struct chan_config *cfg,
			struct chan_listen_address *ret)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret->addr;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret->addr;
	char text[INET6_ADDRSTRLEN];
	size_t len = strlen(cfg->text);

	memset(ret, 0, sizeof(*ret));
	if (cfg->text[0] == '[') {
		if (cfg->text[len - 1] != ']' || len - 2 >= sizeof(text))
			return -EAFNOSUPPORT;
		memcpy(text, cfg->text + 1, len - 2);
		text[len - 2] = '\0';
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(cfg->number);
		ret->len = sizeof(*v6);
		return inet_pton(AF_INET6, text, &v6->sin6_addr) == 1 ?
			0 : -EAFNOSUPPORT;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons(cfg->number);
	v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ret->len = sizeof(*v4);
	if (len && inet_pton(AF_INET, cfg->text, &v4->sin_addr) != 1)
		return -EAFNOSUPPORT;
	return 0;
}

static int port_check(const struct chan_config *cfg)
{
	struct chan_listen_address where;

	return port_address(cfg, &where);
}

static int port_open(const struct chan_config *cfg, __u32 dirs,
		     struct chan_host **ret)
{
	struct chan_listen_address where;
	char prefix[CHAN_TEXT_MAX + 8], text[CHAN_TEXT_MAX + 24];
	int err;

	err = port_address(cfg, &where);
	if (err)
		return err;
	chan_io_host_join(prefix, sizeof(prefix), "port:", cfg->text);
	chan_io_host_join(text, sizeof(text), prefix, cfg->text[0] ? ":" : "");
	chan_io_host_text(prefix, sizeof(prefix), text, cfg->number);
	return chan_listen_host_open(&where, dirs, true, prefix, ret);
}

static void port_sandbox(const struct chan_config *cfg)
{
	os_sandbox_allow_port(cfg->number);
}

const struct chan_host_ops chan_port_host_ops = {
	.check = port_check,
	.sandbox = port_sandbox,
	.open = port_open,
	.close = chan_listen_host_close,
	CHAN_LISTEN_HOST_OPS,
};
