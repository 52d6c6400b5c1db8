// SPDX-License-Identifier: GPL-2.0
/*
 * Headers of COW files: bytes to struct cow_header, checked, and back.
 * cow_format.h has the layouts. Pure: part of the driver's host half, of the
 * tools and of their tests; opens nothing and keeps nothing.
 */
#include <errno.h>
#include <string.h>

#include "cow_format.h"

enum {
	MAGIC_LEN = 4,
	/* As far as find_kind() looks. */
	KIND_LEN = 36,
	V1_BACKING_MAX = 256,
	FORMAT_BITMAP = 0,
};

/* Where the fields are; 0 is "has none". */
static const struct fields {
	__u16 backing, backing_len;
	__u16 mtime, size, sector, align, format;
	__u16 len;
} fields[] = {
	[COW_V1] = { 8, V1_BACKING_MAX, 264, 268, 276, 0, 0, 280 },
	[COW_V2] = { 8, COW_BACKING_MAX, 4104, 4108, 4116, 0, 0, 4120 },
	[COW_V3] = { 32, COW_BACKING_MAX, 8, 12, 20, 24, 28, 4128 },
	[COW_V3_BROKEN] = { 36, COW_BACKING_MAX, 8, 16, 24, 28, 32, 4136 },
};

enum {
	VERSION_AT = 4,
	/* The upper or lower half of a 64-bit mtime, by the writer's byte order. */
	BROKEN_MTIME_HALF = 12,
};

static __u32 get32(const __u8 *p, bool big)
{
	if (big)
		return (__u32)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
	return (__u32)p[3] << 24 | p[2] << 16 | p[1] << 8 | p[0];
}

static __u64 get64(const __u8 *p, bool big)
{
	__u64 first = get32(p, big), second = get32(p + 4, big);

	return big ? first << 32 | second : second << 32 | first;
}

static void put32(__u8 *p, __u32 v, bool big)
{
	for (int i = 0; i < 4; i++)
		p[i] = v >> 8 * (big ? 3 - i : i);
}

static void put64(__u8 *p, __u64 v, bool big)
{
	put32(p, big ? v >> 32 : v, big);
	put32(p + 4, big ? v : v >> 32, big);
}

static bool power_of_two(__u64 n)
{
	return n && !(n & (n - 1));
}

static __u64 round_to(__u64 n, __u64 unit)
{
	return (n + unit - 1) / unit * unit;
}

static bool magic_is(const __u8 *p, bool big)
{
	return !memcmp(p, big ? "OOOM" : "MOOO", MAGIC_LEN);
}

bool cow_format_is_cow(const void *start, size_t len)
{
	return len >= MAGIC_LEN && (magic_is(start, true) || magic_is(start, false));
}

/* The version may be of either byte order, whatever the magic is. */
static __u32 find_kind(const __u8 *p)
{
	__u32 version = get32(p + VERSION_AT, true);

	if (version > COW_V3)
		version = get32(p + VERSION_AT, false);
	if (version < COW_V1 || version > COW_V3)
		return 0;
	/* Nothing where the name should be: there is the format of a broken one. */
	if (version == COW_V3 && !get32(p + fields[COW_V3].backing, true))
		return COW_V3_BROKEN;
	return version;
}

static __u32 get_mtime(const __u8 *p, const struct cow_header *h)
{
	__u32 mtime = get32(p + fields[h->kind].mtime,
			    h->kind != COW_V1 || h->big_endian);

	if (h->kind == COW_V3_BROKEN && !mtime)
		mtime = get32(p + BROKEN_MTIME_HALF, true);
	return mtime;
}

static const char *check_values(const struct cow_header *h)
{
	if (!h->size)
		return "its header gives the disk no size";
	if (!power_of_two(h->sector_size) || h->sector_size < COW_SECTOR_MIN ||
	    h->sector_size > COW_SECTOR_MAX)
		return "the sector size in its header makes no sense";
	if (!power_of_two(h->align) || h->align > COW_ALIGN_MAX)
		return "the alignment in its header makes no sense";
	return NULL;
}

