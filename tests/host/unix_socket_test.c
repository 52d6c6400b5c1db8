// SPDX-License-Identifier: GPL-2.0
/*
 * Unix sockets with a name: lengths of paths, what is taken over and what is not, that nothing but
 * sockets is ever removed, and that nobody but the owner and root is heard. (Who gets a name of several is in chan_listen_host_test.c.)
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <host/socket.h>
#include <os-Linux/sys.h>
#include <os-Linux/name_lock.h>
#include <os-Linux/unix_socket.h>
#include "chan_stubs.h"
#include "chan_tap.h"

static char dir[] = "/tmp/unix-socket-XXXXXX";
static char path[128];

static void test_lengths(void)
{
	struct sockaddr_un addr;
	char longest[OS_SOCKET_PATH_MAX + 2];
	struct stat st;
	int fd, client;

	memset(longest, 'x', sizeof(longest));
	memcpy(longest, path, strlen(path));
	longest[OS_SOCKET_PATH_MAX] = '\0';
	ok(!os_unix_address(&addr, longest), "the longest path has an address");
	fd = os_unix_serve(longest, SOCK_STREAM);
	ok(fd >= 0 && !lstat(longest, &st) && S_ISSOCK(st.st_mode), "and a socket has all of it");
	client = os_unix_connect(longest);
	ok(client >= 0, "which can be connected to");
	close(client);
	close(fd);
	unlink(longest);
	longest[OS_SOCKET_PATH_MAX] = 'x';
	longest[OS_SOCKET_PATH_MAX + 1] = '\0';
	ok(os_unix_address(&addr, longest) == -ENAMETOOLONG, "a longer one has none");
	ok(os_unix_serve(longest, SOCK_STREAM) == -ENAMETOOLONG &&
	   os_unix_serve(longest, SOCK_DGRAM) == -ENAMETOOLONG, "it is not served");
	ok(os_unix_connect(longest) == -ENAMETOOLONG, "nor connected to");
	longest[OS_SOCKET_PATH_MAX] = '\0';
	ok(lstat(longest, &st), "and nothing lands at a shorter one");
}

static void test_taking_over(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
	int fd, again;

	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 2; j++) {
			fd = os_unix_serve(path, types[i]);
			ok(fd >= 0 && os_unix_serve(path, types[j]) == -EADDRINUSE,
			   "%d, %d: the name of a living socket is taken", i, j);
			close(fd);
			again = os_unix_serve(path, types[j]);
			ok(again >= 0, "%d, %d: that of a dead one is not", i, j);
			close(again);
			ok(!os_unix_remove(AT_FDCWD, path), "%d, %d: it is removed", i, j);
		}
	}
	ok(os_unix_connect(path) == -ENOENT, "nobody is there");
}

/* Whatever is asked of the host in the meantime fails. */
static void test_failures(void)
{
	static const struct {
		long call;
		const char *name;
	} calls[] = {
		{ SYS_socket, "socket" }, { SYS_bind, "bind" }, { SYS_listen, "listen" },
	};
	int fd, before, after;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		before = dup(0);
		close(before);
		chan_fail(calls[i].call, -ENOBUFS);
		ok(os_unix_serve(path, SOCK_STREAM) == -ENOBUFS, "%s() fails", calls[i].name);
		chan_fail(-1, 0);
		after = dup(0);
		close(after);
		ok(before == after, "%s() fails: no descriptor is lost", calls[i].name);
		unlink(path);
	}
	/* A dead one, but it cannot be known, or not be made sure of. */
	fd = os_unix_serve(path, SOCK_STREAM);
	close(fd);
	chan_fail(SYS_connect, -EACCES);
	ok(os_unix_serve(path, SOCK_STREAM) == -EADDRINUSE && !access(path, F_OK),
	   "who may not ask whether it is dead leaves it");
	chan_fail(SYS_flock, -ENOLCK);
	ok(os_unix_serve(path, SOCK_STREAM) == -EADDRINUSE && !access(path, F_OK),
	   "so does who cannot lock its folder");
	chan_fail(-1, 0);
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	ok(!flock(fd, LOCK_EX) && os_name_lock(path) == -EWOULDBLOCK, "a lock is not waited for without end");
	close(fd);
	fd = os_name_lock(path);
	ok(fd >= 0, "a folder is locked");
	os_name_unlock(fd);
	os_name_unlock(-EACCES);
	fd = os_name_lock("name");
	ok(fd >= 0, "also the one where we are");
	os_name_unlock(fd);
	ok(os_name_lock("/tmp/no/such/folder") == -ENOENT, "one that is not there cannot be");
	unlink(path);
}

static void test_remove(void)
{
	int fd;

	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	close(fd);
	ok(os_unix_remove(AT_FDCWD, path) == -ENOTSOCK && !access(path, F_OK), "a file is not removed");
	fd = open(dir, O_RDONLY | O_DIRECTORY);
	ok(os_unix_remove(fd, "socket") == -ENOTSOCK && !access(path, F_OK), "nor in a folder");
	unlink(path);
	ok(os_unix_remove(fd, "socket") == -ENOENT, "what is not there cannot be");
	close(fd);
}

