/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Unix sockets which have a name in the host's file system: the one place where
 * such names are made, taken over and led to. Host code only.
 *
 * A name that is there already is taken over only if it is that of a socket
 * which nobody listens at. Whoever does so holds the lock of the folder
 * (name_lock.h) from before he looks until he listens himself, so of two that
 * start at once one gets the name and the other -EADDRINUSE.
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
 * Its descriptor is non-blocking. Context: process or boot; may wait two
 * seconds for another starter. Owns: the descriptor.
 * Return: the descriptor, -ENAMETOOLONG, -EADDRINUSE if the name is taken by a
 * living socket or by anything else, or another -errno.
 */
int os_unix_serve(const char *path, int type);

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
