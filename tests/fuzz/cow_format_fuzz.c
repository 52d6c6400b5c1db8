// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target of the COW header parser: whatever the bytes, nothing beyond them
 * is read, what is accepted makes sense and survives being written and read
 * again, and what is refused has a reason. Built with -fsanitize=fuzzer (clang)
 * it is a libFuzzer program; built with -DFUZZ_MAIN it tries a fixed number of
 * made-up headers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cow_format.h"

#define expect(cond) do { if (!(cond)) fail(#cond); } while (0)

static void fail(const char *what)
{
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

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

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const __u8 *data, size_t size)
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
		expect(ret == -ENOMSG || ret == -EINVAL);
		expect(ret == -ENOMSG || why);
	}
	free(start);
	return 0;
}

#ifdef FUZZ_MAIN
enum { RUNS = 200000 };

static __u32 next_random(__u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* Values which a field may hold, by their first bytes. */
static const char *const words[] = {
	"OOOM", "MOOO", "\0\0\0\1", "\1\0\0\0", "\0\0\0\2", "\0\0\0\3", "\3\0\0\0",
	"\0\0\2\0", "\0\0\x10\0", "\0\2\0\0", "\xff\xff\xff\xff", "\0\0\0\0",
	"\x7f\xff\xff\xff", "\x80\0\0\0", "\0\0\0\x80", "x\0\0\0", "xxxx", "\0\0\1\0",
};

/* Where fields begin, in all versions. */
static const unsigned int places[] = {
	0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 264, 268, 272, 276,
	4104, 4108, 4112, 4116,
};

static void header_of_any_version(__u8 *buf, __u32 *state)
{
	static struct cow_header h;

	h.kind = COW_V1 + next_random(state) % 4;
	h.big_endian = h.kind != COW_V1 || next_random(state) % 2;
	h.size = 1 + next_random(state);
	h.sector_size = COW_SECTOR_MIN;
	h.align = h.kind < COW_V3 ? 1 : COW_NEW_ALIGN;
	strcpy(h.backing, "/back");
	cow_format_build(&h, buf);
}

int main(void)
{
	static __u8 buf[COW_HEADER_MAX + 100];
	__u32 state = 1;
	size_t len;

	for (int run = 0; run < RUNS; run++) {
		header_of_any_version(buf, &state);
		for (int n = next_random(&state) % 4; n; n--)
			memcpy(buf + places[next_random(&state) % (sizeof(places) / sizeof(*places))],
			       words[next_random(&state) % (sizeof(words) / sizeof(*words))], 4);
		len = next_random(&state) % 3 ? COW_HEADER_MAX :
					       next_random(&state) % sizeof(buf);
		LLVMFuzzerTestOneInput(buf, len);
	}
	printf("ok 1 - %d headers\n1..1\n", RUNS);
	return 0;
}
#endif
