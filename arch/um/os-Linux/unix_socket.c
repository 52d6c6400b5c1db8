// SPDX-License-Identifier: GPL-2.0
/* Sockets with a name in the host's file system; unix_socket.h has the rule. */
#include <stdbool.h>
#include <string.h>

#include <host/socket.h>
#include "name_lock.h"
#include "sys.h"
#include "unix_socket.h"

enum {
	BACKLOG = 16,
	SOCKET_MODE = 0600,
};

_Static_assert(sizeof(((struct sockaddr_un *)0)->sun_path) == OS_SOCKET_PATH_MAX + 1,
	       "the host's limit");

int os_unix_address(struct sockaddr_un *addr, const char *path)
{
	size_t len = strlen(path);

	if (len > OS_SOCKET_PATH_MAX)
		return -ENAMETOOLONG;
	memset(addr, 0, sizeof(*addr));
	addr->sun_family = AF_UNIX;
	memcpy(addr->sun_path, path, len);
	return 0;
}

/* Return: the descriptor, -EADDRINUSE if the name is taken, or another -errno. */
static int make_socket(const struct sockaddr_un *addr, int type)
{
	int one = 1;
	int fd, err;

	fd = sys_call(SYS_socket, AF_UNIX,
		      type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fd;
	/* bind() gives the name the mode of the descriptor, less the umask. */
	err = sys_call(SYS_fchmod, fd, SOCKET_MODE);
	if (!err && type == SOCK_DGRAM)
		err = sys_call(SYS_setsockopt, fd, SOL_SOCKET, SO_PASSCRED,
			       &one, sizeof(one));
	if (!err)
		err = sys_call(SYS_bind, fd, addr, sizeof(*addr));
	if (!err && type == SOCK_STREAM)
		err = sys_call(SYS_listen, fd, BACKLOG);
	if (!err)
		return fd;
	sys_close(fd);
	return err;
}

/* A socket which nobody listens at: a dead program left it. */
static bool is_dead(const struct sockaddr_un *addr, int type)
{
	struct stat st;
	int fd, err;

	if (sys_fstatat(AT_FDCWD, addr->sun_path, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISSOCK(st.st_mode))
		return false;
	fd = sys_call(SYS_socket, AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	err = sys_call(SYS_connect, fd, addr, sizeof(*addr));
	sys_close(fd);
	return err == -ECONNREFUSED;
}

int os_unix_serve(const char *path, int type)
{
	struct sockaddr_un addr;
	int lock, fd, err;

	err = os_unix_address(&addr, path);
	if (err)
		return err;
	/* Where there is no lock to be had, nothing is taken over. */
	lock = os_name_lock(path);
	fd = make_socket(&addr, type);
	if (fd == -EADDRINUSE && lock >= 0 && is_dead(&addr, type)) {
		sys_unlink(path);
		fd = make_socket(&addr, type);
	}
	os_name_unlock(lock);
	return fd;
}

/* Root could do as it likes anyway. */
static bool is_trusted(uid_t uid)
{
	return !uid || uid == (uid_t)sys_call(SYS_geteuid);
}

int os_unix_check_peer(int fd)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);
	int err;

	err = sys_call(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &peer, &len);
	if (err)
		return err;
	return is_trusted(peer.uid) ? 0 : -EPERM;
}

/* Descriptors that come along find no room behind this, and are closed. */
static int check_sender(struct msghdr *msg)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct ucred sender;

	if (!c || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
		return -EPERM;
	memcpy(&sender, CMSG_DATA(c), sizeof(sender));
	return is_trusted(sender.uid) ? 0 : -EPERM;
}

ssize_t os_unix_receive(int fd, void *from, socklen_t *from_len, void *buf,
			size_t len)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { .iov_base = buf, .iov_len = len };
	struct msghdr msg = {
		.msg_name = from, .msg_namelen = *from_len,
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	ssize_t n;
	int err;

	n = sys_retry(SYS_recvmsg, fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (n < 0)
		return n;
	*from_len = msg.msg_namelen;
	err = check_sender(&msg);
	return err ?: n;
}

int os_unix_connect(const char *path)
{
	struct sockaddr_un addr;
	int fd, err;

	err = os_unix_address(&addr, path);
	if (err)
		return err;
	fd = sys_call(SYS_socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	err = sys_call(SYS_connect, fd, &addr, sizeof(addr));
	if (!err)
		return fd;
	sys_close(fd);
	return err;
}

int os_unix_remove(int dir, const char *name)
{
	struct stat st;
	int err;

	err = sys_fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW);
	if (err)
		return err;
	if (!S_ISSOCK(st.st_mode))
		return -ENOTSOCK;
	return sys_unlinkat(dir, name, 0);
}
