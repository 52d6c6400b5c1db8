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
	CHAN_ARG_PATH,
	CHAN_ARG_PATH_OR_NONE,
	/* [<address>:]<number> */
	CHAN_ARG_ADDRESS,
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
	{ "pts", CHAN_ARG_PATH_OR_NONE, "pts or pts:<link>",
	  &chan_pts_host_ops },
	/* Old name; the BSD kind of them is gone from today's hosts. */
	{ "pty", CHAN_ARG_NONE, "pty", &chan_pts_host_ops },
	{ "tty", CHAN_ARG_PATH, "tty:<path>", &chan_tty_host_ops },
	{ "port", CHAN_ARG_ADDRESS, "port:<number> or port:<address>:<number>",
	  &chan_port_host_ops },
	{ "unix", CHAN_ARG_PATH, "unix:<path>", &chan_unix_host_ops },
	{ "file", CHAN_ARG_PATH, "file:<path>", &chan_file_host_ops },
	{ "xterm", CHAN_ARG_NONE, "xterm", &chan_xterm_host_ops },
	{ "none", CHAN_ARG_NONE, "none", NULL },
};

#define CHAN_SYNTAXES	\
	"fd:<number>, null, pts, tty:<path>, port:<number>, unix:<path>, file:<path>, xterm, none"

enum {
	/* More than a host lets a process have open; ten times it fits too. */
	CHAN_NUMBER_MAX = 100000000,
	CHAN_PORT_MAX = 65535,
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

static int parse_text(struct chan_word w, char *ret)
{
	if (w.len >= CHAN_TEXT_MAX)
		return -ENAMETOOLONG;
	memcpy(ret, w.s, w.len);
	ret[w.len] = '\0';
	return 0;
}

/* The address may have colons of its own; the host knows addresses. */
static int parse_address(struct chan_word w, struct chan_config *ret)
{
	struct chan_word address = { w.s, 0 };
	size_t i;

	for (i = 0; i < w.len; i++)
		if (w.s[i] == ':')
			address.len = i;
	if (address.len) {
		w.s += address.len + 1;
		w.len -= address.len + 1;
	}
	if (parse_number(w, &ret->number) || !ret->number ||
	    ret->number > CHAN_PORT_MAX)
		return -EINVAL;
	return parse_text(address, ret->text);
}

/* @arg: what is behind the colon; its text is NULL if there is none. */
static int parse_argument(enum chan_arg kind, struct chan_word arg,
			  struct chan_config *ret)
{
	ret->number = 0;
	ret->cooked = false;
	ret->text[0] = '\0';
	ret->title[0] = '\0';
	if (!arg.s)
		return kind == CHAN_ARG_NONE || kind == CHAN_ARG_PATH_OR_NONE ?
			0 : -EINVAL;
	switch (kind) {
	case CHAN_ARG_NUMBER:
		return parse_number(arg, &ret->number);
	case CHAN_ARG_PATH:
	case CHAN_ARG_PATH_OR_NONE:
		return arg.len ? parse_text(arg, ret->text) : -EINVAL;
	case CHAN_ARG_ADDRESS:
		return parse_address(arg, ret);
	default:
		return -EINVAL;
	}
}

static int parse_channel(struct chan_word w, struct chan_config *ret,
			 char *why, size_t len)
{
	const char *colon = memchr(w.s, ':', w.len);
	struct chan_word name = { w.s, w.len };
	struct chan_word arg = { NULL, 0 };
	const struct chan_type *type;
	int err;

	if (w.s[0] == '/') {
		/* As it was written before there were kinds: /dev/tty8. */
		name = (struct chan_word){ "tty", 3 };
		arg = w;
	} else if (colon) {
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
	err = parse_argument(type->arg, arg, ret);
	if (!err)
		return 0;
	if (err == -ENAMETOOLONG) {
		scnprintf(why, len,
			  "what is behind \"%.*s:\" has %zu characters, at most %d are possible",
			  quote_len(name), name.s, arg.len, CHAN_TEXT_MAX - 1);
		return -EINVAL;
	}
	scnprintf(why, len, "\"%.*s\" should be %s", quote_len(w), w.s,
		  type->syntax);
	return -EINVAL;
}

/* Is what @a and @b name one thing? Each "pts" is a new one, for example. */
static bool same_thing(const struct chan_config *a,
		       const struct chan_config *b)
{
	return a->ops == b->ops && a->number == b->number &&
	       !strcmp(a->text, b->text) &&
	       (a->ops == &chan_fd_host_ops || a->number || a->text[0]);
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
		scnprintf(why, len,
			  "its %zu characters are more than the %d that are possible",
			  all, CHAN_SPEC_MAX - 1);
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
	ret->shared = !comma || same_thing(&ret->in, &ret->out);
	return 0;
}

static int check_channel(const struct chan_config *cfg, char *why, size_t len)
{
	int err;

	if (!cfg->ops || !cfg->ops->check)
		return 0;
	err = cfg->ops->check(cfg);
	if (err == -EBADF)
		scnprintf(why, len,
			  "descriptor %u is not open, start with something like %u<>file",
			  cfg->number, cfg->number);
	else if (err == -EAFNOSUPPORT)
		scnprintf(why, len, "\"%.*s\" is no address of the host, expected one like 127.0.0.1 or [::1]",
			  CHAN_QUOTE_MAX, cfg->text);
	else if (err)
		scnprintf(why, len, "not possible here (error %d)", -err);
	return err;
}

int chan_pair_check(const struct chan_pair *pair, char *why, size_t len)
{
	int err = check_channel(&pair->in, why, len);

	return err ?: check_channel(&pair->out, why, len);
}
