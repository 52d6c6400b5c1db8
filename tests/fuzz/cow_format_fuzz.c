// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of the COW header parser: whatever the bytes, nothing beyond them
 * is read, what is accepted makes sense and survives being written and read
 * again, and what is refused has a reason.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cow_format.h"
#include "fuzz.h"

#define expect(cond)	fuzz_expect(cond, "")

static void check_layout(const struct cow_header *h, const struct cow_layout *l)
{
	expect(h->kind >= COW_V1 && h->kind <= COW_V3_BROKEN);
	expect(h->size && h->backing[0] && strlen(h->backing) < COW_BACKING_MAX);
	expect(l->header_len <= l->bitmap_offset);
	expect(l->bitmap_offset + l->bitmap_len <= l->data_offset);
	expect(l->data_offset + h->size == l->end);
	expect(l->end > l->data_offset && l->end <= ~0ULL >> 1);
	expect((l->sectors - 1) * h->sector_size < h->size);
	expect(l->sectors * h->sector_size >= h->size);
	expect(l->mapped <= l->sectors && l->sectors - l->mapped < 8);
	expect(l->mapped <= l->bitmap_len * 8);
}

static void check_again(const struct cow_header *h)
{
	static struct cow_header again;
	static __u8 buf[COW_HEADER_MAX];
	struct cow_layout l;
	const char *why;
	int len = cow_format_build(h, buf);

	expect(len > 0 && len <= COW_HEADER_MAX);
	expect(!cow_format_parse(buf, len, &again, &l, &why));
	/* The magic tells the byte order in V1 alone; we write the usual one. */
	expect(h->kind != COW_V1 || again.big_endian == h->big_endian);
	again.big_endian = h->big_endian;
	expect(!memcmp(&again, h, sizeof(again)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of exact size, so that the sanitizer sees each step too far. */
	__u8 *start = malloc(size ?: 1);
	static struct cow_header h;
	struct cow_layout l;
	const char *why;
	int ret;

	memcpy(start, data, size);
	ret = cow_format_parse(start, size, &h, &l, &why);
	expect((ret == -ENOMSG) == !cow_format_is_cow(start, size));
	if (!ret) {
		check_layout(&h, &l);
		check_again(&h);
	} else {
		expect(ret == -ENOMSG || ret == -ENODATA || ret == -EINVAL);
		expect(ret != -EINVAL || why);
		expect(ret != -ENODATA || size < l.header_len);
	}
	free(start);
	return 0;
}

/* ---- fixed inputs: headers with fields changed ---- */

enum {
	INPUT_MAX = COW_HEADER_MAX + 100,
};

/* Values which a field may hold, by their first bytes. */
static const char words[][4] = {
	"OOOM", "MOOO", "\0\0\0\1", "\1\0\0\0", "\0\0\0\2", "\0\0\0\3", "\3\0\0\0",
	"\0\0\2\0", "\0\0\x10\0", "\0\2\0\0", "\xff\xff\xff\xff", "\0\0\0\0",
	"\x7f\xff\xff\xff", "\x80\0\0\0", "\0\0\0\x80", "x\0\0\0", "xxxx", "\0\0\1\0",
};

/* Where fields begin, in all versions. */
static const unsigned int places[] = {
	0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 264, 268, 272, 276,
	4104, 4108, 4112, 4116,
};

enum {
	NR_WORDS = sizeof(words) / sizeof(*words),
	NR_PLACES = sizeof(places) / sizeof(*places),
};

static void header_of_any_version(uint8_t *buf)
{
	static struct cow_header h;

	h.kind = COW_V1 + fuzz_next(4);
	h.big_endian = h.kind != COW_V1 || fuzz_next(2);
	h.size = 1 + fuzz_next(1 << 24);
	h.sector_size = COW_SECTOR_MIN;
	h.align = h.kind < COW_V3 ? 1 : COW_NEW_ALIGN;
	strcpy(h.backing, "/back");
	cow_format_build(&h, buf);
}

static size_t make_header(uint8_t *buf, unsigned int round)
{
	header_of_any_version(buf);
	for (int n = fuzz_next(4); n; n--)
		memcpy(buf + places[fuzz_next(NR_PLACES)],
		       words[fuzz_next(NR_WORDS)], sizeof(words[0]));
	return fuzz_next(3) ? COW_HEADER_MAX : fuzz_next(INPUT_MAX);
}

const struct fuzz_inputs fuzz_inputs = {
	.rounds = 200000, .max = INPUT_MAX, .make = make_header,
};
