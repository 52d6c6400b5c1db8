// SPDX-License-Identifier: GPL-2.0
/*
 * Channels which listen. Who connects is accepted when the line next reads or
 * writes; until then, and while another client has its turn, the host keeps
 * the connection waiting.
 * Input and output of a line run at the same time on different vCPUs, under
 * different locks; a client that leaves concerns both. So a channel has a
 * lock of its own, held for a few system calls which never block.
 */
#include <stdbool.h>
#include <string.h>
#include <os-Linux/sys.h>
#include <os-Linux/heap.h>
#include <os-Linux/this_vcpu.h>
#include <os-Linux/unix_socket.h>
#include <host/event.h>
#include "chan_io_host.h"
#include "chan_listen_host.h"
#include "chan_name_host.h"
#include "telnet_host.h"

enum {
	LISTENERS_MAX = 80,
	BACKLOG = 16,
	/* Taken of output at once; telnet may make twice as much of it. */
	OUT_CHUNK = 2048,
};

/*
 * A listening socket; each channel has a descriptor of its own for it.
 * @owner_only: clients must be the owner's or root's
 */
static struct listener {
	unsigned int users;
	bool owner_only;
	int fd;
	int name;
	__u64 addr[CHAN_LISTEN_ADDRESS_WORDS];
} listeners[LISTENERS_MAX];

/**
 * struct chan_listen - a channel which listens
 * @io: fd is the client, or -1; kind and dirs as ever
 * @listener: the socket
 * @accept_fd: our own descriptor for it
 * @watching: readiness is reported as @cookie
 * @cookie: interrupt
 * @offer: clients may speak telnet
 * @lock: guards the client and all below
 * @telnet: of this client
 * @half: the second half of a byte in telnet is to be sent first
 * @out: for making telnet of output
 */
struct chan_listen {
	struct chan_host io;
	struct listener *listener;
	int accept_fd;
	bool watching;
	__u32 cookie;
	bool offer;
	int lock;
	struct telnet telnet;
	bool half;
	__u8 out[2 * OUT_CHUNK];
};

_Static_assert(offsetof(struct chan_listen, io) == 0, "one address for both");
_Static_assert(sizeof(struct sockaddr_storage) <=
	       sizeof(((struct chan_listen_address *)0)->addr), "any fits");

static struct chan_listen *listen_of(struct chan_host *c)
{
	return (struct chan_listen *)c;
}

/* An interrupt reads: it must not find the lock held where it came. */
static __u32 lock(struct chan_listen *l)
{
	__u32 irqs = vcpu_irqs_hold();

	/* The host may not run its holder now. */
	while (__atomic_exchange_n(&l->lock, 1, __ATOMIC_ACQUIRE))
		os_vcpu_nap(0);
	return irqs;
}

static void unlock(struct chan_listen *l, __u32 irqs)
{
	__atomic_store_n(&l->lock, 0, __ATOMIC_RELEASE);
	vcpu_irqs_release(irqs);
}

/* ---- clients; callers hold the lock ---- */

