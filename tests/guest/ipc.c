// SPDX-License-Identifier: GPL-2.0
/*
 * Pipes, eventfd, epoll, poll and socket pairs as means to wait and to wake between
 * processes: blocking, non-blocking, edge and level, ends that are closed, large transfers.
 * Not here: signals (signals.c), futexes (futex.c).
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "util.h"

static void test_pipe(void)
{
	size_t total = 512 * 1024, done = 0;
	static u8 buf[10000];
	int fds[2], good = 1;
	u64 start;
	pid_t pid;
	ssize_t n;

	need(pipe2(fds, O_CLOEXEC) == 0);
	pid = fork_child();
	if (pid == 0) {
		close(fds[0]);
		while (done < total) {
			size_t len = 1 + rnd(sizeof(buf));

			if (len > total - done)
				len = total - done;
			for (size_t i = 0; i < len; i++)
				buf[i] = (done + i) * 13 + ((done + i) >> 8);
			if (write(fds[1], buf, len) != (ssize_t)len)
				_exit(1);
			done += len;
		}
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], buf, 1 + rnd(sizeof(buf)))) > 0) {
		for (ssize_t i = 0; i < n; i++)
			good = good && buf[i] == (u8)((done + i) * 13 + ((done + i) >> 8));
		done += n;
	}
	ok(good && done == total, "half a MiB through a pipe in odd pieces");
	ok(exited_with(wait_status(pid), 0), "and the end of it");
	close(fds[0]);

	need(pipe2(fds, O_NONBLOCK) == 0);
	ok(read(fds[0], buf, 1) == -1 && errno == EAGAIN, "an empty pipe gives EAGAIN");
	for (done = 0; (n = write(fds[1], buf, 4096)) > 0; done += n)
		;
	ok(errno == EAGAIN && done >= 4096 && done == (size_t)fcntl(fds[1], F_GETPIPE_SZ),
	   "a full pipe gives EAGAIN, at its size (%zu)", done);
	signal(SIGPIPE, SIG_IGN);
	close(fds[0]);
	ok(write(fds[1], "x", 1) == -1 && errno == EPIPE, "a pipe without reader gives EPIPE");
	signal(SIGPIPE, SIG_DFL);
	close(fds[1]);

	/* A reader that sleeps is woken by the writer, not by chance. */
	need(pipe(fds) == 0);
	pid = fork_child();
	if (pid == 0) {
		sleep_ms(60);
		_exit(write(fds[1], "w", 1) != 1);
	}
	start = now_ns();
	ok(read(fds[0], buf, 10) == 1 && now_ns() - start > 40 * NSEC_PER_MSEC,
	   "a reader sleeps until there is something");
	wait_status(pid);
	close(fds[0]);
	close(fds[1]);
}

static void test_ping_pong(void)
{
	int there[2], back[2], good = 0, value;
	enum { LAPS = 300 };
	pid_t pid;

	need(pipe(there) == 0 && pipe(back) == 0);
	pid = fork_child();
	if (pid == 0) {
		for (int i = 0; i < LAPS; i++) {
			if (read(there[0], &value, 4) != 4)
				_exit(1);
			value = -value;
			if (write(back[1], &value, 4) != 4)
				_exit(2);
		}
		_exit(0);
	}
	for (int i = 1; i <= LAPS; i++) {
		need(write(there[1], &i, 4) == 4 && read(back[0], &value, 4) == 4);
		good += value == -i;
	}
	ok(good == LAPS && exited_with(wait_status(pid), 0), "300 messages there and back");
	for (int i = 0; i < 2; i++) {
		close(there[i]);
		close(back[i]);
	}
}

static void test_eventfd(void)
{
	int fd = eventfd(3, EFD_NONBLOCK), sem;
	u64 n = 5;

	if (fd < 0 && errno == ENOSYS) {
		tap_skip("eventfd", "kernel without CONFIG_EVENTFD");
		return;
	}
	need(write(fd, &n, 8) == 8);
	ok(read(fd, &n, 8) == 8 && n == 8, "eventfd adds up");
	ok(read(fd, &n, 8) == -1 && errno == EAGAIN, "and is empty then");
	n = ~0UL;
	ok(write(fd, &n, 8) == -1 && errno == EINVAL, "the largest number is refused");
	sem = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
	need(sem >= 0);
	ok(read(sem, &n, 8) == 8 && n == 1 && read(sem, &n, 8) == 8 && n == 1 &&
	   read(sem, &n, 8) == -1, "a semaphore eventfd counts down");
	close(fd);
	close(sem);
}

static int ready(int ep, struct epoll_event *ev)
{
	return epoll_wait(ep, ev, 8, 0);
}

