// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of ubd_hotplug.c: a disk comes, is asked for, and goes. The disk
 * is the program which runs us: a file that every host has.
 */
#include <linux/slab.h>
#include <linux/string.h>

#include <kunit/test.h>

#include "ubd.h"

#define FILE_NAME "/proc/self/exe"

enum {
	TEXT_MAX = 256,
};

static int config(struct kunit *test, const char *text, char **err)
{
	char *copy = kunit_kstrdup(test, text, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, copy);
	*err = NULL;
	return ubd_hotplug_config(copy, err);
}

static void disk_comes_and_goes(struct kunit *test)
{
	char buf[TEXT_MAX];
	char *err;

	KUNIT_ASSERT_EQ(test, config(test, "14rd=" FILE_NAME ",,S1", &err), 0);
	KUNIT_EXPECT_EQ(test, ubd_hotplug_query("14", buf, sizeof(buf)),
			strlen(FILE_NAME ",,S1"));
	KUNIT_EXPECT_STREQ(test, buf, FILE_NAME ",,S1");
	KUNIT_EXPECT_EQ(test, ubd_hotplug_list(buf, sizeof(buf)), strlen(buf));
	KUNIT_EXPECT_NOT_NULL(test, strstr(buf, "ubd14=" FILE_NAME ",,S1\n"));
	KUNIT_EXPECT_EQ(test, config(test, "o=" FILE_NAME, &err), -EEXIST);
	KUNIT_EXPECT_STREQ(test, err, "Device is already configured");
	KUNIT_EXPECT_EQ(test, ubd_hotplug_remove("o", &err), 0);
	KUNIT_EXPECT_EQ(test, ubd_hotplug_query("14", buf, sizeof(buf)), -ENODEV);
	KUNIT_EXPECT_EQ(test, ubd_hotplug_remove("14", &err), -ENODEV);
	KUNIT_EXPECT_STREQ(test, err, "Device doesn't exist");
}

static void wrong_text_is_explained(struct kunit *test)
{
	char buf[TEXT_MAX];
	char *err;

	KUNIT_EXPECT_EQ(test, config(test, "16=x", &err), -EINVAL);
	KUNIT_ASSERT_NOT_NULL(test, err);
	KUNIT_EXPECT_NOT_NULL(test, strstr(err, "expected ubd<n>"));
	KUNIT_EXPECT_EQ(test, config(test, "=sync", &err), -EINVAL);
	KUNIT_ASSERT_NOT_NULL(test, err);
	KUNIT_EXPECT_NOT_NULL(test, strstr(err, "command line"));
	KUNIT_EXPECT_EQ(test, config(test, "14=/does/not/exist", &err), -ENODEV);
	KUNIT_ASSERT_NOT_NULL(test, err);
	KUNIT_EXPECT_NOT_NULL(test, strstr(err, "cannot open"));
	KUNIT_EXPECT_EQ(test, ubd_hotplug_query("14", buf, sizeof(buf)), -ENODEV);
	KUNIT_EXPECT_EQ(test, ubd_hotplug_remove("16", &err), -EINVAL);
	KUNIT_EXPECT_EQ(test, ubd_hotplug_remove("q", &err), -EINVAL);
	KUNIT_EXPECT_EQ(test, ubd_hotplug_remove("", &err), -EINVAL);
	KUNIT_EXPECT_EQ(test, ubd_hotplug_query("-1", buf, sizeof(buf)), -EINVAL);
}

/* What does not fit is cut, not written behind the end. */
static void short_buffer_is_enough(struct kunit *test)
{
	char buf[TEXT_MAX];
	char *err;

	KUNIT_ASSERT_EQ(test, config(test, "14rd=" FILE_NAME, &err), 0);
	for (size_t len = 1; len < sizeof(buf) - 1; len++) {
		memset(buf, 'z', sizeof(buf));
		KUNIT_EXPECT_LT(test, ubd_hotplug_list(buf, len), (int)len);
		KUNIT_EXPECT_EQ(test, buf[len], 'z');
		KUNIT_EXPECT_LT(test, strlen(buf), len);
	}
	KUNIT_EXPECT_EQ(test, ubd_hotplug_remove("14", &err), 0);
}

static struct kunit_case ubd_hotplug_cases[] = {
	KUNIT_CASE(disk_comes_and_goes),
	KUNIT_CASE(wrong_text_is_explained),
	KUNIT_CASE(short_buffer_is_enough),
	{}
};

static struct kunit_suite ubd_hotplug_suite = {
	.name = "ubd_hotplug",
	.test_cases = ubd_hotplug_cases,
};

kunit_test_suite(ubd_hotplug_suite);