static ssize_t send_client(struct chan_listen *l, const void *buf, size_t len)
{
	return sys_retry(SYS_sendto, l->io.fd, buf, len,
			 MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
}

static void drop_client(struct chan_listen *l)
{
	if (l->watching)
		os_event_del(l->io.fd);
	sys_close(l->io.fd);
	l->io.fd = -1;
}

/* Return: descriptor of the next client, or -errno. */
static int accept_client(struct chan_listen *l)
{
	int fd;

	for (;;) {
		fd = sys_retry(SYS_accept4, l->accept_fd, NULL, NULL,
			       SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0 || !l->listener->owner_only ||
		    !os_unix_check_peer(fd))
			return fd;
		/* Another user: not ours to talk to. */
		sys_close(fd);
	}
}

/* Return: true if there is a client. */
static bool have_client(struct chan_listen *l)
{
	int fd;

	if (l->io.fd >= 0)
		return true;
	fd = accept_client(l);
	if (fd < 0)
		return false;
	l->io.fd = fd;
	l->half = false;
	memset(&l->telnet, 0, sizeof(l->telnet));
	if (l->offer) {
		/* A new connection has room for it. */
		telnet_host_offer(&l->telnet, l->out);
		send_client(l, l->out, TELNET_OFFER);
	}
	if (l->watching)
		os_event_add(fd, OS_EVENT_IN | OS_EVENT_OUT, l->cookie);
	return true;
}

static ssize_t read_client(struct chan_listen *l, void *buf, size_t len)
{
	ssize_t n;

	do {
		n = sys_retry(SYS_recvfrom, l->io.fd, buf, len, MSG_DONTWAIT,
			      NULL, NULL);
		if (n == -EAGAIN)
			return n;
		if (n <= 0) {
			drop_client(l);
			return -ECONNRESET;
		}
		if (l->offer)
			n = telnet_host_input(&l->telnet, buf, n);
		/* Nothing but telnet's own: more may be there. */
	} while (!n);
	return n;
}

/* Return: bytes taken of @buf. */
static ssize_t write_telnet(struct chan_listen *l, const void *buf, size_t len)
{
	ssize_t n;

	if (l->half) {
		n = send_client(l, "\377", 1);
		if (n < 0)
			return n;
		l->half = false;
	}
	if (len > OUT_CHUNK)
		len = OUT_CHUNK;
	len = telnet_host_output(&l->telnet, l->out, buf, len);
	n = send_client(l, l->out, len);
	if (n < 0)
		return n;
	return telnet_host_sent(&l->telnet, buf, n, &l->half);
}

static ssize_t write_client(struct chan_listen *l, const void *buf, size_t len)
{
	ssize_t n = l->telnet.active ? write_telnet(l, buf, len) :
				       send_client(l, buf, len);

	/* That it left is for reading to find out. */
	return n >= 0 || n == -EAGAIN ? n : -ENOTCONN;
}

/* ---- operations ---- */

ssize_t chan_listen_host_read(struct chan_host *c, void *buf, size_t len)
{
	struct chan_listen *l = listen_of(c);
	ssize_t ret = -EAGAIN;
	__u32 irqs;

	irqs = lock(l);
	if (have_client(l))
		ret = read_client(l, buf, len);
	unlock(l, irqs);
	return ret;
}

ssize_t chan_listen_host_write(struct chan_host *c, const void *buf,
			       size_t len)
{
	struct chan_listen *l = listen_of(c);
	ssize_t ret = -ENOTCONN;
	__u32 irqs;

	irqs = lock(l);
	if (have_client(l))
		ret = write_client(l, buf, len);
	unlock(l, irqs);
	return ret;
}

int chan_listen_host_wait_out(struct chan_host *c, int ms)
{
	struct chan_listen *l = listen_of(c);
	struct pollfd p = { .fd = l->io.fd, .events = POLLOUT };

	return sys_call(SYS_poll, &p, 1, ms) > 0 ? 0 : -EAGAIN;
}

int chan_listen_host_watch(struct chan_host *c, __u32 dirs, __u32 cookie)
{
	struct chan_listen *l = listen_of(c);
	int err;
	__u32 irqs;

	irqs = lock(l);
	if (!l->watching) {
		l->cookie = cookie;
		err = os_event_add(l->accept_fd, OS_EVENT_IN, cookie);
		l->watching = !err;
		if (!err && l->io.fd >= 0)
			err = os_event_add(l->io.fd, OS_EVENT_IN | OS_EVENT_OUT,
					   cookie);
	} else if (l->io.fd >= 0) {
		err = os_event_rearm(l->io.fd, OS_EVENT_IN | OS_EVENT_OUT,
				     cookie);
	} else {
		err = os_event_rearm(l->accept_fd, OS_EVENT_IN, cookie);
	}
	unlock(l, irqs);
	return err;
}

int chan_listen_host_winsize(struct chan_host *c, __u16 *rows, __u16 *cols)
{
	struct chan_listen *l = listen_of(c);

	if (!l->telnet.rows || !l->telnet.cols)
		return -ENOTTY;
	*rows = l->telnet.rows;
	*cols = l->telnet.cols;
	return 0;
}

bool chan_listen_host_resized(struct chan_host *c)
{
	return __atomic_exchange_n(&listen_of(c)->telnet.resized, false,
				   __ATOMIC_RELAXED);
}

void chan_listen_host_renew(struct chan_host *c)
{
	struct chan_listen *l = listen_of(c);
	ssize_t n;
	char byte;
	__u32 irqs;

	irqs = lock(l);
	if (l->io.fd >= 0) {
		n = sys_retry(SYS_recvfrom, l->io.fd, &byte, 1,
			      MSG_DONTWAIT | MSG_PEEK, NULL, NULL);
		if (n <= 0 && n != -EAGAIN)
			drop_client(l);
	}
	unlock(l, irqs);
}

bool chan_listen_host_busy(struct chan_host *c)
{
	struct chan_listen *l = listen_of(c);
	bool busy;
	__u32 irqs;

	chan_listen_host_renew(c);
	irqs = lock(l);
	busy = have_client(l);
	unlock(l, irqs);
	return busy;
}

/* Programs which connect here do so for a person. */
bool chan_listen_host_is_terminal(struct chan_host *c)
{
	return true;
}

void chan_listen_host_describe(struct chan_host *c, char *buf, size_t len)
{
	chan_io_host_join(buf, len, c->text, "");
}

/* ---- listening ---- */

static int make_port(const struct chan_listen_address *where)
{
	const struct sockaddr *addr = (const struct sockaddr *)where->addr;
	int one = 1;
	int fd, err;

	fd = sys_call(SYS_socket, addr->sa_family,
		      SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	sys_call(SYS_setsockopt, fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	err = sys_call(SYS_bind, fd, addr, where->len);
	if (!err)
		err = sys_call(SYS_listen, fd, BACKLOG);
	if (!err)
		return fd;
	sys_close(fd);
	return err;
}

static int start_listener(const struct chan_listen_address *where,
			  struct listener *n)
{
	int fd;

	fd = where->path ? os_unix_serve(where->path, SOCK_STREAM) :
			   make_port(where);
	if (fd < 0)
		return fd;
	n->fd = fd;
	n->owner_only = where->path;
	n->name = -1;
	if (where->path) {
		n->name = chan_name_host_keep(where->path);
		if (n->name < 0) {
			sys_close(fd);
			return n->name;
		}
	}
	memcpy(n->addr, where->addr, sizeof(n->addr));
	return 0;
}

static int get_listener(struct chan_listen_address *where,
			struct listener **ret)
{
	struct listener *n, *unused = NULL;
	int err;

	if (where->path) {
		err = os_unix_address((struct sockaddr_un *)where->addr,
				      where->path);
		if (err)
			return err;
	}
	for (n = listeners; n < listeners + LISTENERS_MAX; n++) {
		if (!n->users)
			unused = n;
		else if (!memcmp(n->addr, where->addr, sizeof(n->addr)))
			goto found;
	}
	n = unused;
	if (!n)
		return -ENOSPC;
	err = start_listener(where, n);
	if (err)
		return err;
found:
	n->users++;
	*ret = n;
	return 0;
}

static void put_listener(struct listener *n)
{
	if (--n->users)
		return;
	chan_name_host_remove(n->name);
	sys_close(n->fd);
}

int chan_listen_host_open(struct chan_listen_address *where, __u32 dirs,
			  bool telnet, const char *text,
			  struct chan_host **ret)
{
	struct chan_listen *l = heap_zalloc(sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->io.fd = -1;
	l->io.dirs = dirs;
	l->io.kind = CHAN_IO_SOCKET;
	l->offer = telnet;
	chan_io_host_join(l->io.text, sizeof(l->io.text), text, "");
	err = get_listener(where, &l->listener);
	if (err)
		goto err_free;
	err = sys_fcntl(l->listener->fd, F_DUPFD_CLOEXEC, 0);
	if (err < 0)
		goto err_put;
	l->accept_fd = err;
	*ret = &l->io;
	return 0;

err_put:
	put_listener(l->listener);
err_free:
	heap_free(l);
	return err;
}

void chan_listen_host_close(struct chan_host *c)
{
	struct chan_listen *l = listen_of(c);

	if (!c)
		return;
	if (l->io.fd >= 0)
		drop_client(l);
	if (l->watching)
		os_event_del(l->accept_fd);
	sys_close(l->accept_fd);
	put_listener(l->listener);
	heap_free(l);
}
