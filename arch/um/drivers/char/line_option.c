// SPDX-License-Identifier: GPL-2.0
/*
 * Options which connect lines: con=, con<n>=, ssl=, ssl<n>=. Runs before the
 * kernel proper; the texts stay where the command line is.
 */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <um/option.h>
#include "channel.h"
#include "line_option.h"

/* Return: what follows the number, or NULL if it is no number of a line. */
static const char *line_option_number(const struct line_options *options,
				      const char *rest, unsigned int *n)
{
	*n = 0;
	do {
		*n = *n * 10 + (*rest++ - '0');
		if (*n >= options->nr)
			return NULL;
	} while (isdigit(*rest));
	return *rest == '=' ? rest : NULL;
}

int line_option_take(struct line_options *options, const char *rest)
{
	const char *value = rest, **slot = &options->all;
	char why[CHAN_ERROR_MAX];
	struct chan_pair pair;
	unsigned int n;
	int err;

	if (isdigit(*rest)) {
		value = line_option_number(options, rest, &n);
		if (!value)
			return um_option_error("%s%.80s: expected %s<n>=<channel> with n from 0 to %u",
					       options->name, rest,
					       options->name, options->nr - 1);
		slot = &options->each[n];
	}
	value++;
	err = chan_pair_parse(value, &pair, why, sizeof(why));
	err = err ?: chan_pair_check(&pair, why, sizeof(why));
	if (err)
		return um_option_error("%s%.300s: %s", options->name, rest, why);
	*slot = value;
	return 0;
}

static void line_channel_sandbox(const struct chan_config *cfg)
{
	if (cfg->ops && cfg->ops->sandbox)
		cfg->ops->sandbox(cfg);
}

void line_option_sandbox(const char *spec)
{
	char why[CHAN_ERROR_MAX];
	struct chan_pair pair;

	if (chan_pair_parse(spec, &pair, why, sizeof(why)))
		return;
	line_channel_sandbox(&pair.in);
	if (!pair.shared)
		line_channel_sandbox(&pair.out);
}

const char *line_option_spec(const struct line_options *options,
			     unsigned int n)
{
	return options->each[n] ?: options->all;
}
