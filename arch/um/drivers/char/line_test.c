// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit: output of a line over a channel that plays the host: slow, full,
 * failing. The order of what comes from the tty and from printk holds, waiting
 * is bounded, and what is lost is counted and told.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "line.h"

enum {
	HOST_MAX = 65536,
	RING_SIZE = 256,
};

/* The host: takes so many bytes more, in pieces, or fails. */
static struct fake_host {
	char got[HOST_MAX];
	size_t len;
	size_t room;
	int error;
	bool terminal;
	unsigned int waits;
	size_t room_per_wait;
} fake;

static ssize_t fake_write(struct chan_host *c, const void *buf, size_t len)
{
	if (fake.error)
		return fake.error;
	if (!fake.room)
		return -EAGAIN;
	len = min3(len, fake.room, sizeof(fake.got) - 1 - fake.len);
	memcpy(fake.got + fake.len, buf, len);
	fake.len += len;
	fake.got[fake.len] = '\0';
	fake.room -= len;
	return len;
}

static int fake_wait_out(struct chan_host *c, int ms)
{
	fake.waits++;
	fake.room += fake.room_per_wait;
	return fake.room ? 0 : -EAGAIN;
}

static bool fake_is_terminal(struct chan_host *c)
{
	return fake.terminal;
}

static const struct chan_host_ops fake_ops = {
	.write = fake_write,
	.wait_out = fake_wait_out,
	.is_terminal = fake_is_terminal,
};

static struct line test_line;

static int line_test_init(struct kunit *test)
{
	memset(&fake, 0, sizeof(fake));
	fake.room = HOST_MAX;
	memset(&test_line, 0, sizeof(test_line));
	tty_port_init(&test_line.port);
	line_output_init(&test_line);
	test_line.out.ops = &fake_ops;
	return kfifo_alloc(&test_line.ring, RING_SIZE, GFP_KERNEL);
}

static void line_test_exit(struct kunit *test)
{
	del_timer_sync(&test_line.push_timer);
	kfifo_free(&test_line.ring);
	tty_port_destroy(&test_line.port);
}

static void say(const char *text)
{
	line_console_write(&test_line, text, strlen(text));
}

static void ring_add(const char *text)
{
	kfifo_in(&test_line.ring, text, strlen(text));
}

static void line_newlines(struct kunit *test)
{
	say("a\nb\n");
	KUNIT_EXPECT_STREQ(test, fake.got, "a\nb\n");
	fake.len = 0;
	fake.terminal = true;
	say("a\nb\n");
	KUNIT_EXPECT_STREQ(test, fake.got, "a\r\nb\r\n");
}

static void line_long_text(struct kunit *test)
{
	char *text = kunit_kzalloc(test, 3000, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, text);
	memset(text, '\n', 2999);
	fake.terminal = true;
	say(text);
	KUNIT_EXPECT_EQ(test, fake.len, 2 * 2999);
}

static void line_order(struct kunit *test)
{
	ring_add("tty ");
	say("printk");
	KUNIT_EXPECT_STREQ(test, fake.got, "tty printk");
}

static void line_slow_host(struct kunit *test)
{
	fake.room = 0;
	fake.room_per_wait = 3;
	ring_add("from the tty, ");
	say("from printk");
	KUNIT_EXPECT_STREQ(test, fake.got, "from the tty, from printk");
	KUNIT_EXPECT_EQ(test, test_line.lost, 0);
}

static void line_full_host(struct kunit *test)
{
	unsigned int waits;
	int i;

	fake.room = 0;
	ring_add("tty ");
	say("first ");
	waits = fake.waits;
	KUNIT_EXPECT_GT(test, waits, 0);
	for (i = 0; i < RING_SIZE; i++)
		say("more ");
	KUNIT_EXPECT_EQ_MSG(test, fake.waits, waits,
			    "waits again although the host is known to be full");
	KUNIT_EXPECT_EQ(test, test_line.lost,
			10 + 5 * RING_SIZE - RING_SIZE);

	fake.room = HOST_MAX;
	say("last");
	KUNIT_EXPECT_TRUE(test, strstarts(fake.got, "tty first more "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(fake.got, "1034 bytes of output were lost"));
	KUNIT_EXPECT_TRUE(test, !strcmp(fake.got + fake.len - 4, "last"));
	KUNIT_EXPECT_EQ(test, test_line.lost, 0);
}

static void line_failing_host(struct kunit *test)
{
	fake.error = -ENOSPC;
	ring_add("gone ");
	say("gone too");
	KUNIT_EXPECT_EQ(test, fake.len, 0);
	KUNIT_EXPECT_EQ(test, fake.waits, 0);

	fake.error = 0;
	say("back ");
	say("again");
	KUNIT_EXPECT_TRUE(test, strstarts(fake.got, "back "));
	KUNIT_EXPECT_NOT_NULL(test, strstr(fake.got, "[13 bytes of output were lost"));
	KUNIT_EXPECT_TRUE(test, !strcmp(fake.got + fake.len - 5, "again"));
}

static void line_stopped_tty(struct kunit *test)
{
	test_line.stopped = true;
	ring_add("held");
	say("printk is not held ");
	KUNIT_EXPECT_STREQ(test, fake.got, "printk is not held ");
	test_line.stopped = false;
	say("");
	KUNIT_EXPECT_STREQ(test, fake.got, "printk is not held held");
}

static struct kunit_case line_cases[] = {
	KUNIT_CASE(line_newlines),
	KUNIT_CASE(line_long_text),
	KUNIT_CASE(line_order),
	KUNIT_CASE(line_slow_host),
	KUNIT_CASE(line_full_host),
	KUNIT_CASE(line_failing_host),
	KUNIT_CASE(line_stopped_tty),
	{}
};

static struct kunit_suite line_suite = {
	.name = "um_line",
	.init = line_test_init,
	.exit = line_test_exit,
	.test_cases = line_cases,
};

kunit_test_suite(line_suite);
