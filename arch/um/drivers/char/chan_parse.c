// SPDX-License-Identifier: GPL-2.0
/*
 * Parser of channel texts, and the table of the kinds of channel there are:
 * a new kind is one file in channel/ and one row here.
 * Pure text in, validated struct out; also built by tests/host and tests/fuzz.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "channel.h"

enum chan_arg {
	CHAN_ARG_NONE,
	CHAN_ARG_NUMBER,
};

struct chan_type {
	const char *name;
	enum chan_arg arg;
	/* How to write it, for messages. */
	const char *syntax;
	const struct chan_host_ops *ops;
};

static const struct chan_type chan_types[] = {
	{ "fd", CHAN_ARG_NUMBER, "fd:<number>", &chan_fd_host_ops },
	{ "null", CHAN_ARG_NONE, "null", &chan_null_host_ops },
	{ "pts", CHAN_ARG_NONE, "pts", &chan_pts_host_ops },
	{ "none", CHAN_ARG_NONE, "none", NULL },
};

#define CHAN_SYNTAXES	"fd:<number>, null, pts, none"

enum {
	/* More than a host lets a process have open; ten times it fits too. */
	CHAN_NUMBER_MAX = 100000000,
	/* Text of the user repeated in messages. */
	CHAN_QUOTE_MAX = 32,
};

/* A word of the text: not terminated. */
struct chan_word {
	const char *s;
	size_t len;
};

static int quote_len(struct chan_word w)
{
	return min_t(size_t, w.len, CHAN_QUOTE_MAX);
}

static bool word_is(struct chan_word w, const char *name)
{
	return w.len == strlen(name) && !memcmp(w.s, name, w.len);
}

static const struct chan_type *find_type(struct chan_word name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(chan_types); i++)
		if (word_is(name, chan_types[i].name))
			return &chan_types[i];
	return NULL;
}

static int parse_number(struct chan_word w, __u32 *ret)
{
	__u32 n = 0;
	size_t i;

	if (!w.len)
		return -EINVAL;
	for (i = 0; i < w.len; i++) {
		if (!isdigit(w.s[i]))
			return -EINVAL;
		n = n * 10 + (w.s[i] - '0');
		if (n > CHAN_NUMBER_MAX)
			return -EINVAL;
	}
	*ret = n;
	return 0;
}

static int parse_channel(struct chan_word w, struct chan_config *ret,
			 char *why, size_t len)
{
	const char *colon = memchr(w.s, ':', w.len);
	struct chan_word name = { w.s, w.len };
	struct chan_word arg = { NULL, 0 };
	const struct chan_type *type;

	if (colon) {
		name.len = colon - w.s;
		arg = (struct chan_word){ colon + 1, w.len - name.len - 1 };
	}

	type = find_type(name);
	if (!type) {
		scnprintf(why, len,
			  "unknown kind of channel \"%.*s\", known are %s",
			  quote_len(name), name.s, CHAN_SYNTAXES);
		return -EINVAL;
	}
	ret->ops = type->ops;
	ret->number = 0;
	if (type->arg == CHAN_ARG_NONE && !colon)
		return 0;
	if (type->arg == CHAN_ARG_NUMBER && colon &&
	    !parse_number(arg, &ret->number))
		return 0;
	scnprintf(why, len, "\"%.*s\" should be %s", quote_len(w), w.s,
		  type->syntax);
	return -EINVAL;
}

int chan_pair_parse(const char *spec, struct chan_pair *ret, char *why,
		    size_t len)
{
	size_t all = strlen(spec);
	const char *comma = strchr(spec, ',');
	struct chan_word in = { spec, all };
	struct chan_word out;
	int err;

	if (all >= CHAN_SPEC_MAX) {
		scnprintf(why, len, "longer than %d characters",
			  CHAN_SPEC_MAX - 1);
		return -EINVAL;
	}
	if (comma)
		in.len = comma - spec;
	out = in;
	if (comma)
		out = (struct chan_word){ comma + 1, all - in.len - 1 };
	if (!in.len || !out.len) {
		scnprintf(why, len,
			  "expected <channel> or <input>,<output>, each one of %s",
			  CHAN_SYNTAXES);
		return -EINVAL;
	}
	if (memchr(out.s, ',', out.len)) {
		scnprintf(why, len, "expected at most two channels, <input>,<output>");
		return -EINVAL;
	}
	err = parse_channel(in, &ret->in, why, len);
	if (err)
		return err;
	err = parse_channel(out, &ret->out, why, len);
	if (err)
		return err;
	if (comma && (!ret->in.ops || !ret->out.ops)) {
		scnprintf(why, len,
			  "\"none\" stands alone, use \"null\" for one direction");
		return -EINVAL;
	}
	ret->shared = !comma || (ret->in.ops == ret->out.ops &&
				 ret->in.ops == &chan_fd_host_ops &&
				 ret->in.number == ret->out.number);
	return 0;
}

static int check_channel(const struct chan_config *cfg, char *why, size_t len)
{
	int err;

	if (!cfg->ops)
		return 0;
	err = cfg->ops->check(cfg);
	if (err == -EBADF)
		scnprintf(why, len,
			  "descriptor %u is not open, start with something like %u<>file",
			  cfg->number, cfg->number);
	else if (err)
		scnprintf(why, len, "not possible here (error %d)", -err);
	return err;
}

int chan_pair_check(const struct chan_pair *pair, char *why, size_t len)
{
	int err = check_channel(&pair->in, why, len);

	return err ?: check_channel(&pair->out, why, len);
}