enum {
	STRANGER = 65534,
};

static int send_to(const char *name)
{
	struct sockaddr_un addr;
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	int err = os_unix_address(&addr, name) ||
		  sendto(fd, "hello", 5, 0, (void *)&addr, sizeof(addr)) != 5;

	close(fd);
	return err;
}

/* Return: exit status of @does as somebody else. */
static int as_stranger(int (*does)(const char *name), const char *name)
{
	int status;

	if (!fork())
		_exit(setgid(STRANGER) || setuid(STRANGER) ? 77 : !!does(name));
	wait(&status);
	return WEXITSTATUS(status);
}

static int connect_and_wait(const char *name)
{
	int fd = os_unix_connect(name);
	char byte;

	return fd < 0 || read(fd, &byte, 1);
}

static mode_t mode_of(const char *name)
{
	struct stat st;

	return lstat(name, &st) ? 0 : st.st_mode & 0777;
}

static void test_owner_only(void)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };
	static const mode_t masks[] = { 0, 022, 077 };
	int fd;

	for (int i = 0; i < 2; i++) {
		for (int j = 0; j < 3; j++) {
			umask(masks[j]);
			fd = os_unix_serve(path, types[i]);
			ok(fd >= 0 && mode_of(path) == 0600, "type %d, umask %o: the name is for the owner only",
			   types[i], masks[j]);
			close(fd);
			unlink(path);
		}
	}
	umask(022);
}

static void test_peers(void)
{
	int listener = os_unix_serve(path, SOCK_STREAM);
	int client = os_unix_connect(path), fd, status;
	pid_t child;

	fd = accept(listener, NULL, NULL);
	ok(fd >= 0 && !os_unix_check_peer(fd), "a client of our own is let in");
	close(fd);
	close(client);
	if (getuid()) {
		ok(true, "clients of others # SKIP only root can become somebody else");
		close(listener);
		unlink(path);
		return;
	}
	ok(as_stranger(connect_and_wait, path) == 1, "somebody else cannot connect");
	chmod(path, 0666);
	child = fork();
	if (!child)
		_exit(setgid(STRANGER) || setuid(STRANGER) || connect_and_wait(path));
	fcntl(listener, F_SETFL, 0);
	fd = accept(listener, NULL, NULL);
	ok(fd >= 0 && os_unix_check_peer(fd) == -EPERM, "who could is not let in");
	close(fd);
	wait(&status);
	ok(!status, "and sees the end");
	ok(!seteuid(STRANGER), "as somebody else");
	client = os_unix_connect(path);
	fd = accept(listener, NULL, NULL);
	ok(fd >= 0 && !os_unix_check_peer(fd), "that one's own client is let in");
	close(fd);
	close(client);
	ok(!seteuid(0), "root again");
	close(listener);
	unlink(path);
}

/* A datagram with a descriptor in it, which must not stay with us. */
static void send_descriptor(const char *name)
{
	char control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { .iov_base = "gift", .iov_len = 4 };
	struct sockaddr_un addr;
	struct msghdr msg = {
		.msg_name = &addr, .msg_namelen = sizeof(addr), .msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	os_unix_address(&addr, name);
	ok(sendmsg(fd, &msg, 0) == 4, "a datagram with a descriptor");
	close(fd);
}

static void test_senders(void)
{
	int fd = os_unix_serve(path, SOCK_DGRAM), before, after;
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	char buf[16];

	ok(os_unix_receive(fd, &from, &len, buf, sizeof(buf)) == -EAGAIN, "nothing came");
	ok(!send_to(path) && os_unix_receive(fd, &from, &len, buf, sizeof(buf)) == 5, "our own datagram");
	before = dup(0);
	close(before);
	send_descriptor(path);
	len = sizeof(from);
	ok(os_unix_receive(fd, &from, &len, buf, 2) == 2, "is cut off at the end of the buffer");
	after = dup(0);
	close(after);
	ok(before == after, "and the descriptor is not ours");
	if (getuid()) {
		ok(true, "datagrams of others # SKIP only root can become somebody else");
	} else {
		ok(as_stranger(send_to, path) == 1, "somebody else cannot send");
		chmod(path, 0666);
		len = sizeof(from);
		ok(!as_stranger(send_to, path) &&
		   os_unix_receive(fd, &from, &len, buf, sizeof(buf)) == -EPERM, "who could is refused");
		ok(os_unix_receive(fd, &from, &len, buf, sizeof(buf)) == -EAGAIN, "the datagram is gone");
	}
	close(fd);
	unlink(path);
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	test_lengths();
	test_taking_over();
	test_failures();
	test_remove();
	chmod(dir, 0755);
	test_owner_only();
	test_peers();
	test_senders();
	rmdir(dir);
	return tap_done();
}
