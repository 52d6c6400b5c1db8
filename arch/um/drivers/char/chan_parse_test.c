// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: channel texts. What is taken, what is refused, and that a refusal
 * says what was expected.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "channel.h"

struct good_case {
	const char *spec;
	const struct chan_host_ops *in;
	u32 in_number;
	const struct chan_host_ops *out;
	u32 out_number;
	bool shared;
};

static const struct good_case good_cases[] = {
	{ "fd:0", &chan_fd_host_ops, 0, &chan_fd_host_ops, 0, true },
	{ "fd:0,fd:1", &chan_fd_host_ops, 0, &chan_fd_host_ops, 1, false },
	{ "fd:51,fd:51", &chan_fd_host_ops, 51, &chan_fd_host_ops, 51, true },
	{ "null", &chan_null_host_ops, 0, &chan_null_host_ops, 0, true },
	{ "null,fd:2", &chan_null_host_ops, 0, &chan_fd_host_ops, 2, false },
	{ "pts", &chan_pts_host_ops, 0, &chan_pts_host_ops, 0, true },
	{ "pts,pts", &chan_pts_host_ops, 0, &chan_pts_host_ops, 0, false },
	{ "pty", &chan_pts_host_ops, 0, &chan_pts_host_ops, 0, true },
	{ "pts:/tmp/link", &chan_pts_host_ops, 0, &chan_pts_host_ops, 0, true },
	{ "/dev/tty8", &chan_tty_host_ops, 0, &chan_tty_host_ops, 0, true },
	{ "tty:a,tty:a", &chan_tty_host_ops, 0, &chan_tty_host_ops, 0, true },
	{ "tty:a,tty:b", &chan_tty_host_ops, 0, &chan_tty_host_ops, 0, false },
	{ "port:1", &chan_port_host_ops, 1, &chan_port_host_ops, 1, true },
	{ "port:[::1]:65535", &chan_port_host_ops, 65535, &chan_port_host_ops,
	  65535, true },
	{ "unix:a:b", &chan_unix_host_ops, 0, &chan_unix_host_ops, 0, true },
	{ "null,file:a", &chan_null_host_ops, 0, &chan_file_host_ops, 0, false },
	{ "none", NULL, 0, NULL, 0, true },
};

static void good_case_name(const struct good_case *c, char *desc)
{
	strscpy(desc, c->spec, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(good, good_cases, good_case_name);

static void chan_parse_accepts(struct kunit *test)
{
	const struct good_case *c = test->param_value;
	char why[CHAN_ERROR_MAX] = "";
	struct chan_pair pair;

	KUNIT_ASSERT_EQ_MSG(test, 0, chan_pair_parse(c->spec, &pair, why,
						     sizeof(why)), "%s", why);
	KUNIT_EXPECT_PTR_EQ(test, pair.in.ops, c->in);
	KUNIT_EXPECT_PTR_EQ(test, pair.out.ops, c->out);
	KUNIT_EXPECT_EQ(test, pair.in.number, c->in_number);
	KUNIT_EXPECT_EQ(test, pair.out.number, c->out_number);
	KUNIT_EXPECT_EQ(test, pair.shared, c->shared);
}

struct bad_case {
	const char *spec;
	/* Must be part of the message. */
	const char *why;
};

static const struct bad_case bad_cases[] = {
	{ "tty", "should be tty:<path>" },
	{ "unix:", "should be unix:<path>" },
	{ "port:", "should be port:" },
	{ "port:0", "should be port:" },
	{ "port:65536", "should be port:" },
	{ "port:host:", "should be port:" },
	{ "pts:", "should be pts" },
	{ "", "expected <channel>" },
	{ ",", "expected <channel>" },
	{ "fd:0,", "expected <channel>" },
	{ ",fd:1", "expected <channel>" },
	{ "fd:0,fd:1,fd:2", "at most two" },
	{ "fd", "should be fd:<number>" },
	{ "fd:", "should be fd:<number>" },
	{ "fd:x", "should be fd:<number>" },
	{ "fd:1x", "should be fd:<number>" },
	{ "fd:-1", "should be fd:<number>" },
	{ "fd: 1", "should be fd:<number>" },
	{ "fd:99999999999", "should be fd:<number>" },
	{ "null:", "should be null" },
	{ "none,fd:1", "stands alone" },
	{ "fdx:1", "unknown kind" },
};

static void bad_case_name(const struct bad_case *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", c->spec);
}

KUNIT_ARRAY_PARAM(bad, bad_cases, bad_case_name);

static void chan_parse_refuses(struct kunit *test)
{
	const struct bad_case *c = test->param_value;
	char why[CHAN_ERROR_MAX] = "";
	struct chan_pair pair;

	KUNIT_EXPECT_EQ(test, -EINVAL, chan_pair_parse(c->spec, &pair, why,
						       sizeof(why)));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(why, c->why), "%s", why);
}

static void chan_parse_length(struct kunit *test)
{
	char why[CHAN_ERROR_MAX] = "";
	char spec[CHAN_SPEC_MAX + 1];
	struct chan_pair pair;

	memset(spec, '0', sizeof(spec));
	memcpy(spec, "fd:", 3);
	spec[CHAN_SPEC_MAX] = '\0';
	KUNIT_EXPECT_EQ(test, -EINVAL, chan_pair_parse(spec, &pair, why,
						       sizeof(why)));
	KUNIT_EXPECT_NOT_NULL(test, strstr(why, "its 256 characters"));

	spec[CHAN_SPEC_MAX - 1] = '\0';
	KUNIT_EXPECT_EQ(test, 0, chan_pair_parse(spec, &pair, why,
						 sizeof(why)));
}

static struct kunit_case chan_parse_cases[] = {
	KUNIT_CASE_PARAM(chan_parse_accepts, good_gen_params),
	KUNIT_CASE_PARAM(chan_parse_refuses, bad_gen_params),
	KUNIT_CASE(chan_parse_length),
	{}
};

static struct kunit_suite chan_parse_suite = {
	.name = "um_chan_parse",
	.test_cases = chan_parse_cases,
};

kunit_test_suite(chan_parse_suite);
