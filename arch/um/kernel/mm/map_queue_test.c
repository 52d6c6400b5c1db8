// SPDX-License-Identifier: GPL-2.0
/* Tests of the queue of host-mapping changes: what merges and what must not. */
#include <kunit/test.h>
#include <linux/sizes.h>
#include <um/map_queue.h>

static struct um_map_queue queue;

static int reset(struct kunit *test)
{
	memset(&queue, 0, sizeof(queue));
	return 0;
}

static void expect_range(struct kunit *test, unsigned int i,
			 enum um_map_change change, unsigned long start,
			 unsigned long end)
{
	KUNIT_ASSERT_GT(test, queue.nr, i);
	KUNIT_EXPECT_EQ(test, queue.range[i].change, change);
	KUNIT_EXPECT_EQ(test, queue.range[i].start, start);
	KUNIT_EXPECT_EQ(test, queue.range[i].end, end);
}

static void neighbours_merge(struct kunit *test)
{
	um_map_queue_add(&queue, UM_MAP_COMPARE, 0x1000, 0x2000);
	um_map_queue_add(&queue, UM_MAP_COMPARE, 0x2000, 0x3000);
	um_map_queue_add(&queue, UM_MAP_COMPARE, 0x0000, 0x1000);
	KUNIT_EXPECT_EQ(test, queue.nr, 1);
	expect_range(test, 0, UM_MAP_COMPARE, 0, 0x3000);
}

static void overlaps_merge(struct kunit *test)
{
	um_map_queue_add(&queue, UM_MAP_FORGET, 0x1000, 0x4000);
	um_map_queue_add(&queue, UM_MAP_FORGET, 0x2000, 0x3000);
	um_map_queue_add(&queue, UM_MAP_FORGET, 0x3000, 0x6000);
	KUNIT_EXPECT_EQ(test, queue.nr, 1);
	expect_range(test, 0, UM_MAP_FORGET, 0x1000, 0x6000);
}

static void gaps_do_not_merge(struct kunit *test)
{
	um_map_queue_add(&queue, UM_MAP_COMPARE, 0x1000, 0x2000);
	um_map_queue_add(&queue, UM_MAP_COMPARE, 0x3000, 0x4000);
	KUNIT_EXPECT_EQ(test, queue.nr, 2);
}

/* A page forgotten and then mapped anew must be unmapped first. */
static void order_is_kept(struct kunit *test)
{
	um_map_queue_add(&queue, UM_MAP_FORGET, 0x1000, 0x2000);
	um_map_queue_add(&queue, UM_MAP_COMPARE, 0x1000, 0x2000);
	um_map_queue_add(&queue, UM_MAP_FORGET, 0x2000, 0x3000);
	KUNIT_EXPECT_EQ(test, queue.nr, 3);
	expect_range(test, 0, UM_MAP_FORGET, 0x1000, 0x2000);
	expect_range(test, 1, UM_MAP_COMPARE, 0x1000, 0x2000);
	expect_range(test, 2, UM_MAP_FORGET, 0x2000, 0x3000);
}

static void full_is_reported(struct kunit *test)
{
	unsigned long addr = 0;
	int i;

	for (i = 0; i < UM_MAP_QUEUE_LEN; i++, addr += SZ_8K)
		KUNIT_EXPECT_TRUE(test, um_map_queue_add(&queue, UM_MAP_COMPARE,
							 addr, addr + SZ_4K));
	KUNIT_EXPECT_FALSE(test, um_map_queue_add(&queue, UM_MAP_COMPARE, addr,
						  addr + SZ_4K));
	KUNIT_EXPECT_EQ(test, queue.nr, UM_MAP_QUEUE_LEN);
	/* What merges needs no room. */
	addr -= SZ_8K;
	KUNIT_EXPECT_TRUE(test, um_map_queue_add(&queue, UM_MAP_COMPARE, addr,
						 addr + SZ_8K));
}

static struct kunit_case map_queue_cases[] = {
	KUNIT_CASE(neighbours_merge),
	KUNIT_CASE(overlaps_merge),
	KUNIT_CASE(gaps_do_not_merge),
	KUNIT_CASE(order_is_kept),
	KUNIT_CASE(full_is_reported),
	{ }
};

static struct kunit_suite map_queue_suite = {
	.name = "um_map_queue",
	.init = reset,
	.test_cases = map_queue_cases,
};
kunit_test_suite(map_queue_suite);
