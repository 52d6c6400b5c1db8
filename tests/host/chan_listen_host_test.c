// SPDX-License-Identifier: GPL-2.0
/*
 * Channels that listen. Interrupts on a vCPU which is just doing something to one: they read from it, too,
 * and must not wait for what they have interrupted. And names: what a socket's may replace, and who gets it
 * of several that start at once.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chan_listen_host.h>
#include <host/vcpu.h>
#include "chan_stubs.h"
#include "chan_tap.h"

static struct chan_host *channel;
static unsigned int interrupts, put_off;

/* As os-Linux/vcpu.c does: only where interrupts are enabled. */
static void interrupt(void)
{
	char buf[16];

	if (chan_vcpu.irqs_off) {
		put_off++;
		return;
	}
	chan_vcpu.irqs_off = 1;
	interrupts++;
	chan_listen_host_read(channel, buf, sizeof(buf));
	chan_vcpu.irqs_off = 0;
}

static int connect_to(const struct sockaddr_un *to)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return connect(fd, (const struct sockaddr *)to, sizeof(*to)) ? -1 : fd;
}

static char dir[] = "/tmp/chan-listen-XXXXXX";
static struct sockaddr_un addr = { .sun_family = AF_UNIX };
static struct chan_listen_address where;

/* Where windows have their sockets. */
static char instance[128];

const char *os_instance_dir(void)
{
	return instance;
}

static int listen_there(struct chan_host **ret)
{
	return chan_listen_host_open(&where, 3, false, "unix:test", ret);
}

static void test_interrupts(void)
{
	char buf[16];
	int fd;

	ok(!chan_listen_host_open(&where, 3, false, "unix:test", &channel), "it opens");
	fd = connect_to(&addr);
	ok(fd >= 0, "somebody connects");

	/* A wait for itself would be for ever. */
	alarm(10);
	chan_before_call = interrupt;
	ok(!chan_listen_host_watch(channel, 3, 1), "interrupted while it is watched");
	ok(chan_listen_host_write(channel, "hello", 5) == 5, "while it is written to");
	ok(read(fd, buf, sizeof(buf)) == 5 && !memcmp(buf, "hello", 5), "what was written arrives");
	chan_listen_host_renew(channel);
	ok(chan_listen_host_busy(channel), "while it is asked for a client");
	ok(put_off > 0, "interrupts were put off meanwhile");
	ok(!chan_vcpu.irqs_off, "and are enabled afterwards");
	chan_before_call = NULL;
	ok(write(fd, "x", 1) == 1 && chan_listen_host_read(channel, buf, sizeof(buf)) == 1, "input comes");
	chan_listen_host_close(channel);
	close(fd);
	ok(access(addr.sun_path, F_OK), "the name goes with the channel");
}

/* Whatever has the name, it stays. */
static void test_names(void)
{
	const char *path = addr.sun_path;
	char buf[16] = "", target[128];
	struct chan_host *c;
	struct stat st;
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	ok(write(fd, "notes", 5) == 5 && listen_there(&c) == -EADDRINUSE, "the name of a file is refused");
	close(fd);
	fd = open(path, O_RDONLY);
	ok(read(fd, buf, sizeof(buf)) == 5 && !strcmp(buf, "notes"), "which is as it was");
	close(fd);
	unlink(path);
	ok(!mkdir(path, 0700) && listen_there(&c) == -EADDRINUSE && !rmdir(path), "so is that of a folder");
	ok(!mkfifo(path, 0600) && listen_there(&c) == -EADDRINUSE && !unlink(path), "and of a pipe");
	snprintf(target, sizeof(target), "%s/target", dir);
	ok(!symlink(target, path) && listen_there(&c) == -EADDRINUSE && !lstat(path, &st) &&
	   S_ISLNK(st.st_mode), "and of a link to nowhere");
	fd = open(target, O_RDWR | O_CREAT | O_EXCL, 0600);
	ok(listen_there(&c) == -EADDRINUSE && !access(path, F_OK), "or to a file");
	close(fd);
	unlink(target);
	unlink(path);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ok(!bind(fd, (void *)&addr, sizeof(addr)) && listen_there(&c) == -EADDRINUSE && !access(path, F_OK),
	   "and of a living socket of another kind");
	close(fd);
	ok(!listen_there(&c) && (fd = connect_to(&addr)) >= 0, "but a dead one is taken over");
	close(fd);
	chan_listen_host_close(c);
	ok(access(path, F_OK), "and removed in the end");
}

/* Somebody took the name away and uses it: it is not ours to remove. */
static void test_lost_names(void)
{
	struct chan_config cfg = { .ops = &chan_pts_host_ops };
	struct chan_host *c;
	char other[32];
	ssize_t n;
	int fd;

	ok(!listen_there(&c) && !unlink(addr.sun_path), "the name of a socket is taken away");
	fd = open(addr.sun_path, O_RDWR | O_CREAT | O_EXCL, 0600);
	close(fd);
	chan_listen_host_close(c);
	ok(!access(addr.sun_path, F_OK), "who has it then keeps it");
	unlink(addr.sun_path);

	strcpy(cfg.text, addr.sun_path);
	ok(!cfg.ops->open(&cfg, 3, &c) && !unlink(cfg.text), "so is the name of a link");
	/* On many file systems this one gets the number of the old one, unless that is in use. */
	ok(!symlink("/dev/pts/other", cfg.text), "another instance has it now");
	cfg.ops->close(c);
	n = readlink(cfg.text, other, sizeof(other));
	ok(n > 0 && !memcmp(other, "/dev/pts/other", n), "and keeps it");
	ok(!cfg.ops->open(&cfg, 3, &c), "one that leads to /dev/pts is replaced");
	cfg.ops->close(c);
	ok(readlink(cfg.text, other, sizeof(other)) < 0, "and removed in the end");
}