static const char *parse_fields(const __u8 *p, struct cow_header *h)
{
	const struct fields *f = &fields[h->kind];
	bool big = h->kind != COW_V1 || h->big_endian;
	const char *name = (const char *)p + f->backing;

	h->mtime = get_mtime(p, h);
	h->size = get64(p + f->size, big);
	h->sector_size = get32(p + f->sector, big);
	h->align = f->align ? get32(p + f->align, big) : 1;
	if (f->format && get32(p + f->format, big) != FORMAT_BITMAP)
		return "it is a COW file of an unknown format";
	if (!*name)
		return "its header names no backing file";
	if (!memchr(name, 0, f->backing_len))
		return "the name of the backing file in its header has no end";
	strcpy(h->backing, name);
	return check_values(h);
}

int cow_format_parse(const void *start, size_t len, struct cow_header *header,
		     struct cow_layout *layout, const char **why)
{
	const __u8 *p = start;

	*why = NULL;
	if (!cow_format_is_cow(start, len))
		return -ENOMSG;
	memset(header, 0, sizeof(*header));
	header->big_endian = magic_is(p, true);
	/* The shortest of all headers, as long as its version is not known. */
	layout->header_len = fields[COW_V1].len;
	if (len < KIND_LEN)
		return -ENODATA;
	header->kind = find_kind(p);
	if (header->kind) {
		layout->header_len = fields[header->kind].len;
		if (len < layout->header_len)
			return -ENODATA;
		*why = parse_fields(p, header);
	} else {
		*why = "it begins like a COW file, but is of no known version";
	}
	if (!*why && cow_format_layout(header, layout))
		*why = "the size in its header is impossible";
	return *why ? -EINVAL : 0;
}

int cow_format_build(const struct cow_header *header, void *buf)
{
	const struct fields *f = &fields[header->kind];
	bool big = header->kind != COW_V1 || header->big_endian;
	__u32 version = header->kind == COW_V3_BROKEN ? COW_V3 : header->kind;
	size_t name_len = strlen(header->backing);
	__u8 *p = buf;

	if (name_len >= f->backing_len)
		return -ENAMETOOLONG;
	memset(p, 0, COW_HEADER_MAX);
	memcpy(p, big ? "OOOM" : "MOOO", MAGIC_LEN);
	put32(p + VERSION_AT, version, big);
	put32(p + f->mtime, header->mtime, big);
	put64(p + f->size, header->size, big);
	put32(p + f->sector, header->sector_size, big);
	if (f->align)
		put32(p + f->align, header->align, big);
	memcpy(p + f->backing, header->backing, name_len);
	return f->len;
}

int cow_format_layout(const struct cow_header *header,
		      struct cow_layout *layout)
{
	const __u64 file_max = ~0ULL >> 1;
	__u64 unit = header->sector_size;
	__u64 bits;

	/* With this much room left, nothing below can overflow. */
	if (header->size > file_max / 2)
		return -EFBIG;
	layout->header_len = fields[header->kind].len;
	layout->sectors = round_to(header->size, unit) / unit;
	if (header->kind < COW_V3) {
		layout->bitmap_offset = layout->header_len;
		layout->bitmap_len = (header->size + unit - 1) / (8 * unit);
	} else {
		unit = header->align;
		layout->bitmap_offset = round_to(layout->header_len, unit);
		layout->bitmap_len = round_to(layout->sectors, 8) / 8;
	}
	bits = layout->bitmap_len * 8;
	layout->mapped = bits < layout->sectors ? bits : layout->sectors;
	layout->data_offset = round_to(layout->bitmap_offset + layout->bitmap_len, unit);
	layout->end = layout->data_offset + header->size;
	return 0;
}

__u64 cow_format_needs(const struct cow_header *header,
		       const struct cow_layout *layout, __u64 stored)
{
	__u64 data_end = layout->data_offset + stored * header->sector_size;

	if (!stored)
		return layout->bitmap_offset + layout->bitmap_len;
	/* The last sector of the disk may be there in part. */
	return data_end < layout->end ? data_end : layout->end;
}
