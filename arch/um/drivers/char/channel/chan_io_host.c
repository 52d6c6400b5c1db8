// SPDX-License-Identifier: GPL-2.0
/*
 * Channels that are one descriptor: the data path between a tty line and the
 * host. Descriptors may be shared with the shell that started UML, so their
 * flags are left alone: where O_NONBLOCK is not ours to set, readiness is
 * asked for before each call and little is written at a time.
 * Context: any kernel context, interrupts included; no locks, no libc state.
 */
#include <stdbool.h>
#include <sys/ioctl.h>
#include <os-Linux/sys.h>
#include <os-Linux/heap.h>
#include <host/event.h>
#include <host/tty.h>
#include "chan_io_host.h"
#include "chan_name_host.h"

enum {
	/* POLLOUT of a terminal promises about this much room. */
	BLOCKING_WRITE_MAX = 256,
	CREATE_MODE = 0666,
};

int chan_io_host_new(__u32 dirs, struct chan_host **ret)
{
	struct chan_host *c = heap_zalloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->fd = -1;
	c->peer = -1;
	c->name = -1;
	c->dirs = dirs;
	*ret = c;
	return 0;
}

enum chan_io_kind chan_io_host_kind(int fd)
{
	struct winsize ws;
	struct stat st;

	if (sys_fstat(fd, &st) < 0)
		return CHAN_IO_OTHER;
	switch (st.st_mode & S_IFMT) {
	case S_IFREG:
	case S_IFBLK:
		return CHAN_IO_FILE;
	case S_IFIFO:
		return CHAN_IO_PIPE;
	case S_IFSOCK:
		return CHAN_IO_SOCKET;
	case S_IFCHR:
		if (!sys_ioctl(fd, TIOCGWINSZ, &ws))
			return CHAN_IO_TTY;
		return CHAN_IO_OTHER;
	default:
		return CHAN_IO_OTHER;
	}
}

int chan_io_host_open(const char *path, int flags, __u32 dirs,
		      struct chan_host **ret)
{
	struct chan_host *c;
	int fd, err;

	err = chan_io_host_new(dirs, &c);
	if (err)
		return err;
	fd = sys_open(path, flags | O_NONBLOCK | O_NOCTTY, CREATE_MODE);
	if (fd < 0) {
		chan_io_host_close(c);
		return fd;
	}
	c->fd = fd;
	c->nonblock = true;
	c->kind = chan_io_host_kind(fd);
	chan_io_host_join(c->text, sizeof(c->text), path, "");
	*ret = c;
	return 0;
}

void chan_io_host_close(struct chan_host *c)
{
	if (!c)
		return;
	if (c->watched)
		os_event_del(c->fd);
	if (c->raw)
		os_tty_restore(c->fd);
	chan_name_host_remove(c->name);
	if (c->peer >= 0)
		sys_close(c->peer);
	if (c->fd >= 0)
		sys_close(c->fd);
	heap_free(c);
}

/* Return: the poll events which hold within ms milliseconds. */
static int poll_events(int fd, int events, int ms)
{
	struct pollfd p = { .fd = fd, .events = events };
	long ret;

	ret = sys_call(SYS_poll, &p, 1, ms);
	return ret > 0 ? p.revents : 0;
}

static ssize_t read_some(struct chan_host *c, void *buf, size_t len)
{
	if (c->kind == CHAN_IO_SOCKET)
		return sys_retry(SYS_recvfrom, c->fd, buf, len, MSG_DONTWAIT,
				 NULL, NULL);
	if (!c->nonblock && c->kind != CHAN_IO_FILE &&
	    !poll_events(c->fd, POLLIN, 0))
		return -EAGAIN;
	return sys_read(c->fd, buf, len);
}

/*
 * Nothing came. A terminal in the background, or one in canonical mode where
 * somebody typed the end-of-file character, is still there.
 */
static ssize_t read_end(struct chan_host *c, ssize_t ret)
{
	switch (c->kind) {
	case CHAN_IO_TTY:
		return poll_events(c->fd, POLLIN, 0) & POLLHUP ?
			-EPIPE : -EAGAIN;
	case CHAN_IO_SOCKET:
		return -EPIPE;
	default:
		return 0;
	}
}

ssize_t chan_io_host_read(struct chan_host *c, void *buf, size_t len)
{
	ssize_t ret;

	if (!(c->dirs & CHAN_IN))
		return -EAGAIN;
	ret = read_some(c, buf, len);
	if (ret > 0 || ret == -EAGAIN)
		return ret;
	return read_end(c, ret);
}

ssize_t chan_io_host_write(struct chan_host *c, const void *buf, size_t len)
{
	if (!(c->dirs & CHAN_OUT))
		return len;
	if (c->kind == CHAN_IO_SOCKET)
		return sys_retry(SYS_sendto, c->fd, buf, len,
				 MSG_DONTWAIT | MSG_NOSIGNAL, NULL, 0);
	if (!c->nonblock && c->kind != CHAN_IO_FILE) {
		if (!poll_events(c->fd, POLLOUT, 0))
			return -EAGAIN;
		if (len > BLOCKING_WRITE_MAX)
			len = BLOCKING_WRITE_MAX;
	}
	return sys_write(c->fd, buf, len);
}

int chan_io_host_wait_out(struct chan_host *c, int ms)
{
	if (c->kind == CHAN_IO_FILE || !(c->dirs & CHAN_OUT))
		return 0;
	return poll_events(c->fd, POLLOUT, ms) ? 0 : -EAGAIN;
}

int chan_io_host_watch(struct chan_host *c, __u32 dirs, __u32 cookie)
{
	__u32 events = 0;
	int ret;

	if (c->kind == CHAN_IO_FILE)
		return -EPERM;
	if (dirs & c->dirs & CHAN_IN)
		events |= OS_EVENT_IN;
	if (dirs & c->dirs & CHAN_OUT)
		events |= OS_EVENT_OUT;
	if (c->watched)
		return os_event_rearm(c->fd, events, cookie);
	ret = os_event_add(c->fd, events, cookie);
	c->watched = !ret;
	return ret;
}

int chan_io_host_winsize(struct chan_host *c, __u16 *rows, __u16 *cols)
{
	return os_tty_winsize(c->peer >= 0 ? c->peer : c->fd, rows, cols);
}

bool chan_io_host_is_terminal(struct chan_host *c)
{
	return c->kind == CHAN_IO_TTY;
}

void chan_io_host_join(char *buf, size_t len, const char *a, const char *b)
{
	size_t pos = 0;

	while (*a && pos + 1 < len)
		buf[pos++] = *a++;
	while (*b && pos + 1 < len)
		buf[pos++] = *b++;
	if (len)
		buf[pos] = '\0';
}

void chan_io_host_text(char *buf, size_t len, const char *prefix,
		       __u32 number)
{
	char digits[10];
	size_t pos = 0, n = 0;

	while (*prefix && pos + 1 < len)
		buf[pos++] = *prefix++;
	do {
		digits[n++] = '0' + number % 10;
		number /= 10;
	} while (number);
	while (n && pos + 1 < len)
		buf[pos++] = digits[--n];
	if (len)
		buf[pos] = '\0';
}
