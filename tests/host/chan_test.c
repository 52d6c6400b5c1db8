// SPDX-License-Identifier: GPL-2.0
/*
 * Host halves of the console channels against real pipes, sockets, files and
 * pseudo terminals: nothing lost, nothing left changed, nothing spins.
 */
#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <chan_host.h>
#include <host/tty.h>
#include "chan_stubs.h"
#include "chan_tap.h"

enum {
	BOTH = CHAN_IN | CHAN_OUT,
	COOKIE = 17,
	EVENT_MS = 1000,
	MIB = 1 << 20,
};

static const struct chan_host_ops *const fd_ops = &chan_fd_host_ops;

static int fd_open(int fd, __u32 dirs, struct chan_host **ret)
{
	struct chan_config cfg = { .ops = fd_ops, .number = fd };

	return fd_ops->open(&cfg, dirs, ret);
}

static bool is_nonblock(int fd)
{
	return fcntl(fd, F_GETFL) & O_NONBLOCK;
}

static void fill(char *buf, size_t len, unsigned int seed)
{
	for (size_t i = 0; i < len; i++) {
		seed = seed * 1103515245 + 12345;
		buf[i] = seed >> 16;
	}
}

static void test_pipe_in(void)
{
	struct chan_host *c;
	char buf[64];
	int p[2];

	pipe(p);
	ok(!fd_open(p[0], CHAN_IN, &c), "pipe: opens for input");
	ok(!is_nonblock(p[0]), "pipe: the shared descriptor keeps its flags");
	ok(fd_ops->read(c, buf, sizeof(buf)) == -EAGAIN, "pipe: empty is -EAGAIN");
	ok(!fd_ops->watch(c, CHAN_IN, COOKIE), "pipe: can be watched");
	ok(chan_event_poll(0) == -1, "pipe: no event while empty");
	write(p[1], "hello", 5);
	ok(chan_event_poll(EVENT_MS) == COOKIE, "pipe: data is an event");
	ok(fd_ops->read(c, buf, sizeof(buf)) == 5 && !memcmp(buf, "hello", 5),
	   "pipe: data arrives in one read");
	close(p[1]);
	ok(chan_event_poll(EVENT_MS) == COOKIE, "pipe: the end is an event");
	ok(!fd_ops->read(c, buf, sizeof(buf)), "pipe: the end of input is 0");
	ok(chan_event_poll(20) == -1, "pipe: the end is told once");
	ok(fd_ops->write(c, "x", 1) == 1, "pipe: output of an input channel vanishes");
	fd_ops->close(c);
	close(p[0]);
}

static void test_pipe_out(void)
{
	static char sent[MIB], got[MIB];
	size_t out = 0, in = 0;
	struct chan_host *c;
	ssize_t n;
	int p[2];

	pipe(p);
	fill(sent, MIB, 1);
	ok(!fd_open(p[1], BOTH, &c), "pipe out: opens");
	ok(!is_nonblock(p[1]), "pipe out: the shared descriptor keeps its flags");
	ok(fd_ops->read(c, got, 1) == -EAGAIN, "pipe out: gives no input");
	while ((n = fd_ops->write(c, sent + out, 4096)) > 0)
		out += n;
	ok(n == -EAGAIN, "pipe out: full is -EAGAIN after %zu bytes", out);
	ok(fd_ops->wait_out(c, 20) == -EAGAIN, "pipe out: waiting is bounded");
	fd_ops->watch(c, CHAN_OUT, COOKIE);
	ok(chan_event_poll(20) == -1, "pipe out: no event while full");
	in += read(p[0], got, 8192);
	ok(chan_event_poll(EVENT_MS) == COOKIE, "pipe out: room is an event");
	ok(!fd_ops->wait_out(c, 1000), "pipe out: waiting ends with room");
	while (in < MIB) {
		n = out < MIB ? fd_ops->write(c, sent + out, MIB - out) : 0;
		if (n > 0)
			out += n;
		n = read(p[0], got + in, 3000);
		if (n > 0)
			in += n;
	}
	ok(out == MIB && !memcmp(sent, got, MIB), "pipe out: 1 MiB arrives unchanged");
	close(p[0]);
	ok(fd_ops->write(c, "x", 1) == -EPIPE, "pipe out: no reader is -EPIPE");
	fd_ops->close(c);
	close(p[1]);
}

