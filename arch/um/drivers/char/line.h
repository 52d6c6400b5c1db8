/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tty lines whose other end is a channel of the host: the core which consoles
 * and serial lines share. A class of lines is one tty driver.
 */
#ifndef UM_LINE_H
#define UM_LINE_H

#include <linux/fs.h>
#include <linux/kfifo.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/timer.h>
#include <linux/tty_port.h>
#include <linux/workqueue.h>
#include "channel.h"

/* One direction of a line; ops is NULL when nothing is connected. */
struct line_channel {
	const struct chan_host_ops *ops;
	struct chan_host *host;
};

/**
 * struct line - one tty line
 * @port: its mutex also guards @spec, @pair and the opening of channels
 * @class: the class it is one of
 * @index: number in the class
 * @name: option and number, for messages ("con0")
 * @irq: interrupt of both channels; 0 as long as there is none
 * @registered: the tty device exists
 * @alone: the log said that nobody will come by themselves
 * @spec: how it was asked for
 * @pair: @spec, parsed
 * @in_lock: guards the fields below, up to @in_retry
 * @in: where input comes from
 * @in_open: somebody has the tty open
 * @in_ended: there is no more input to be had
 * @throttled: the line discipline wants no more now
 * @hung_up: the other end went away for good
 * @hanging: the other end went away; another waits until the tty is hung up
 * @in_buf: LINE_READ_MAX bytes
 * @in_pos: first byte of @in_buf which the tty did not take yet
 * @in_len: how many there are
 * @in_retry: tries the rest of @in_buf again
 * @out_lock: guards the fields below, up to @lost
 * @out: where output goes to
 * @out_failed: the last write was in vain
 * @absent: nobody is at the other end; the last of the output is kept for who
 *	comes next
 * @out_waiting: an interrupt will tell when the host takes more
 * @room_made: the ring got room which writers were not told of
 * @stopped: flow control by the guest's user
 * @ring: output on its way to the host
 * @push_timer: pushes output which nobody flushed
 * @patience: how many more times console output may wait for the host
 * @lost: bytes of output which the host did not take
 */
struct line {
	struct tty_port port;
	struct line_class *class;
	unsigned int index;
	char name[12];
	int irq;
	bool registered;
	bool alone;
	char spec[CHAN_SPEC_MAX];
	struct chan_pair pair;

	/* Guards the fields of input. */
	spinlock_t in_lock;
	struct line_channel in;
	bool in_open;
	bool in_ended;
	bool throttled;
	bool hung_up;
	bool hanging;
	u8 *in_buf;
	unsigned int in_pos;
	unsigned int in_len;
	struct delayed_work in_retry;

	/* Guards the fields of output. */
	spinlock_t out_lock;
	struct line_channel out;
	bool out_failed;
	bool absent;
	bool out_waiting;
	bool room_made;
	bool stopped;
	DECLARE_KFIFO_PTR(ring, u8);
	struct timer_list push_timer;
	unsigned int patience;
	unsigned int lost;
};

/**
 * struct line_class - lines of one kind
 * @option: what options and messages call a line ("con", "ssl")
 * @title: what people call it ("Virtual console")
 * @driver_name: name in /proc/tty/drivers
 * @dev_name: name of the devices, before the number
 * @major: of the devices
 * @minor_start: minor number of the first one
 * @type: TTY_DRIVER_TYPE_*
 * @subtype: of @type
 * @cooked: terminals of the host keep their modes
 * @nr: number of lines
 * @lines: the lines
 * @driver: the tty driver, once it is there
 * @list: all classes
 */
struct line_class {
	const char *option;
	const char *title;
	const char *driver_name;
	const char *dev_name;
	int major;
	int minor_start;
	short type;
	short subtype;
	bool cooked;
	unsigned int nr;
	struct line *lines;
	struct tty_driver *driver;
	struct list_head list;
};

/**
 * line_class_init() - make the lines of a class, connected to nothing
 * @class: the class
 *
 * Context: boot, once slab works (console_initcall is late enough).
 */
void line_class_init(struct line_class *class);

/**
 * line_class_register() - make the tty driver and the devices
 * @class: after line_class_init()
 *
 * Context: initcall. Return: 0 or -errno.
 */
int line_class_register(struct line_class *class);

/**
 * line_config() - connect a line
 * @class: class
 * @n: number of the line
 * @spec: channels, see chan_pair_parse(); "none" disconnects
 * @why: out: what is wrong, if something is
 * @len: size of @why, at least CHAN_ERROR_MAX
 *
 * Works before line_class_register() too.
 * Context: process or boot. Return: 0, -EBUSY if the tty is open, or -errno.
 */
int line_config(struct line_class *class, unsigned int n, const char *spec,
		char *why, size_t len);

/**
 * line_get_config() - tell what a line is connected to
 * @class: class
 * @n: number of the line
 * @buf: out: text for line_config(); channels which made something of their
 *	own on the host say what ("pts:/dev/pts/3")
 * @len: size of @buf
 *
 * Context: process. Return: length of the text or -ENODEV.
 */
int line_get_config(struct line_class *class, unsigned int n, char *buf,
		    size_t len);

/**
 * line_remove() - disconnect a line and remove its device
 * @class: class
 * @n: number of the line
 * @why: out: what is wrong, if something is
 * @len: size of @why
 *
 * Context: process. Return: 0, -EBUSY if the tty is open, or -ENODEV.
 */
int line_remove(struct line_class *class, unsigned int n, char *why,
		size_t len);

/**
 * line_console_write() - write kernel messages
 * @line: the line
 * @s: text; a newline becomes what a terminal needs
 * @count: bytes
 *
 * After all output of the tty that came before. A host that does not take it
 * is waited for a bounded time; what then does not fit the ring is counted
 * and reported later. Context: any.
 */
void line_console_write(struct line *line, const char *s, unsigned int count);

/* The part of line_class_init() that output needs; for tests. */
void line_output_init(struct line *line);

#endif
