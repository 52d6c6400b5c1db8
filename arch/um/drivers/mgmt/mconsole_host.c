// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of the management console: one datagram socket beside the pid
 * file, and one more for news. Nothing here looks into packets.
 * Context: any kernel context, interrupts included; no locks, no libc state.
 */
#include <stddef.h>
#include <stdio.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <host/event.h>
#include <host/proc.h>
#include <host/socket.h>
#include <os-Linux/sys.h>
#include <os-Linux/unix_socket.h>
#include "mconsole_host.h"

_Static_assert(sizeof(struct sockaddr_un) <= MCONSOLE_PEER_MAX,
	       "an address fits");

struct mconsole_host {
	int fd;
	char path[OS_SOCKET_PATH_MAX + 1];
};

static struct mconsole_host mconsole_socket = { .fd = -1 };

int mconsole_host_open(struct mconsole_host **ret)
{
	struct mconsole_host *h = &mconsole_socket;
	const char *dir = os_instance_dir();
	int n;

	if (!*dir)
		return -ENOENT;
	n = snprintf(h->path, sizeof(h->path), "%s/mconsole", dir);
	if ((size_t)n >= sizeof(h->path))
		return -ENAMETOOLONG;
	n = os_unix_serve(h->path, SOCK_DGRAM);
	if (n < 0)
		return n;
	h->fd = n;
	*ret = h;
	return 0;
}

const char *mconsole_host_path(struct mconsole_host *h)
{
	return h->path;
}

int mconsole_host_watch(struct mconsole_host *h, __u32 cookie)
{
	return os_event_add(h->fd, OS_EVENT_IN, cookie);
}

ssize_t mconsole_host_receive(struct mconsole_host *h,
			      struct mconsole_peer *from, void *buf, size_t len)
{
	socklen_t addr_len = sizeof(from->addr);
	ssize_t ret;

	ret = os_unix_receive(h->fd, from->addr, &addr_len, buf, len);
	/* An address without a name is none. */
	from->len = addr_len > offsetof(struct sockaddr_un, sun_path) ?
		addr_len : 0;
	return ret;
}

int mconsole_host_send(struct mconsole_host *h, const struct mconsole_peer *to,
		       const void *buf, size_t len)
{
	ssize_t ret;

	if (!to->len)
		return -EDESTADDRREQ;
	ret = sys_retry(SYS_sendto, h->fd, buf, len,
			MSG_DONTWAIT | MSG_NOSIGNAL, to->addr, to->len);
	return ret < 0 ? ret : 0;
}

__u32 mconsole_host_unread(struct mconsole_host *h)
{
	int bytes = 0;

	sys_ioctl(h->fd, SIOCOUTQ, &bytes);
	return bytes;
}

int mconsole_host_notify(const char *path, const void *buf, size_t len)
{
	struct sockaddr_un addr;
	ssize_t ret;
	int fd, err;

	err = os_unix_address(&addr, path);
	if (err)
		return err;
	fd = sys_call(SYS_socket, AF_UNIX,
		      SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	ret = sys_retry(SYS_sendto, fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL,
			&addr, sizeof(addr));
	sys_close(fd);
	return ret < 0 ? ret : 0;
}