static void test_files(void)
{
	char path[] = "/tmp/chan_test-XXXXXX";
	int fd = mkstemp(path), null = open("/dev/null", O_RDWR);
	struct chan_host *c;
	char buf[64];

	write(fd, "abcdef", 6);
	lseek(fd, 0, SEEK_SET);
	ok(!fd_open(fd, CHAN_IN, &c), "file: opens for input");
	ok(fd_ops->watch(c, CHAN_IN, COOKIE) == -EPERM, "file: needs no events");
	ok(fd_ops->read(c, buf, 4) == 4 && fd_ops->read(c, buf + 4, 4) == 2 &&
	   !memcmp(buf, "abcdef", 6), "file: is read to its end");
	ok(!fd_ops->read(c, buf, 4), "file: then input has ended");
	fd_ops->close(c);

	ok(!fd_open(fd, CHAN_OUT, &c), "file: opens for output");
	write(fd, "1", 1);
	fd_ops->write(c, "2", 1);
	write(fd, "3", 1);
	ok(pread(fd, buf, 9, 0) == 9 && !memcmp(buf, "abcdef123", 9),
	   "file: shares its position with others who write");
	fd_ops->close(c);

	ok(!fd_open(null, BOTH, &c), "/dev/null: opens");
	ok(!fd_ops->read(c, buf, 4), "/dev/null: input has ended");
	ok(fd_ops->watch(c, BOTH, COOKIE) == -EPERM, "/dev/null: needs no events");
	ok(fd_ops->write(c, "abc", 3) == 3, "/dev/null: takes output");
	ok(!fd_ops->is_terminal(c), "/dev/null: is no terminal");
	fd_ops->close(c);
	unlink(path);
	close(fd);
	close(null);
}

static void test_socket(void)
{
	struct chan_host *c;
	char buf[64];
	int s[2];

	socketpair(AF_UNIX, SOCK_STREAM, 0, s);
	ok(!fd_open(s[0], BOTH, &c), "socket: opens");
	ok(!is_nonblock(s[0]), "socket: the shared descriptor keeps its flags");
	ok(fd_ops->read(c, buf, sizeof(buf)) == -EAGAIN, "socket: empty is -EAGAIN");
	write(s[1], "in", 2);
	ok(fd_ops->read(c, buf, sizeof(buf)) == 2, "socket: gives input");
	fd_ops->write(c, "out", 3);
	ok(read(s[1], buf, sizeof(buf)) == 3, "socket: takes output");
	close(s[1]);
	ok(fd_ops->read(c, buf, sizeof(buf)) == -EPIPE, "socket: the peer hung up");
	ok(fd_ops->write(c, "x", 1) == -EPIPE, "socket: output to nobody, no SIGPIPE");
	fd_ops->close(c);
	close(s[0]);
}

static bool same_mode(const struct termios *a, const struct termios *b)
{
	return a->c_iflag == b->c_iflag && a->c_oflag == b->c_oflag &&
	       a->c_lflag == b->c_lflag && a->c_cflag == b->c_cflag &&
	       !memcmp(a->c_cc, b->c_cc, sizeof(a->c_cc));
}

static void test_tty(void)
{
	struct winsize ws = { .ws_row = 33, .ws_col = 101 };
	struct termios before, during, after;
	struct chan_host *c, *c2;
	int master, slave;
	__u16 rows, cols;
	char buf[64];

	openpty(&master, &slave, NULL, NULL, &ws);
	tcgetattr(slave, &before);
	ok(!fd_open(slave, BOTH, &c), "tty: opens");
	ok(fd_ops->is_terminal(c), "tty: is a terminal");
	ok(!is_nonblock(slave), "tty: the shared descriptor keeps its flags");
	tcgetattr(slave, &during);
	ok(!(during.c_lflag & (ISIG | ICANON | ECHO)) && !(during.c_oflag & OPOST),
	   "tty: raw while open");
	write(master, "\003\r", 2);
	ok(fd_ops->read(c, buf, sizeof(buf)) == 2 && buf[0] == 3 && buf[1] == '\r',
	   "tty: Ctrl-C and return are plain bytes");
	ok(fd_ops->read(c, buf, sizeof(buf)) == -EAGAIN, "tty: then -EAGAIN");
	fd_ops->write(c, "a\n", 2);
	ok(read(master, buf, sizeof(buf)) == 2, "tty: output is not changed");
	ok(!fd_ops->winsize(c, &rows, &cols) && rows == 33 && cols == 101,
	   "tty: has a window size");

	ok(!fd_open(slave, BOTH, &c2), "tty: a second channel on it opens");
	fd_ops->close(c);
	tcgetattr(slave, &after);
	ok(same_mode(&during, &after), "tty: raw as long as one is open");
	fd_ops->close(c2);
	tcgetattr(slave, &after);
	ok(same_mode(&before, &after), "tty: mode is back after the last close");

	fd_open(slave, BOTH, &c);
	fd_open(slave, CHAN_OUT, &c2);
	os_tty_restore_all();
	tcgetattr(slave, &after);
	ok(same_mode(&before, &after), "tty: restore_all brings the mode back");
	fd_ops->close(c2);
	fd_ops->watch(c, BOTH, COOKIE);
	while (chan_event_poll(0) == COOKIE)
		continue;
	close(master);
	ok(chan_event_poll(EVENT_MS) == COOKIE, "tty: hang-up is an event");
	ok(fd_ops->read(c, buf, sizeof(buf)) == -EPIPE, "tty: hang-up is -EPIPE");
	ok(fd_ops->write(c, "x", 1) < 0, "tty: no output after hang-up");
	fd_ops->close(c);
	close(slave);
}

