// SPDX-License-Identifier: GPL-2.0
/* KUnit tests of ubd_config.c: what users type, and what they are told. */
#include <linux/slab.h>
#include <linux/string.h>

#include <kunit/test.h>

#include "ubd_config.h"

struct good_option {
	const char *text;
	__u32 index;
	__u32 flags;
	const char *file;
	const char *backing;
	const char *serial;
};

static const struct good_option good_options[] = {
	{ "0=root.img", 0, 0, "root.img" },
	{ "a=root.img", 0, 0, "root.img" },
	{ "15=x", 15, 0, "x" },
	{ "p=x", 15, 0, "x" },
	{ "07=x", 7, 0, "x" },
	{ "0r=/a/b", 0, UBD_READ_ONLY, "/a/b" },
	{ "0s=x", 0, UBD_SYNC, "x" },
	{ "0d=x", 0, UBD_RAW, "x" },
	{ "0c=x", 0, UBD_SHARED, "x" },
	{ "0t=x", 0, UBD_NO_TRIM, "x" },
	/* The first letter is the disk, the second a flag. */
	{ "cc=x", 2, UBD_SHARED, "x" },
	{ "d=x", 3, 0, "x" },
	{ "1rsdct=x", 1, UBD_READ_ONLY | UBD_SYNC | UBD_RAW | UBD_SHARED |
	  UBD_NO_TRIM, "x" },
	{ "1rrrrrrrr=x", 1, UBD_READ_ONLY, "x" },
	{ "2=a=b", 2, 0, "a=b" },
	{ "2= with blanks ", 2, 0, " with blanks " },
	{ "2=%s%n", 2, 0, "%s%n" },
	{ "0=cow,back", 0, 0, "cow", "back" },
	{ "0=cow:back", 0, 0, "cow", "back" },
	{ "0=cow,back,A1", 0, 0, "cow", "back", "A1" },
	{ "0=cow:back,A1", 0, 0, "cow", "back", "A1" },
	{ "0=raw,,A1", 0, 0, "raw", "", "A1" },
	{ "0d=raw::A1", 0, UBD_RAW, "raw", "", "A1" },
	{ "0=raw,", 0, 0, "raw" },
	{ "0=raw,,", 0, 0, "raw" },
};

static void good_option_name(const struct good_option *o, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "ubd%s", o->text);
}

KUNIT_ARRAY_PARAM(good_option, good_options, good_option_name);

static void good_option_is_parsed(struct kunit *test)
{
	const struct good_option *o = test->param_value;
	struct ubd_config *cfg;
	char err[UBD_ERROR_MAX];

	cfg = kunit_kzalloc(test, sizeof(*cfg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cfg);
	KUNIT_ASSERT_EQ(test, ubd_config_parse(o->text, cfg, err, sizeof(err)),
			UBD_CONFIG_DISK);
	KUNIT_EXPECT_EQ(test, cfg->index, o->index);
	KUNIT_EXPECT_EQ(test, cfg->flags, o->flags);
	KUNIT_EXPECT_EQ(test, cfg->sector_size, 0);
	KUNIT_EXPECT_STREQ(test, cfg->file, o->file);
	KUNIT_EXPECT_STREQ(test, cfg->backing, o->backing ?: "");
	KUNIT_EXPECT_STREQ(test, cfg->serial, o->serial ?: "");
}

struct bad_option {
	const char *text;
	const char *message;
};

#define EXPECTED "ubd<n>[rsdct]=<file>[,<backing>[,<serial>]] with n = 0..15 or a..p"
#define EXPECTED_SERIAL \
	"expected a serial number of at most 63 characters without ',' and ':' at the end"
#define EXPECTED_ENGINE "expected ubd_engine=auto, io_uring or threads"
#define EXPECTED_SECTOR "expected ubd_sector=<n>:<bytes> with 512, 1024, 2048 or 4096"

static const struct bad_option bad_options[] = {
	{ "z=x", "ubdz=x: expected " EXPECTED },
	{ "q=x", "ubdq=x: expected " EXPECTED },
	{ "A=x", "ubdA=x: expected " EXPECTED },
	{ "16=x", "ubd16=x: expected " EXPECTED },
	{ "-1=x", "ubd-1=x: expected " EXPECTED },
	{ "4294967296=x", "ubd4294967296=x: expected " EXPECTED },
	{ "18446744073709551616=x", "ubd18446744073709551616=x: expected " EXPECTED },
	{ "0", "ubd0: neither '=' nor a flag letter at \"\"; expected " EXPECTED },
	{ "0r", "ubd0r: neither '=' nor a flag letter at \"\"; expected " EXPECTED },
	{ "0x=y", "ubd0x=y: neither '=' nor a flag letter at \"x=y\"; expected " EXPECTED },
	{ "ab=y", "ubdab=y: neither '=' nor a flag letter at \"b=y\"; expected " EXPECTED },
	{ "0=", "ubd0=: expected a file name after '='" },
	{ "0rs=", "ubd0rs=: expected a file name after '='" },
	{ "=on", "ubd=on: expected ubd=sync or " EXPECTED },
	{ "", "ubd: expected ubd=sync or " EXPECTED },
	{ "0=,back", "ubd0=,back: expected a file name after '='" },
	{ "0d=a:b", "ubd0d=a:b: flag d takes the file as it is; expected no backing file" },
	{ "0=a,b,c,d", "ubd0=a,b,c,d: " EXPECTED_SERIAL },
	{ "0=a,b,c:", "ubd0=a,b,c:: " EXPECTED_SERIAL },
	{ "_engine=", "ubd_engine=: " EXPECTED_ENGINE },
	{ "_engine=aio", "ubd_engine=aio: " EXPECTED_ENGINE },
	{ "_sector=4096", "ubd_sector=4096: " EXPECTED_SECTOR },
	{ "_sector=0:8192", "ubd_sector=0:8192: " EXPECTED_SECTOR },
	{ "_sector=0:513", "ubd_sector=0:513: " EXPECTED_SECTOR },
	{ "_sector=0:256", "ubd_sector=0:256: " EXPECTED_SECTOR },
	{ "_sector=0:1024x", "ubd_sector=0:1024x: " EXPECTED_SECTOR },
};

static void bad_option_name(const struct bad_option *o, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "ubd%s", o->text);
}

