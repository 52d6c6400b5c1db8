/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Channels: what a tty line is connected to on the host. Contract between the
 * line core (line.c, kernel) and one file per kind of channel
 * (channel/chan_<name>_host.c, host).
 */
#ifndef UM_CHAN_HOST_H
#define UM_CHAN_HOST_H

#include <host/types.h>

/* One open channel; owns its descriptors; opaque to the kernel. */
struct chan_host;

enum chan_dir {
	CHAN_IN = 1,
	CHAN_OUT = 2,
};

enum {
	/* Longest path or address, with its NUL; no socket has a longer one. */
	CHAN_TEXT_MAX = 108,
	CHAN_DESCRIBE_MAX = CHAN_TEXT_MAX + 32,
	CHAN_TITLE_MAX = 40,
};

/**
 * struct chan_config - one channel as asked for, validated
 * @ops: the kind of channel; NULL for "none"
 * @number: the number after the colon, for kinds that take one
 * @cooked: leave the modes of a host terminal as they are
 * @text: path or address, for kinds that take one; may be empty
 * @title: what people call the line, for the title of a window
 */
struct chan_config {
	const struct chan_host_ops *ops;
	__u32 number;
	bool cooked;
	char text[CHAN_TEXT_MAX];
	char title[CHAN_TITLE_MAX];
};

/**
 * struct chan_host_ops - one kind of channel
 * @sink: takes everything and never gives anything: its lines need neither
 *	buffers nor an interrupt
 * @announce: the log says where it went
 * @check: can it be opened? For early messages; nothing changes. NULL where
 *	only opening tells. Context is boot or process. Result is 0 or -errno.
 * @sandbox: name what @open is going to need, before the program confines itself
 *	(host/sandbox.h). NULL where that is nothing. Context is boot.
 * @open: connect to the host. @dirs: enum chan_dir bits.
 *	Context is boot or process, may block. Owns: *ret until @close.
 *	Result is 0 or -errno.
 * @close: disconnect and undo what @open changed; accepts NULL.
 *	Context is process.
 * @read: take input. Context is any, never blocks; EINTR is retried.
 *	Result is bytes (at least 1); 0 when input has ended and output goes on;
 *	-EAGAIN when there is none now; -EPIPE when the other end hung up;
 *	-ECONNRESET, once, when it did and another may come.
 * @write: give output. Context is any, does not block on descriptors which can
 *	be made non-blocking. Short writes are left to the caller.
 *	Result is bytes (at least 1); -EAGAIN when the host takes none now;
 *	-ENOTCONN when nobody is there who could; any other -errno when it never
 *	will again.
 * @wait_out: wait until @write has a chance. Context is any, blocks for at most
 *	@ms milliseconds. Result is 0, or -EAGAIN when the time is over.
 * @watch: report readiness as interrupt @cookie from now on, and report now
 *	what is ready already; called again to ask again.
 *	Context is any. Result is 0, or -EPERM where there is nothing to wait for
 *	(files), or another -errno.
 * @winsize: size of the terminal's window.
 *	Context is any. Result is 0, or -ENOTTY, or another -errno.
 * @resized: did the window get another size since this was last called, other
 *	than by SIGWINCH? May be NULL. Context is any.
 * @renew: the tty is about to be opened, or is not open: forget somebody who
 *	left meanwhile, without @read telling. May be NULL. Context is any.
 * @summon: the tty was opened: see to it that somebody is there. May be NULL.
 *	Context is process. Result is 0, or -errno if nobody will come by
 *	themselves.
 * @is_terminal: does a person or a terminal program look at the output?
 *	Context is any.
 * @describe: what it is connected to, in the syntax of the option.
 *	Context is process. @len: size of @buf, at least CHAN_DESCRIBE_MAX.
 */
struct chan_host_ops {
	bool sink;
	bool announce;
	int (*check)(const struct chan_config *cfg);
	void (*sandbox)(const struct chan_config *cfg);
	int (*open)(const struct chan_config *cfg, __u32 dirs,
		    struct chan_host **ret);
	void (*close)(struct chan_host *c);
	ssize_t (*read)(struct chan_host *c, void *buf, size_t len);
	ssize_t (*write)(struct chan_host *c, const void *buf, size_t len);
	int (*wait_out)(struct chan_host *c, int ms);
	int (*watch)(struct chan_host *c, __u32 dirs, __u32 cookie);
	int (*winsize)(struct chan_host *c, __u16 *rows, __u16 *cols);
	bool (*resized)(struct chan_host *c);
	void (*renew)(struct chan_host *c);
	int (*summon)(struct chan_host *c);
	bool (*is_terminal)(struct chan_host *c);
	void (*describe)(struct chan_host *c, char *buf, size_t len);
};

extern const struct chan_host_ops chan_fd_host_ops;
extern const struct chan_host_ops chan_file_host_ops;
extern const struct chan_host_ops chan_null_host_ops;
extern const struct chan_host_ops chan_port_host_ops;
extern const struct chan_host_ops chan_pts_host_ops;
extern const struct chan_host_ops chan_tty_host_ops;
extern const struct chan_host_ops chan_unix_host_ops;
extern const struct chan_host_ops chan_xterm_host_ops;

/**
 * chan_xterm_host_path_len() - characters of the path of a window's socket
 *
 * If they are more than OS_SOCKET_PATH_MAX, which a long uml_dir= makes them,
 * opening an xterm channel fails with -ENAMETOOLONG. Context: process.
 */
__u32 chan_xterm_host_path_len(void);

/**
 * chan_xterm_host_set() - which program makes windows
 * @emulator: its name, in the PATH, or its path
 * @title_switch: goes before the title
 * @exec_switch: goes before the command that runs in the window
 *
 * The texts stay. Context: boot.
 */
void chan_xterm_host_set(const char *emulator, const char *title_switch,
			 const char *exec_switch);

#endif
