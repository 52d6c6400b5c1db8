// SPDX-License-Identifier: GPL-2.0
/* The option mconsole=, which says where news go (mconsole_notify.c). */
#include <linux/init.h>
#include <linux/string.h>
#include <host/socket.h>
#include <um/option.h>
#include "mconsole.h"

const char *mconsole_notify_path;

static int mconsole_option(const char *value)
{
	size_t len = str_has_prefix(value, "notify:");

	if (!len || !value[len])
		return um_option_error("mconsole=%.200s: expected mconsole=notify:<socket>",
				       value);
	if (strlen(value + len) > OS_SOCKET_PATH_MAX)
		return um_option_error("mconsole=notify:%.200s: this path has %zu characters, a socket's at most %d",
				       value + len, strlen(value + len),
				       OS_SOCKET_PATH_MAX);
	mconsole_notify_path = value + len;
	return 0;
}

UM_OPTION(mconsole, "mconsole=", 0, mconsole_option,
"mconsole=notify:<socket>\n"
"    Send news to a Unix datagram socket of the host: where the socket of the\n"
"    management console is, a panic, a hang, and what programs in the guest\n"
"    write to /proc/mconsole.\n");
