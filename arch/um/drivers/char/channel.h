/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The text that connects a line to the host, <in>[,<out>], taken apart.
 * Pure: no allocation, no host calls except chan_pair_check().
 */
#ifndef UM_CHANNEL_H
#define UM_CHANNEL_H

#include "channel/chan_host.h"

enum {
	/* Longest text accepted, with its NUL. */
	CHAN_SPEC_MAX = 256,
	/* Room that any message of the parser fits in. */
	CHAN_ERROR_MAX = 224,
};

/**
 * struct chan_pair - where a line's input comes from and its output goes to
 * @in: input
 * @out: output; the same as @in if @shared
 * @shared: one channel, opened once, serves both
 */
struct chan_pair {
	struct chan_config in;
	struct chan_config out;
	bool shared;
};

/**
 * chan_pair_parse() - parse what follows con<n>= or ssl<n>=
 * @spec: "<channel>" or "<input channel>,<output channel>"
 * @ret: out; both ops are NULL for "none"
 * @why: out: what is wrong, if something is
 * @len: size of @why, at least CHAN_ERROR_MAX to hold all of it
 *
 * Context: any. Return: 0 or -EINVAL.
 */
int chan_pair_parse(const char *spec, struct chan_pair *ret, char *why,
		    size_t len);

/**
 * chan_pair_check() - would opening it work?
 * @pair: from chan_pair_parse()
 * @why: out: what is wrong, if something is
 * @len: size of @why
 *
 * Context: boot or process. Return: 0 or -errno.
 */
int chan_pair_check(const struct chan_pair *pair, char *why, size_t len);

#endif
