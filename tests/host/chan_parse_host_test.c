// SPDX-License-Identifier: GPL-2.0
/*
 * chan_parse.c as a plain program: the cases of its KUnit test in short, and
 * the texts people see, with the sanitizers watching.
 */
#include <errno.h>
#include <fcntl.h>
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
	ok(!parse("xterm", &pair, why) && pair.shared, "xterm");
	ok(!parse("none", &pair, why) && !pair.in.ops && !pair.out.ops, "none");
	refuses("", "expected <channel>");
	refuses("fd:0,", "expected <channel>");
	refuses("fd:0,fd:1,fd:2", "at most two");
	refuses("fd:", "should be fd:<number>");
	refuses("fd:4294967296", "should be fd:<number>");
	refuses("null:1", "should be null");
	ok(!parse("/dev/tty8", &pair, why) && pair.shared &&
	   pair.in.ops == &chan_tty_host_ops && !strcmp(pair.in.text, "/dev/tty8"),
	   "/dev/tty8 is a tty");
	ok(!parse("port:10.0.0.1:23", &pair, why) && pair.in.number == 23 &&
	   !strcmp(pair.in.text, "10.0.0.1"), "port with an address");
	ok(!parse("port:[::1]:23,port:[::1]:23", &pair, why) && pair.shared &&
	   !strcmp(pair.in.text, "[::1]"), "port with an IPv6 address, twice");
	ok(!parse("port:23", &pair, why) && !pair.in.text[0], "port without an address");
	ok(!parse("unix:a:b,file:c", &pair, why) && !pair.shared &&
	   !strcmp(pair.in.text, "a:b") && !strcmp(pair.out.text, "c"), "unix and file");
	ok(!parse("pts:x", &pair, why) && !strcmp(pair.in.text, "x"), "pts with a link");
	ok(!parse("pts,pts", &pair, why) && !pair.shared, "pts,pts are two");
	refuses("tty", "should be tty:<path>");
	refuses("file:", "should be file:<path>");
	refuses("port:a", "should be port:");
	refuses("port:0", "should be port:");
	refuses("port:65536", "should be port:");
	refuses("bogus", "known are");
	refuses("none,null", "stands alone");
	char text[CHAN_SPEC_MAX + 50] = "unix:";

	memset(text + 5, 'x', 107);
	ok(!parse(text, &pair, why) && strlen(pair.in.text) == 107, "the longest path");
	text[5 + 107] = 'x';
	refuses(text, "\"unix:\" has 108 characters, at most 107");
	memcpy(text, "/dev/", 5);
	refuses(text, "\"tty:\" has 113 characters, at most 107");
	memset(text + 5, 'x', 295);
	refuses(text, "its 300 characters are more than the 255");
	ok(chan_pair_parse("bogus", &pair, why, 8) == -EINVAL && strlen(why) == 7,
	   "a short buffer cuts the message");

	parse("null,fd:999", &pair, why);
	ok(chan_pair_check(&pair, why, sizeof(why)) == -EBADF, "%s", why);
	parse("null,fd:1", &pair, why);
	ok(!chan_pair_check(&pair, why, sizeof(why)), "an open descriptor passes");
	ok(fcntl(1, F_DUPFD_CLOEXEC, 100) == 100, "a descriptor of our own");
	parse("null,fd:100", &pair, why);
	ok(chan_pair_check(&pair, why, sizeof(why)) == -EBADF,
	   "a descriptor UML was not started with");
	parse("port:1.2.3:4", &pair, why);
	ok(chan_pair_check(&pair, why, sizeof(why)) == -EAFNOSUPPORT, "%s", why);
	parse("port:[::1:4", &pair, why);
	ok(chan_pair_check(&pair, why, sizeof(why)) == -EAFNOSUPPORT, "%s", why);
	parse("port:[]:4", &pair, why);
	ok(chan_pair_check(&pair, why, sizeof(why)) == -EAFNOSUPPORT, "%s", why);
	parse("port:[:4", &pair, why);
	ok(chan_pair_check(&pair, why, sizeof(why)) == -EAFNOSUPPORT, "%s", why);
	parse("none", &pair, why);
	ok(!chan_pair_check(&pair, why, sizeof(why)), "none passes");
	return tap_done();
}
