// SPDX-License-Identifier: GPL-2.0
/*
 * Headers of COW files: every version byte for byte, the layout of each, and
 * everything a header can be wrong in. Run by tests/host/cow.t under the
 * sanitizers; emits TAP.
 */
#include <string.h>

#include "../guest/tap.h"
#include "cow_format.h"

enum {
	MTIME = 0x6b02bc0c,
	SIZE = 1000000,
};

static __u8 raw[COW_HEADER_MAX];
static struct cow_header header;
static struct cow_layout layout;
static const char *why;

static void put(size_t at, const char *bytes, size_t len)
{
	memcpy(raw + at, bytes, len);
}

#define PUT(at, bytes)	put(at, bytes, sizeof(bytes) - 1)

static int parse(void)
{
	return cow_format_parse(raw, sizeof(raw), &header, &layout, &why);
}

/* Written by hand from the table in cow_format.h, not with the code under test. */
static void make_v1(bool big)
{
	memset(raw, 0, sizeof(raw));
	PUT(8, "/a/back");
	if (big) {
		PUT(0, "OOOM\0\0\0\1");
		PUT(264, "\x6b\x02\xbc\x0c\0\0\0\0\0\x0f\x42\x40\0\0\2\0");
	} else {
		PUT(0, "MOOO\1\0\0\0");
		PUT(264, "\x0c\xbc\x02\x6b\x40\x42\x0f\0\0\0\0\0\0\2\0\0");
	}
}

static void make_v2(void)
{
	memset(raw, 0, sizeof(raw));
	PUT(0, "OOOM\0\0\0\2/a/back");
	PUT(4104, "\x6b\x02\xbc\x0c\0\0\0\0\0\x0f\x42\x40\0\0\2\0");
}

static void make_v3(void)
{
	memset(raw, 0, sizeof(raw));
	PUT(0, "OOOM\0\0\0\3\x6b\x02\xbc\x0c\0\0\0\0\0\x0f\x42\x40\0\0\2\0\0\0\x10\0\0\0\0\0/a/back");
}

static void make_broken(void)
{
	memset(raw, 0, sizeof(raw));
	PUT(0, "OOOM\0\0\0\3\x6b\x02\xbc\x0c\0\0\0\0");
	PUT(16, "\0\0\0\0\0\x0f\x42\x40\0\0\2\0\0\0\x10\0\0\0\0\0/a/back");
}

static void check_fields(const char *name, __u32 kind, __u32 align)
{
	ok_eq(parse(), 0, "%s is read", name);
	ok_eq(header.kind, kind, "%s: kind", name);
	ok_eq(header.mtime, MTIME, "%s: mtime", name);
	ok_eq(header.size, SIZE, "%s: size", name);
	ok_eq(header.sector_size, 512, "%s: sector size", name);
	ok_eq(header.align, align, "%s: alignment", name);
	ok(!strcmp(header.backing, "/a/back"), "%s: backing file", name);
}

static void check_layout(const char *name, __u64 bitmap, __u64 len, __u64 data)
{
	ok_eq(layout.bitmap_offset, bitmap, "%s: bitmap offset", name);
	ok_eq(layout.bitmap_len, len, "%s: bitmap length", name);
	ok_eq(layout.data_offset, data, "%s: data offset", name);
	ok_eq(layout.end, data + header.size, "%s: end", name);
}

static void check_rebuilt(const char *name, int len)
{
	__u8 again[COW_HEADER_MAX];

	ok_eq(cow_format_build(&header, again), len, "%s: length of the header", name);
	ok(!memcmp(again, raw, sizeof(raw)), "%s: is written as it was read", name);
}

static void test_versions(void)
{
	/* 1954 sectors: 245 bytes, but 244 when rounded down. */
	make_v1(false);
	check_fields("V1", COW_V1, 1);
	check_layout("V1", 280, 244, 1024);
	ok_eq(layout.sectors, 1954, "V1: sectors");
	ok_eq(layout.mapped, 1952, "V1: the last two have no bit");
	check_rebuilt("V1", 280);
	make_v1(true);
	check_fields("V1 of a big-endian machine", COW_V1, 1);
	check_rebuilt("V1 of a big-endian machine", 280);

	make_v2();
	check_fields("V2", COW_V2, 1);
	check_layout("V2", 4120, 244, 4608);
	check_rebuilt("V2", 4120);

	make_v3();
	check_fields("V3", COW_V3, 4096);
	check_layout("V3", 8192, 245, 12288);
	ok_eq(layout.mapped, 1954, "V3: each sector has a bit");
	check_rebuilt("V3", 4128);

	make_broken();
	check_fields("broken V3", COW_V3_BROKEN, 4096);
	check_layout("broken V3", 8192, 245, 12288);
	check_rebuilt("broken V3", 4136);
	PUT(8, "\0\0\0\0\x6b\x02\xbc\x0c");
	check_fields("broken V3 of a big-endian machine", COW_V3_BROKEN, 4096);

	make_v3();
	PUT(0, "MOOO\3\0\0\0");
	check_fields("V3 with magic and version in the other order", COW_V3, 4096);
}