static void test_tty_canonical_eof(void)
{
	struct termios mode;
	struct chan_host *c;
	int master, slave;
	char buf[8];

	openpty(&master, &slave, NULL, NULL, NULL);
	tcgetattr(slave, &mode);
	fd_open(slave, BOTH, &c);
	tcsetattr(slave, TCSANOW, &mode);
	write(master, "\004", 1);
	ok(fd_ops->read(c, buf, sizeof(buf)) == -EAGAIN,
	   "tty: Ctrl-D in a mode set by others is no hang-up");
	fd_ops->close(c);
	close(master);
	close(slave);
}

static void die_restored(int signo)
{
	os_tty_restore_all();
	_exit(0);
}

static void test_tty_signal(void)
{
	struct termios before, during, after;
	int master, slave, pid, status;
	int ready[2];
	char c;

	openpty(&master, &slave, NULL, NULL, NULL);
	tcgetattr(slave, &before);
	pipe(ready);
	pid = fork();
	if (!pid) {
		signal(SIGTERM, die_restored);
		os_tty_raw(slave);
		close(slave);
		write(ready[1], "r", 1);
		for (;;)
			pause();
	}
	read(ready[0], &c, 1);
	tcgetattr(slave, &during);
	kill(pid, SIGTERM);
	waitpid(pid, &status, 0);
	tcgetattr(slave, &after);
	ok(!same_mode(&before, &during) && same_mode(&before, &after),
	   "tty: a signal handler restores it, descriptor closed meanwhile");
	ok(os_tty_raw(ready[0]) == -ENOTTY, "tty: a pipe cannot be raw");
	close(ready[0]);
	close(ready[1]);
	close(master);
	close(slave);
}

/* As if /proc were not mounted, or the terminal belonged to another user. */
static void test_no_reopen(void)
{
	int master, slave, p[2];
	struct chan_host *c;
	size_t out = 0;
	char buf[64];
	ssize_t n;

	pipe(p);
	chan_fail(SYS_openat, -EACCES);
	ok(!fd_open(p[0], CHAN_IN, &c), "no /proc: pipe opens");
	chan_fail(-1, 0);
	ok(fd_ops->read(c, buf, sizeof(buf)) == -EAGAIN, "no /proc: does not block");
	write(p[1], "ab", 2);
	ok(fd_ops->read(c, buf, sizeof(buf)) == 2, "no /proc: reads");
	fd_ops->close(c);
	chan_fail(SYS_openat, -EACCES);
	fd_open(p[1], CHAN_OUT, &c);
	chan_fail(-1, 0);
	while ((n = fd_ops->write(c, buf, sizeof(buf))) > 0)
		out += n;
	ok(n == -EAGAIN && out >= 4096, "no /proc: writing does not block");
	fd_ops->close(c);
	close(p[0]);
	close(p[1]);

	openpty(&master, &slave, NULL, NULL, NULL);
	ok(!fd_open(master, BOTH, &c), "pty master: opens");
	fd_ops->write(c, "x\n", 2);
	ok(read(slave, buf, sizeof(buf)) == 2, "pty master: it is the same pty");
	fd_ops->close(c);
	close(master);
	close(slave);
}

static int pts_client(struct chan_host *c)
{
	char text[CHAN_DESCRIBE_MAX];

	chan_pts_host_ops.describe(c, text, sizeof(text));
	return open(strchr(text, ':') + 1, O_RDWR | O_NOCTTY);
}

