/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Unix sockets which have a name in the host's file system: the one place where
 * such names are made, taken over and led to. Host code only.
 *
 * A name that is there already is taken over only if it is that of a socket
 * which nobody listens at. Whoever does so holds the lock of the folder
 * (name_lock.h) from before he looks until he listens himself, so of two that
 * start at once one gets the name and the other -EADDRINUSE.
 *
 * Sockets are for their owner: the name has mode 0600 from its birth, and who
 * sends all the same (the mode was changed, the descriptor handed on) must have
 * our effective user id or be root.
 */
#ifndef UM_OS_LINUX_UNIX_SOCKET_H
#define UM_OS_LINUX_UNIX_SOCKET_H

#include <sys/un.h>

/**
 * os_unix_address() - make the address of a path
 * @addr: out
 * @path: path
 *
 * Context: any. Return: 0, or -ENAMETOOLONG if it does not fit.
 */
int os_unix_address(struct sockaddr_un *addr, const char *path);

/**
 * os_unix_serve() - make a socket that others can connect or send to
 * @path: its name; the end of that is the caller's business
 * @type: SOCK_STREAM, which listens then, or SOCK_DGRAM
 *
 * Its descriptor is non-blocking. A datagram socket learns who sends, for
 * os_unix_receive(). Context: process or boot; may wait two
 * seconds for another starter. Owns: the descriptor.
 * Return: the descriptor, -ENAMETOOLONG, -EADDRINUSE if the name is taken by a
 * living socket or by anything else, or another -errno.
 */
int os_unix_serve(const char *path, int type);

/**
 * os_unix_check_peer() - may this client be here?
 * @fd: a connection that was accepted
 *
 * Context: any. Return: 0, -EPERM for another user's, or another -errno.
 */
int os_unix_check_peer(int fd);

/**
 * os_unix_receive() - take a datagram
 * @fd: from os_unix_serve() with SOCK_DGRAM
 * @from: out: address of the sender
 * @from_len: in: size of @from; out: bytes of the address
 * @buf: out: the datagram, cut off if it is longer
 * @len: size of @buf
 *
 * Context: any, never blocks; EINTR is retried.
 * Return: bytes, -EPERM for a datagram of another user, which is gone then,
 * -EAGAIN if there is none, or another -errno.
 */
ssize_t os_unix_receive(int fd, void *from, socklen_t *from_len, void *buf,
			size_t len);

/**
 * os_unix_connect() - connect to a stream socket
 * @path: its name
 *
 * Context: process; may block, and so may the descriptor. Owns: the
 * descriptor. Return: the descriptor or -errno.
 */
int os_unix_connect(const char *path);

/**
 * os_unix_remove() - remove the name of a socket, and nothing else
 * @dir: folder, or AT_FDCWD
 * @name: of a socket of ours, or of one that is dead for certain
 *
 * Context: any. Return: 0 or -errno; -ENOTSOCK if it is not a socket's name.
 */
int os_unix_remove(int dir, const char *name);

#endif