static void test_needs(void)
{
	make_v3();
	need(!parse());
	ok_eq(cow_format_needs(&header, &layout, 0), 8192 + 245, "header and bitmap must be there");
	ok_eq(cow_format_needs(&header, &layout, 1), 12288 + 512, "so must a sector that is stored");
	ok_eq(cow_format_needs(&header, &layout, 1953), 12288 + 1953 * 512, "and the last but one");
	ok_eq(cow_format_needs(&header, &layout, 1954), 12288 + SIZE, "the last one in part");
}

static void expect_refusal(const char *what, const char *has)
{
	ok_eq(parse(), -EINVAL, "%s is refused", what);
	ok(why && strstr(why, has), "and the reason says \"%s\"", has);
}

static void test_refusals(void)
{
	make_v3();
	PUT(0, "OOON");
	ok_eq(parse(), -ENOMSG, "another magic is no COW file");
	make_v3();
	for (size_t len = 0; len < 4; len++)
		ok_eq(cow_format_parse(raw, len, &header, &layout, &why), -ENOMSG,
		      "nor is one of %zu bytes", len);
	for (size_t len = 4; len < 4128; len += 31)
		if (cow_format_parse(raw, len, &header, &layout, &why) != -ENODATA ||
		    layout.header_len != (len < 36 ? 280 : 4128))
			ok(false, "a header cut to %zu bytes is refused", len);
	ok_eq(cow_format_parse(raw, 4128, &header, &layout, &why), 0, "a header alone is whole");

	PUT(4, "\0\0\0\4");
	expect_refusal("version 4", "version");
	PUT(4, "\0\0\0\0");
	expect_refusal("version 0", "version");
	make_v3();
	memset(raw + 32, 'x', 4096);
	expect_refusal("an endless name", "no end");
	make_v2();
	raw[8] = 0;
	expect_refusal("an empty name", "no backing");
	make_v3();
	memset(raw + 12, 0, 8);
	expect_refusal("size 0", "no size");
	memset(raw + 12, 0xff, 8);
	expect_refusal("a size beyond all files", "impossible");
	make_v3();
	PUT(20, "\0\0\0\0");
	expect_refusal("sector size 0", "sector size");
	PUT(20, "\0\0\2\1");
	expect_refusal("sector size 513", "sector size");
	PUT(20, "\0\0\1\0");
	expect_refusal("sector size 256", "sector size");
	PUT(20, "\x80\0\0\0");
	expect_refusal("sector size 2 GiB", "sector size");
	make_v3();
	PUT(24, "\0\0\0\0");
	expect_refusal("alignment 0", "alignment");
	PUT(24, "\0\0\x10\1");
	expect_refusal("alignment 4097", "alignment");
	PUT(24, "\x40\0\0\0");
	expect_refusal("alignment 1 GiB", "alignment");
	make_v3();
	PUT(28, "\0\0\0\1");
	expect_refusal("format 1", "format");
}

static void test_long_names(void)
{
	make_v1(false);
	need(!parse());
	memset(header.backing, 'x', 255);
	header.backing[255] = 0;
	ok_eq(cow_format_build(&header, raw), 280, "255 characters have room in V1");
	ok_eq(parse(), 0, "and are read again");
	ok_eq(strlen(header.backing), 255, "all of them");
	header.backing[255] = 'x';
	header.backing[256] = 0;
	ok_eq(cow_format_build(&header, raw), -ENAMETOOLONG, "256 have not");
}

static void test_big_disks(void)
{
	make_v3();
	need(!parse());
	header.size = 1ULL << 50;
	ok_eq(cow_format_layout(&header, &layout), 0, "1 PiB");
	ok_eq(layout.bitmap_len, 1ULL << 38, "has a bitmap of 256 GiB");
	ok_eq(layout.data_offset, (1ULL << 38) + 8192, "and its data behind it");
	header.sector_size = 4096;
	ok_eq(cow_format_layout(&header, &layout), 0, "with sectors of 4 KiB");
	ok_eq(layout.bitmap_len, 1ULL << 35, "it is an eighth");
}

int main(void)
{
	test_versions();
	test_needs();
	test_refusals();
	test_long_names();
	test_big_disks();
	return tap_done();
}
