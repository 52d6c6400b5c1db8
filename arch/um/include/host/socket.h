/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Unix sockets of the host, as far as both worlds must know the same of them.
 * What is done with them is host code's: os-Linux/unix_socket.h.
 */
#ifndef UM_HOST_SOCKET_H
#define UM_HOST_SOCKET_H

#include <host/types.h>

enum {
	/* Most characters that the path of a socket can have, without its NUL. */
	OS_SOCKET_PATH_MAX = 107,
};

#endif