/* A socket of a window is where it should be, or nowhere. */
static void test_window_paths(void)
{
	struct chan_config cfg = { .ops = &chan_xterm_host_ops };
	char path[sizeof(instance) + 16];
	struct chan_host *c;
	struct stat st;

	/* With "/xterm79" as long as a path can be. */
	snprintf(instance, sizeof(instance), "%s/", dir);
	memset(instance + strlen(instance), 'i', 107 - 8 - strlen(instance));
	ok(!mkdir(instance, 0700) && !cfg.ops->open(&cfg, 3, &c), "a window in a folder with a long path");
	snprintf(path, sizeof(path), "%s/xterm0", instance);
	ok(!lstat(path, &st) && S_ISSOCK(st.st_mode), "its socket is there");
	cfg.ops->close(c);
	rmdir(instance);
	strcat(instance, "i");
	ok(!mkdir(instance, 0700) && cfg.ops->open(&cfg, 3, &c) == -ENAMETOOLONG &&
	   chan_xterm_host_path_len() == 108, "one whose path is longer is refused");
	ok(!rmdir(instance), "nothing is there");
	instance[0] = '\0';
}

/* Somebody else's connection ends; that of the owner behind it has the line. */
static void test_stranger(void)
{
	struct chan_host *c;
	char buf[16];
	int fd, status;
	pid_t child;

	if (getuid()) {
		ok(true, "clients of others # SKIP only root can become somebody else");
		return;
	}
	ok(!listen_there(&c) && !chmod(dir, 0755) && !chmod(addr.sun_path, 0666), "a socket that all can reach");
	ok(!chan_listen_host_watch(c, 3, 1), "it is watched");
	child = fork();
	if (!child) {
		/* It may be turned away before it has said a word. */
		signal(SIGPIPE, SIG_IGN);
		fd = setgid(65534) || setuid(65534) ? -1 : connect_to(&addr);
		_exit(fd < 0 || (write(fd, "intruder", 8) < 0 && errno != EPIPE) || read(fd, buf, 1) > 0);
	}
	ok(chan_event_poll(5000) == 1, "somebody connects");
	fd = connect_to(&addr);
	ok(fd >= 0 && write(fd, "owner", 5) == 5, "so does the owner");
	ok(chan_listen_host_read(c, buf, sizeof(buf)) == 5 && !memcmp(buf, "owner", 5), "who is heard");
	ok(chan_listen_host_write(c, "secret", 6) == 6, "and gets the output");
	wait(&status);
	ok(!status, "the other gets nothing but the end");
	close(fd);
	chan_listen_host_close(c);
}

enum {
	STARTERS = 6,
	ROUNDS = 150,
};

/* A starter: waits for the others, says how it went, listens until the end is told. */
static void start_one(int begin, int result, int end)
{
	struct chan_host *c;
	char byte;

	/* All come out of this at once. */
	(void)!read(begin, &byte, 1);
	byte = listen_there(&c) ? 'n' : 'y';
	(void)!write(result, &byte, 1);
	(void)!read(end, &byte, 1);
	_exit(0);
}

/* Return: true if one of them has the name, and is who answers there. */
static bool race_once(void)
{
	int begin[2], result[2], end[2];
	int winners = 0, fd;
	char byte;

	/* A dead instance has the name. */
	unlink(addr.sun_path);
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	if (bind(fd, (void *)&addr, sizeof(addr)) || pipe(begin) || pipe(result) || pipe(end))
		return false;
	close(fd);
	for (int i = 0; i < STARTERS; i++) {
		if (!fork()) {
			close(begin[1]);
			close(end[1]);
			start_one(begin[0], result[1], end[0]);
		}
	}
	close(begin[1]);
	for (int i = 0; i < STARTERS; i++)
		winners += read(result[0], &byte, 1) == 1 && byte == 'y';
	fd = connect_to(&addr);
	close(end[1]);
	while (wait(NULL) > 0)
		;
	close(fd);
	close(begin[0]);
	close(result[0]);
	close(result[1]);
	close(end[0]);
	return winners == 1 && fd >= 0;
}

static void test_race(void)
{
	int good = 0;

	/* The race is between system calls: no time limit for each. */
	alarm(240);
	for (int i = 0; i < ROUNDS; i++)
		good += race_once();
	ok(good == ROUNDS, "one of %d that start at once gets the name of a dead one: %d of %d times", STARTERS,
	   good, ROUNDS);
	unlink(addr.sun_path);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/socket", dir);
	memcpy(where.addr, &addr, sizeof(addr));
	where.len = sizeof(addr);
	where.path = addr.sun_path;
	test_interrupts();
	test_names();
	test_lost_names();
	test_window_paths();
	test_stranger();
	test_race();
	rmdir(dir);
	return tap_done();
}
