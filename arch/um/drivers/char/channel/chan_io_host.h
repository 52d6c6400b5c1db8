/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What channels that are one descriptor of the host have in common: reading,
 * writing, waiting, events. Host code only; a kind of channel makes the
 * struct chan_host and lends the functions to its ops.
 */
#ifndef UM_CHAN_IO_HOST_H
#define UM_CHAN_IO_HOST_H

#include "chan_host.h"

/* How a descriptor behaves at the end of input and when it is full. */
enum chan_io_kind {
	CHAN_IO_FILE,	/* always ready; no events */
	CHAN_IO_PIPE,
	CHAN_IO_TTY,
	CHAN_IO_SOCKET,
	CHAN_IO_OTHER,
};

/**
 * struct chan_host - one descriptor
 * @fd: owned
 * @peer: second descriptor to be closed with it, or -1
 * @number: for @describe: descriptor or pts number as the user knows it
 * @dirs: enum chan_dir bits that work
 * @kind: enum chan_io_kind
 * @nonblock: the descriptor itself never blocks
 * @watched: os_event_add() was done
 * @raw: os_tty_raw() was done
 * @name: ticket of chan_name_host_keep(), or negative
 * @text: for @describe: path or address as the user knows it
 */
struct chan_host {
	int fd;
	int peer;
	__u32 number;
	__u32 dirs;
	enum chan_io_kind kind;
	bool nonblock;
	bool watched;
	bool raw;
	int name;
	/* With the kind in front. */
	char text[CHAN_TEXT_MAX + 32];
};

/**
 * chan_io_host_new() - a channel without descriptors
 * @dirs: enum chan_dir bits
 * @ret: out. Owns: *ret until chan_io_host_close()
 *
 * Context: process or boot. Return: 0 or -ENOMEM.
 */
int chan_io_host_new(__u32 dirs, struct chan_host **ret);

/* The operations of struct chan_host_ops, for a struct chan_host as above. */
void chan_io_host_close(struct chan_host *c);
ssize_t chan_io_host_read(struct chan_host *c, void *buf, size_t len);
ssize_t chan_io_host_write(struct chan_host *c, const void *buf, size_t len);
int chan_io_host_wait_out(struct chan_host *c, int ms);
int chan_io_host_watch(struct chan_host *c, __u32 dirs, __u32 cookie);
int chan_io_host_winsize(struct chan_host *c, __u16 *rows, __u16 *cols);
bool chan_io_host_is_terminal(struct chan_host *c);

/* All of them, in an initialiser; opening and describing are each kind's own. */
#define CHAN_IO_HOST_OPS				\
	.close = chan_io_host_close,			\
	.read = chan_io_host_read,			\
	.write = chan_io_host_write,			\
	.wait_out = chan_io_host_wait_out,		\
	.watch = chan_io_host_watch,			\
	.winsize = chan_io_host_winsize,		\
	.is_terminal = chan_io_host_is_terminal

/**
 * chan_io_host_open() - a channel which is a file of the host
 * @path: its name
 * @flags: O_* beside those which all get
 * @dirs: enum chan_dir bits
 * @ret: out. Owns: *ret until chan_io_host_close()
 *
 * Context: process or boot. Return: 0 or -errno.
 */
int chan_io_host_open(const char *path, int flags, __u32 dirs,
		      struct chan_host **ret);

/**
 * chan_io_host_kind() - what kind of thing a descriptor is
 * @fd: the descriptor
 *
 * Context: any. Return: how it behaves.
 */
enum chan_io_kind chan_io_host_kind(int fd);

/**
 * chan_io_host_join() - write two texts to a buffer
 * @buf: out, always terminated
 * @len: its size
 * @a: text
 * @b: goes behind it
 *
 * Context: any; no libc state is involved.
 */
void chan_io_host_join(char *buf, size_t len, const char *a, const char *b);

/**
 * chan_io_host_text() - write text and a number to a buffer
 * @buf: out, always terminated
 * @len: its size
 * @prefix: text
 * @number: goes behind it, in decimal
 *
 * Context: any; no libc state is involved.
 */
void chan_io_host_text(char *buf, size_t len, const char *prefix,
		       __u32 number);

#endif
