/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The management console's sockets, as the host has them. Kernel half:
 * mconsole.c; host half: mconsole_host.c. What packets mean is said in
 * mconsole_proto.h.
 */
#ifndef UM_MCONSOLE_HOST_H
#define UM_MCONSOLE_HOST_H

#include <host/types.h>

/* The socket; opaque to the kernel half. */
struct mconsole_host;

enum {
	/* Longest address of a client; the host half asserts it. */
	MCONSOLE_PEER_MAX = 112,
};

/**
 * struct mconsole_peer - where an answer goes to
 * @len: bytes of @addr; 0 for a client which has no address
 * @addr: the host's business
 */
struct mconsole_peer {
	__u32 len;
	__u8 addr[MCONSOLE_PEER_MAX];
};

/**
 * mconsole_host_open() - make the socket in the instance directory
 * @ret: out. Owns: *ret for as long as the program runs; the directory's end
 *	is the socket's
 *
 * Context: process. Return: 0, -ENOENT if there is no instance directory, or
 * another -errno.
 */
int mconsole_host_open(struct mconsole_host **ret);

/**
 * mconsole_host_path() - where the socket is
 * @h: the socket
 *
 * Context: any. Return: path on the host.
 */
const char *mconsole_host_path(struct mconsole_host *h);

/**
 * mconsole_host_watch() - report requests as an interrupt
 * @h: the socket
 * @cookie: number of the interrupt
 *
 * Context: process. Return: 0 or -errno.
 */
int mconsole_host_watch(struct mconsole_host *h, __u32 cookie);

/**
 * mconsole_host_receive() - take a packet
 * @h: the socket
 * @from: out: who sent it
 * @buf: out: the packet, cut off if it is longer
 * @len: size of @buf
 *
 * Context: any, never blocks; EINTR is retried.
 * Return: bytes of the packet, -EPERM if it came from a user who is neither the
 * owner nor root (it is gone, but @from is valid), -EAGAIN if there is none, or
 * another -errno.
 */
ssize_t mconsole_host_receive(struct mconsole_host *h,
			      struct mconsole_peer *from, void *buf,
			      size_t len);

/**
 * mconsole_host_send() - give a client a packet
 * @h: the socket
 * @to: from mconsole_host_receive()
 * @buf: the packet
 * @len: its bytes
 *
 * Context: any, never blocks; EINTR is retried.
 * Return: 0, -EAGAIN if the client has to read first, or another -errno if it
 * will never get it.
 */
int mconsole_host_send(struct mconsole_host *h, const struct mconsole_peer *to,
		       const void *buf, size_t len);

/**
 * mconsole_host_unread() - how much of what was sent is not read yet
 * @h: the socket
 *
 * By all clients together; they share the room the host gives the socket.
 * Context: any. Return: bytes, the host's own for each packet included.
 */
__u32 mconsole_host_unread(struct mconsole_host *h);

/**
 * mconsole_host_notify() - send a packet to a socket of that name
 * @path: the socket's path on the host
 * @buf: the packet
 * @len: its bytes
 *
 * Context: any, never blocks. Return: 0 or -errno.
 */
int mconsole_host_notify(const char *path, const void *buf, size_t len);

#endif