static void test_epoll(void)
{
	struct epoll_event ev, got[8];
	int ep = epoll_create1(EPOLL_CLOEXEC), fds[2], fds2[2];
	char c;
	pid_t pid;

	need(ep >= 0 && pipe(fds) == 0 && pipe(fds2) == 0);
	ev = (struct epoll_event){ .events = EPOLLIN, .data.u64 = 0x123456789abcdef0 };
	need(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &ev) == 0);
	ok(epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &ev) == -1 && errno == EEXIST,
	   "added twice: EEXIST");
	ok_eq(ready(ep, got), 0, "nothing is ready at first");
	need(write(fds[1], "ab", 2) == 2);
	ok(ready(ep, got) == 1 && got[0].events == EPOLLIN &&
	   got[0].data.u64 == 0x123456789abcdef0, "readable, with our data");
	ok_eq(ready(ep, got), 1, "level: still ready when asked again");
	ev.events = EPOLLIN | EPOLLET;
	need(epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &ev) == 0);
	ok(ready(ep, got) == 1 && ready(ep, got) == 0, "edge: told once");
	need(write(fds[1], "c", 1) == 1);
	ok_eq(ready(ep, got), 1, "edge: told again when more comes");
	ev.events = EPOLLIN | EPOLLONESHOT;
	need(epoll_ctl(ep, EPOLL_CTL_MOD, fds[0], &ev) == 0);
	ok(ready(ep, got) == 1, "one-shot: told");
	need(write(fds[1], "d", 1) == 1);
	ok_eq(ready(ep, got), 0, "one-shot: and then silent");
	need(read(fds[0], &c, 1) == 1 && epoll_ctl(ep, EPOLL_CTL_DEL, fds[0], NULL) == 0);

	ev = (struct epoll_event){ .events = EPOLLIN, .data.fd = fds2[0] };
	need(epoll_ctl(ep, EPOLL_CTL_ADD, fds2[0], &ev) == 0);
	pid = fork_child();
	if (pid == 0) {
		sleep_ms(40);
		_exit(write(fds2[1], "x", 1) != 1);
	}
	ok(epoll_wait(ep, got, 8, 5000) == 1 && got[0].data.fd == fds2[0],
	   "epoll_wait is woken by another process");
	wait_status(pid);
	need(read(fds2[0], &c, 1) == 1);
	close(fds2[1]);
	ok(ready(ep, got) == 1 && got[0].events & EPOLLHUP, "a closed writer hangs up");
	close(fds2[0]);
	ok_eq(ready(ep, got), 0, "a closed descriptor leaves the set");
	close(fds[0]);
	close(fds[1]);
	close(ep);
}

static void test_poll(void)
{
	struct pollfd pfd[3] = { { .events = POLLIN }, { .events = POLLOUT }, { .fd = 77 } };
	int fds[2];

	need(pipe(fds) == 0);
	pfd[0].fd = fds[0];
	pfd[1].fd = fds[1];
	close(77);
	ok(poll(pfd, 3, 1000) == 2 && pfd[0].revents == 0 && pfd[1].revents == POLLOUT &&
	   pfd[2].revents == POLLNVAL, "poll: not readable, writable, invalid");
	close(fds[1]);
	pfd[1].fd = -1;
	pfd[2].fd = -1;
	ok(poll(pfd, 3, 1000) == 1 && pfd[0].revents == POLLHUP && pfd[1].revents == 0,
	   "poll: hung up, and negative descriptors are skipped");
	close(fds[0]);
}

static void test_sockets(void)
{
	char buf[64] = "", control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { "fd", 2 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	int s[2], file = tmp_file(0), fd = -1;
	struct cmsghdr *cmsg;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, s) < 0) {
		tap_skip("socket pair", "kernel without CONFIG_UNIX");
		return;
	}
	need(send(s[0], "one", 3, 0) == 3 && send(s[0], "second", 6, 0) == 6);
	ok(recv(s[1], buf, 64, 0) == 3 && recv(s[1], buf, 64, 0) == 6 && !memcmp(buf, "second", 6),
	   "packets keep their borders");
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	cmsg = CMSG_FIRSTHDR(&msg);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &file, sizeof(int));
	need(sendmsg(s[0], &msg, 0) == 2);
	iov.iov_base = buf;
	need(recvmsg(s[1], &msg, 0) == 2);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	need(write(fd, "through", 7) == 7);
	ok(fd != file && pread(file, buf, 7, 0) == 7 && !memcmp(buf, "through", 7),
	   "a descriptor sent through a socket is the same file");
	close(s[0]);
	ok_eq(recv(s[1], buf, 64, 0), 0, "the end of the other side");
	close(s[1]);
	close(fd);
	close(file);
}

int main(void)
{
	test_pipe();
	test_ping_pong();
	test_eventfd();
	test_epoll();
	test_poll();
	test_sockets();
	return tap_done();
}
