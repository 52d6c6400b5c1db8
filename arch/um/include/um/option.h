/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Options of the command line which the port itself takes. Each stands next
 * to the code that needs it; the help text is what --help prints.
 */
#ifndef UM_OPTION_H
#define UM_OPTION_H

#include <linux/init.h>
#include <linux/types.h>

enum um_option_flags {
	/* The word ends where the name ends (no value follows). */
	UM_OPT_EXACT = 1,
	/* The kernel's own command line shows it too. */
	UM_OPT_KEEP = 2,
	/* A number may follow the name, then "=": con= and con0= are "con". */
	UM_OPT_NUMBERED = 4,
};

/**
 * struct um_option - one option
 * @name: what an argument starts with, its "=" included if it has one
 * @flags: enum um_option_flags
 * @parse: gets what follows @name; returns 0, or -errno after it printed a
 *	message with um_option_error(); runs before the kernel proper: no
 *	printk, no memory allocation
 * @help: full text for --help, lines of at most 76 characters
 */
struct um_option {
	const char *name;
	unsigned int flags;
	int (*parse)(const char *value);
	const char *help;
};

#define UM_OPTION(_id, _name, _flags, _parse, _help)			\
	static const struct um_option __um_option_##_id			\
	__used __section(".init.um.options") __aligned(8) = {		\
		.name = _name, .flags = _flags,				\
		.parse = _parse, .help = _help,				\
	}

/* All of them, put together by the linker, in no order. */
extern const struct um_option __um_options_start[], __um_options_end[];

/**
 * um_option_error() - say what is wrong with an option
 * @fmt: one line without the newline: name the option, the value, and what
 *	was expected
 *
 * Context: option parsers. Return: -EINVAL, for the parser to return.
 */
int um_option_error(const char *fmt, ...) __printf(1, 2);

/**
 * um_error_text() - words for an -errno, for messages before the kernel runs
 * @err: -errno
 */
const char *um_error_text(int err);

/* Parse all arguments; called once. */
void um_options_parse(int argc, char **argv);

#endif