KUNIT_ARRAY_PARAM(bad_option, bad_options, bad_option_name);

static void bad_option_is_explained(struct kunit *test)
{
	const struct bad_option *o = test->param_value;
	struct ubd_config *cfg;
	char err[UBD_ERROR_MAX];

	cfg = kunit_kzalloc(test, sizeof(*cfg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cfg);
	KUNIT_ASSERT_EQ(test, ubd_config_parse(o->text, cfg, err, sizeof(err)),
			-EINVAL);
	KUNIT_EXPECT_STREQ(test, err, o->message);
}

static void other_options(struct kunit *test)
{
	struct ubd_config *cfg;
	char err[UBD_ERROR_MAX];

	cfg = kunit_kzalloc(test, sizeof(*cfg), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cfg);
	KUNIT_EXPECT_EQ(test, ubd_config_parse("_engine=threads", cfg, err, sizeof(err)),
			UBD_CONFIG_ENGINE);
	KUNIT_EXPECT_EQ(test, cfg->engine, UBD_ENGINE_THREADS);
	KUNIT_EXPECT_EQ(test, ubd_config_parse("_engine=auto", cfg, err, sizeof(err)),
			UBD_CONFIG_ENGINE);
	KUNIT_EXPECT_EQ(test, cfg->engine, UBD_ENGINE_AUTO);
	KUNIT_EXPECT_EQ(test, ubd_config_parse("_sector=b:4096", cfg, err, sizeof(err)),
			UBD_CONFIG_SECTOR);
	KUNIT_EXPECT_EQ(test, cfg->index, 1);
	KUNIT_EXPECT_EQ(test, cfg->sector_size, 4096);
}

static void sync_for_all(struct kunit *test)
{
	char err[UBD_ERROR_MAX];

	KUNIT_EXPECT_EQ(test, ubd_config_parse("=sync", NULL, err, sizeof(err)),
			UBD_CONFIG_SYNC);
}

/* The longest name is taken; one more is refused and not written anywhere. */
static void longest_file_name(struct kunit *test)
{
	static const char too_long[] =
		"ubd3=...: expected file names of at most 4095 characters";
	const size_t max = UBD_FILE_MAX - 1;
	struct ubd_config *cfg;
	char err[UBD_ERROR_MAX];
	char *text;

	cfg = kunit_kzalloc(test, sizeof(*cfg), GFP_KERNEL);
	text = kunit_kzalloc(test, max + 4, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cfg);
	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, 'x', max + 2);
	memcpy(text, "3=", 2);
	KUNIT_EXPECT_EQ(test, ubd_config_parse(text, cfg, err, sizeof(err)),
			UBD_CONFIG_DISK);
	KUNIT_EXPECT_EQ(test, strlen(cfg->file), max);
	text[max + 2] = 'x';
	KUNIT_EXPECT_EQ(test, ubd_config_parse(text, cfg, err, sizeof(err)),
			-EINVAL);
	KUNIT_EXPECT_STREQ(test, err, too_long);
}

