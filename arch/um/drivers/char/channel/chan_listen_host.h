/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channels whose other end comes and goes: a listening socket, and the client
 * that has its turn. Lines which listen at the same address share it: each
 * takes a client, further clients wait until one of these leaves. Host code
 * only; port and unix make the address and lend these functions to their ops.
 */
#ifndef UM_CHAN_LISTEN_HOST_H
#define UM_CHAN_LISTEN_HOST_H

#include "chan_host.h"

enum {
	/* Room for any socket address, in words for its alignment. */
	CHAN_LISTEN_ADDRESS_WORDS = 16,
};

/**
 * struct chan_listen_address - where to listen
 * @len: bytes of @addr
 * @addr: socket address; zero behind its end
 * @path: name in the file system which the socket has, then @addr is made of
 *	it; or NULL
 */
struct chan_listen_address {
	__u32 len;
	__u64 addr[CHAN_LISTEN_ADDRESS_WORDS];
	const char *path;
};

/**
 * chan_listen_host_open() - listen
 * @where: the address
 * @dirs: enum chan_dir bits
 * @telnet: clients may speak telnet
 * @text: for @describe
 * @ret: out. Owns: *ret until chan_listen_host_close()
 *
 * Context: process or boot. Return: 0 or -errno.
 */
int chan_listen_host_open(struct chan_listen_address *where, __u32 dirs,
			  bool telnet, const char *text,
			  struct chan_host **ret);

/**
 * chan_listen_host_busy() - is there a client, or does one wait?
 * @c: from chan_listen_host_open()
 *
 * Context: any.
 */
bool chan_listen_host_busy(struct chan_host *c);

/* The operations of struct chan_host_ops. */
void chan_listen_host_close(struct chan_host *c);
ssize_t chan_listen_host_read(struct chan_host *c, void *buf, size_t len);
ssize_t chan_listen_host_write(struct chan_host *c, const void *buf,
			       size_t len);
int chan_listen_host_wait_out(struct chan_host *c, int ms);
int chan_listen_host_watch(struct chan_host *c, __u32 dirs, __u32 cookie);
int chan_listen_host_winsize(struct chan_host *c, __u16 *rows, __u16 *cols);
bool chan_listen_host_resized(struct chan_host *c);
void chan_listen_host_renew(struct chan_host *c);
bool chan_listen_host_is_terminal(struct chan_host *c);
void chan_listen_host_describe(struct chan_host *c, char *buf, size_t len);

/* All of them but @close, in an initialiser; opening is each kind's own. */
#define CHAN_LISTEN_HOST_OPS				\
	.read = chan_listen_host_read,			\
	.write = chan_listen_host_write,		\
	.wait_out = chan_listen_host_wait_out,		\
	.watch = chan_listen_host_watch,		\
	.winsize = chan_listen_host_winsize,		\
	.resized = chan_listen_host_resized,		\
	.renew = chan_listen_host_renew,		\
	.is_terminal = chan_listen_host_is_terminal,	\
	.describe = chan_listen_host_describe

#endif
