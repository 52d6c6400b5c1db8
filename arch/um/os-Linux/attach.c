// SPDX-License-Identifier: GPL-2.0
/*
 * linux --attach <socket>: what runs in the window of an xterm channel. Keys
 * go to the socket, what comes from there to the terminal; telnet is spoken if
 * the other end offers it, for the size of the window. No kernel is started.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>

#include <host/proc.h>
#include <host/socket.h>
#include <host/tty.h>
#include <drivers/char/channel/telnet_host.h>
#include "attach.h"
#include "sys.h"
#include "unix_socket.h"

enum {
	LEAVE_KEY = 0x1d,
	CHUNK = 4096,
	/* For an offer of telnet, once somebody typed. */
	OFFER_MS = 1000,
	NAWS_PACKET = 9,
};

static int console = -1;
static struct telnet telnet = { .keep_cr = true };
/* Whether the other end takes telnet is settled. */
static bool settled;
static volatile sig_atomic_t resized;

static void on_winch(int sig)
{
	resized = 1;
}

static void on_end(int sig)
{
	os_exit(OS_EXIT_OK);
}

static void write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	while (len) {
		n = sys_write(fd, p, len);
		if (n <= 0)
			os_exit(OS_EXIT_OK);
		p += n;
		len -= n;
	}
}

/* A byte that means something to telnet has a second one behind it. */
static size_t escape(__u8 *to, const __u8 *from, size_t len)
{
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		to[n++] = from[i];
		if (from[i] == 255)
			to[n++] = 255;
		if (from[i] == '\r')
			to[n++] = '\0';
	}
	return n;
}

static void send_size(void)
{
	__u8 packet[NAWS_PACKET] = { 255, 250, 31, 0, 0, 0, 0, 255, 240 };
	__u16 rows, cols;

	if (!telnet.active || os_tty_winsize(STDIN_FILENO, &rows, &cols))
		return;
	/* No window is so large that a byte of it would be 255. */
	packet[3] = cols >> 8;
	packet[4] = cols;
	packet[5] = rows >> 8;
	packet[6] = rows;
	if (packet[4] != 255 && packet[6] != 255)
		write_all(console, packet, sizeof(packet));
}

static void from_console(void)
{
	__u8 buf[CHUNK];
	ssize_t n;

	n = sys_read(console, buf, sizeof(buf));
	if (n <= 0)
		os_exit(OS_EXIT_OK);
	n = telnet_host_input(&telnet, buf, n);
	if (!settled) {
		settled = true;
		send_size();
	}
	write_all(STDOUT_FILENO, buf, n);
}

static void from_terminal(void)
{
	__u8 buf[CHUNK], out[2 * CHUNK];
	ssize_t n;

	n = sys_read(STDIN_FILENO, buf, sizeof(buf));
	if (n <= 0 || memchr(buf, LEAVE_KEY, n))
		os_exit(OS_EXIT_OK);
	if (!settled) {
		struct pollfd p = { .fd = console, .events = POLLIN };

		/* The first byte decides: do not let it be a key by accident. */
		if (sys_call(SYS_poll, &p, 1, OFFER_MS) > 0)
			from_console();
		settled = true;
	}
	if (telnet.active) {
		n = escape(out, buf, n);
		write_all(console, out, n);
	} else {
		write_all(console, buf, n);
	}
}

static void set_handlers(void)
{
	struct sigaction sa = { .sa_handler = on_winch };

	/* No SA_RESTART: poll() is to come back. */
	sigaction(SIGWINCH, &sa, NULL);
	sa.sa_handler = on_end;
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
}

void attach_run(const char *path)
{
	struct pollfd p[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .events = POLLIN },
	};
	int err;

	console = os_unix_connect(path);
	if (console == -ENAMETOOLONG)
		os_die("--attach %s: this path has %zu characters, a socket's at most %d",
		       path, strlen(path), OS_SOCKET_PATH_MAX);
	if (console < 0)
		os_die("--attach %s: cannot connect (error %d)", path, -console);
	set_handlers();
	os_tty_raw(STDIN_FILENO);
	p[1].fd = console;
	for (;;) {
		err = sys_call(SYS_poll, p, 2, -1);
		if (resized) {
			resized = 0;
			send_size();
		}
		if (err <= 0)
			continue;
		if (p[1].revents)
			from_console();
		if (p[0].revents)
			from_terminal();
	}
}