static void test_pts(void)
{
	const struct chan_host_ops *ops = &chan_pts_host_ops;
	struct chan_config cfg = { .ops = ops };
	char text[CHAN_DESCRIBE_MAX];
	struct chan_host *c;
	char buf[64];
	int fd;

	ok(!ops->open(&cfg, BOTH, &c), "pts: opens");
	ops->describe(c, text, sizeof(text));
	ok(!strncmp(text, "pts:/dev/pts/", 13), "pts: tells its name, %s", text);
	ok(ops->read(c, buf, sizeof(buf)) == -EAGAIN, "pts: no client, no input");
	ok(ops->write(c, "login: ", 7) == 7, "pts: no client, output is kept");
	ok(ops->read(c, buf, sizeof(buf)) == -EAGAIN, "pts: output is not echoed");
	fd = pts_client(c);
	ok(fd >= 0 && read(fd, buf, sizeof(buf)) == 7, "pts: a client sees it");
	write(fd, "root\r", 5);
	ok(ops->read(c, buf, sizeof(buf)) == 5 && buf[4] == '\r', "pts: and answers");
	ops->watch(c, BOTH, COOKIE);
	while (chan_event_poll(0) == COOKIE)
		continue;
	close(fd);
	ok(ops->read(c, buf, sizeof(buf)) == -EAGAIN, "pts: client gone, no error");
	ok(chan_event_poll(50) == -1, "pts: client gone, no events");
	fd = pts_client(c);
	write(fd, "x", 1);
	ok(chan_event_poll(EVENT_MS) == COOKIE &&
	   ops->read(c, buf, sizeof(buf)) == 1, "pts: the next client is heard");
	close(fd);
	ops->close(c);
	chan_fail(SYS_openat, -ENOSPC);
	ok(ops->open(&cfg, BOTH, &c) == -ENOSPC, "pts: no ptys left is an error");
	chan_fail(SYS_ioctl, -EIO);
	ok(ops->open(&cfg, BOTH, &c) == -EIO, "pts: a half-made one is undone");
	chan_fail(-1, 0);
}

/* A paste of 1 MiB into a terminal, and back out, by a slow reader. */
static void test_tty_bulk(void)
{
	static char sent[MIB], got[MIB];
	size_t out = 0, in = 0;
	int master, slave;
	struct chan_host *c;
	ssize_t n;

	openpty(&master, &slave, NULL, NULL, NULL);
	fcntl(master, F_SETFL, O_NONBLOCK);
	fill(sent, MIB, 2);
	fd_open(slave, BOTH, &c);
	while (in < MIB) {
		n = out < MIB ? write(master, sent + out, MIB - out) : 0;
		if (n > 0)
			out += n;
		n = fd_ops->read(c, got + in, 4096);
		if (n > 0)
			in += n;
		else if (n != -EAGAIN)
			break;
	}
	ok(in == MIB && !memcmp(sent, got, MIB), "tty: paste of 1 MiB loses nothing");
	for (out = 0, in = 0; in < MIB;) {
		n = out < MIB ? fd_ops->write(c, sent + out, MIB - out) : 0;
		if (n > 0)
			out += n;
		n = read(master, got + in, 1000);
		if (n > 0)
			in += n;
	}
	ok(!memcmp(sent, got, MIB), "tty: 1 MiB of output loses nothing");
	fd_ops->close(c);
	close(master);
	close(slave);
}

static void test_rest(void)
{
	const struct chan_host_ops *ops = &chan_null_host_ops;
	struct chan_config cfg = { .ops = fd_ops, .number = 1000 };
	struct chan_host *c;
	char buf[CHAN_DESCRIBE_MAX];

	ok(fd_ops->check(&cfg) == -EBADF, "fd: a closed one fails the check");
	ok(fd_ops->open(&cfg, BOTH, &c) == -EBADF, "fd: and does not open");
	cfg.number = 1;
	ok(!fd_ops->check(&cfg), "fd: an open one passes");
	fd_ops->close(NULL);
	ops->open(&cfg, BOTH, &c);
	ok(ops->read(c, buf, 4) == -EAGAIN && ops->write(c, "abcd", 4) == 4 &&
	   !ops->wait_out(c, 0) && !ops->is_terminal(c), "null: is silent");
	ops->describe(c, buf, sizeof(buf));
	ok(!strcmp(buf, "null"), "null: tells its name");
	ops->close(c);
}

static int open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

int main(void)
{
	int before;

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	os_tty_restore_all();
	test_pipe_in();
	before = open_fds();
	test_pipe_out();
	test_files();
	test_socket();
	test_tty();
	test_tty_canonical_eof();
	test_tty_signal();
	test_tty_bulk();
	test_no_reopen();
	test_pts();
	test_rest();
	ok(open_fds() == before, "no descriptor is left open");
	return tap_done();
}