/* The end of a message is what tells what to type: it must not be cut off. */
static void long_value_in_message(struct kunit *test)
{
	char text[300] = "z=";
	char err[UBD_ERROR_MAX];

	memset(text + 2, 'x', sizeof(text) - 3);
	KUNIT_EXPECT_EQ(test, ubd_config_parse(text, NULL, err, sizeof(err)),
			-EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, strstr(err, EXPECTED));
}

struct spelling {
	const char *given;
	int ret;
	const char *want;
};

static const struct spelling root_spellings[] = {
	{ "/dev/ubd0", 1, "/dev/ubda" },
	{ "/dev/ubd15", 1, "/dev/ubdp" },
	{ "/dev/ubd0p1", 1, "/dev/ubda1" },
	{ "/dev/ubd10p12", 1, "/dev/ubdk12" },
	{ "ubd0", 1, "/dev/ubda" },
	{ "ubd1p2", 1, "/dev/ubdb2" },
	{ "/dev/ubda", 0, "/dev/ubda" },
	{ "ubda", 0, "ubda" },
	{ "/dev/ubda1", 0, "/dev/ubda1" },
	{ "98:0", 0, "98:0" },
	{ "/dev/ubd", 0, "/dev/ubd" },
	{ "/dev/ubd0p", 0, "/dev/ubd0p" },
	{ "/dev/ubd0p0", 0, "/dev/ubd0p0" },
	{ "/dev/ubd0x", 0, "/dev/ubd0x" },
	{ "", 0, "" },
	{ "/dev/ubd16", -ENXIO, NULL },
};

static void root_by_number(struct kunit *test)
{
	const struct spelling *s;
	char out[32];

	for (s = root_spellings; s < root_spellings + ARRAY_SIZE(root_spellings); s++) {
		KUNIT_EXPECT_EQ_MSG(test, ubd_root_spelling(s->given, out, sizeof(out)),
				    s->ret, "root=%s", s->given);
		if (s->want)
			KUNIT_EXPECT_STREQ(test, out, s->want);
	}
	KUNIT_EXPECT_EQ(test, ubd_root_spelling("/dev/ubd0", out, 9), -ENAMETOOLONG);
	KUNIT_EXPECT_EQ(test, ubd_root_spelling("/dev/ubd0", out, 10), 1);
	KUNIT_EXPECT_EQ(test, ubd_root_spelling("/dev/sda", out, 8), -ENAMETOOLONG);
}

static const struct spelling number_names[] = {
	{ "ubda", 0, "ubd0" },
	{ "ubdp", 0, "ubd15" },
	{ "ubda1", 0, "ubd0p1" },
	{ "ubdp4294967295", 0, "ubd15p4294967295" },
	{ "ubdq", -EINVAL, NULL },
	{ "ubd", -EINVAL, NULL },
	{ "ubd0", -EINVAL, NULL },
	{ "ubda0", -EINVAL, NULL },
	{ "ubda01", -EINVAL, NULL },
	{ "ubdax", -EINVAL, NULL },
	{ "ubda1x", -EINVAL, NULL },
	{ "sda", -EINVAL, NULL },
};

static void disk_by_number(struct kunit *test)
{
	const struct spelling *s;
	char out[UBD_NAME_MAX];

	for (s = number_names; s < number_names + ARRAY_SIZE(number_names); s++) {
		KUNIT_EXPECT_EQ_MSG(test, ubd_number_name(s->given, out, sizeof(out)),
				    s->ret, "%s", s->given);
		if (s->want)
			KUNIT_EXPECT_STREQ(test, out, s->want);
	}
}

static struct kunit_case ubd_config_cases[] = {
	KUNIT_CASE_PARAM(good_option_is_parsed, good_option_gen_params),
	KUNIT_CASE_PARAM(bad_option_is_explained, bad_option_gen_params),
	KUNIT_CASE(sync_for_all),
	KUNIT_CASE(other_options),
	KUNIT_CASE(longest_file_name),
	KUNIT_CASE(long_value_in_message),
	KUNIT_CASE(root_by_number),
	KUNIT_CASE(disk_by_number),
	{}
};

static struct kunit_suite ubd_config_suite = {
	.name = "ubd_config",
	.test_cases = ubd_config_cases,
};

kunit_test_suite(ubd_config_suite);
