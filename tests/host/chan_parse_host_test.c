// SPDX-License-Identifier: GPL-2.0
/*
 * chan_parse.c as a plain program: the cases of its KUnit test in short, and
 * the texts people see, with the sanitizers watching.
 */
#include <errno.h>
#include <string.h>
#include <channel.h>
#include "chan_tap.h"

static int parse(const char *spec, struct chan_pair *pair, char *why)
{
	why[0] = '\0';
	return chan_pair_parse(spec, pair, why, CHAN_ERROR_MAX);
}

static void refuses(const char *spec, const char *text)
{
	char why[CHAN_ERROR_MAX];
	struct chan_pair pair;
	int ret = parse(spec, &pair, why);

	ok(ret == -EINVAL && strstr(why, text), "'%s': %s", spec, why);
}

int main(void)
{
	char why[CHAN_ERROR_MAX];
	struct chan_pair pair;

	ok(!parse("fd:0,fd:1", &pair, why) && !pair.shared &&
	   pair.in.ops == &chan_fd_host_ops && pair.out.number == 1, "fd:0,fd:1");
	ok(!parse("fd:51,fd:51", &pair, why) && pair.shared, "fd:51,fd:51 is one");
	ok(!parse("null", &pair, why) && pair.shared, "null");
	ok(!parse("pts", &pair, why) && pair.shared, "pts");
	ok(!parse("none", &pair, why) && !pair.in.ops && !pair.out.ops, "none");
	refuses("", "expected <channel>");
	refuses("fd:0,", "expected <channel>");
	refuses("fd:0,fd:1,fd:2", "at most two");
	refuses("fd:", "should be fd:<number>");
	refuses("fd:4294967296", "should be fd:<number>");
	refuses("null:1", "should be null");
	refuses("xterm", "known are");
	refuses("none,null", "stands alone");
	ok(chan_pair_parse("xterm", &pair, why, 8) == -EINVAL && strlen(why) == 7,
	   "a short buffer cuts the message");

	parse("null,fd:999", &pair, why);
	ok(chan_pair_check(&pair, why, sizeof(why)) == -EBADF, "%s", why);
	parse("null,fd:1", &pair, why);
	ok(!chan_pair_check(&pair, why, sizeof(why)), "an open descriptor passes");
	parse("none", &pair, why);
	ok(!chan_pair_check(&pair, why, sizeof(why)), "none passes");
	return tap_done();
}
