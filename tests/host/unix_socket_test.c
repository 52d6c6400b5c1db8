// SPDX-License-Identifier: GPL-2.0
/*
 * Unix sockets with a name: lengths of paths, what is taken over and what is not, and that nothing but
 * sockets is ever removed. (Who gets a name of several is in chan_listen_host_test.c.)
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
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

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	test_lengths();
	test_taking_over();
	test_failures();
	test_remove();
	rmdir(dir);
	return tap_done();
}
