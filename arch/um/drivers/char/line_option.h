/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The options con=, con<n>= and their like: checked when they are read, kept
 * until the lines are made.
 */
#ifndef UM_LINE_OPTION_H
#define UM_LINE_OPTION_H

/**
 * struct line_options - what was asked for, for one kind of line
 * @name: of the option, without number
 * @nr: how many lines there are
 * @all: channels of all lines which have none of their own, or NULL
 * @each: channels of each line, or NULL
 */
struct line_options {
	const char *name;
	unsigned int nr;
	const char *all;
	const char **each;
};

/**
 * line_option_take() - check and note an option
 * @options: where to
 * @rest: what follows the name: "=<channels>" or "<n>=<channels>"
 *
 * Context: option parser (um/option.h). Return: 0, or -EINVAL after a message.
 */
int line_option_take(struct line_options *options, const char *rest);

/**
 * line_option_sandbox() - name what a line is going to open
 * @spec: its channels
 *
 * Context: UM_SANDBOX_NEEDS() (um/sandbox_option.h).
 */
void line_option_sandbox(const char *spec);

/**
 * line_option_spec() - what was asked for a line
 * @options: where from
 * @n: number of the line
 *
 * Return: the text, or NULL if there was no option for it.
 */
const char *line_option_spec(const struct line_options *options,
			     unsigned int n);

#endif
