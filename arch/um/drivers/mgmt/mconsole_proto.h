/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The protocol of the management console: datagrams on a Unix socket, all
 * integers as the host has them.
 *
 *   request   client -> kernel   one packet
 *   reply     kernel -> client   packets with @more set, then one without
 *   notify    kernel -> socket of mconsole=notify:
 *
 * For the kernel, its host half and tools alike.
 */
#ifndef UM_MCONSOLE_PROTO_H
#define UM_MCONSOLE_PROTO_H

#include <linux/types.h>

#define MCONSOLE_MAGIC		0xcafebabe
#define MCONSOLE_VERSION	2

enum {
	MCONSOLE_MAX_DATA = 512,
};

/**
 * struct mconsole_request - what a client wants
 * @magic: MCONSOLE_MAGIC
 * @version: MCONSOLE_VERSION
 * @len: bytes of @data, less than MCONSOLE_MAX_DATA
 * @data: the command, without NUL
 */
struct mconsole_request {
	__u32 magic;
	__u32 version;
	__u32 len;
	char data[MCONSOLE_MAX_DATA];
};

/**
 * struct mconsole_reply - a piece of the answer
 * @err: 0, or what went wrong; means something in the first piece only
 * @more: another piece follows
 * @len: bytes of @data, its NUL included
 * @data: text; only so much of it is sent
 */
struct mconsole_reply {
	__u32 err;
	__u32 more;
	__u32 len;
	char data[MCONSOLE_MAX_DATA];
};

enum mconsole_notify_type {
	/* The kernel is there; @data is the path of its socket, with NUL. */
	MCONSOLE_SOCKET = 0,
	MCONSOLE_PANIC = 1,
	MCONSOLE_HANG = 2,
	/* What somebody in the guest wrote to /proc/mconsole. */
	MCONSOLE_USER_NOTIFY = 3,
};

/**
 * struct mconsole_notify - news
 * @magic: MCONSOLE_MAGIC
 * @version: MCONSOLE_VERSION
 * @type: enum mconsole_notify_type
 * @len: bytes of @data
 * @data: text; only so much of it is sent
 */
struct mconsole_notify {
	__u32 magic;
	__u32 version;
	__u32 type;
	__u32 len;
	char data[MCONSOLE_MAX_DATA];
};

_Static_assert(sizeof(struct mconsole_request) == 524, "size on the wire");
_Static_assert(sizeof(struct mconsole_reply) == 524, "size on the wire");
_Static_assert(sizeof(struct mconsole_notify) == 528, "size on the wire");

#endif
