// SPDX-License-Identifier: GPL-2.0
/*
 * The bitmap of a COW file in memory; see cow_map.h. Pure: part of the driver's
 * host half, of the tools and of their tests.
 *
 * Ordering: who sets a bit makes its chunk dirty afterwards; who takes a chunk
 * cleans it before reading its bits. So a bit that was not copied leaves its
 * chunk dirty, whichever way the two meet.
 */
#include <assert.h>
#include <string.h>

#include "cow_map.h"

enum {
	WORD_BITS = 64,
	CHUNK_WORDS = COW_CHUNK / sizeof(__u64),
	CHUNK_BITS = COW_CHUNK * 8,
};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the words are the file's bytes");

static __u64 chunks_of(__u64 len)
{
	return (len + COW_CHUNK - 1) / COW_CHUNK;
}

__u64 cow_map_memory(__u64 len)
{
	return chunks_of(len) * (COW_CHUNK + 1);
}

void cow_map_init(struct cow_map *map, void *memory, __u64 len, __u64 sectors)
{
	map->chunks = chunks_of(len);
	map->words = memory;
	map->dirty = (__u8 *)memory + map->chunks * COW_CHUNK;
	map->any_dirty = 0;
	map->sectors = sectors;
	map->len = len;
}

static __u64 load(const __u64 *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static __u64 min_of(__u64 a, __u64 b)
{
	return a < b ? a : b;
}

__u64 cow_map_run(const struct cow_map *map, __u64 first, __u64 max,
		  bool *stored)
{
	__u64 at = first;
	__u64 end = min_of(first + max, map->sectors);
	__u64 differ;

	*stored = false;
	if (first >= map->sectors)
		return max;
	*stored = load(&map->words[at / WORD_BITS]) >> at % WORD_BITS & 1;
	while (at < end) {
		/* Ones where it is not like the first. */
		differ = load(&map->words[at / WORD_BITS]) ^ (*stored ? ~0ULL : 0);
		differ >>= at % WORD_BITS;
		if (differ) {
			at += __builtin_ctzll(differ);
			break;
		}
		at += WORD_BITS - at % WORD_BITS;
	}
	/* Behind the last bit is as if not set. */
	if (at >= map->sectors && !*stored)
		return max;
	return min_of(at, end) - first;
}

static void make_dirty(struct cow_map *map, __u64 chunk)
{
	__atomic_store_n(&map->dirty[chunk], 1, __ATOMIC_SEQ_CST);
	__atomic_store_n(&map->any_dirty, 1, __ATOMIC_SEQ_CST);
}

/* Some bits of one word. */
static bool set_in_word(struct cow_map *map, __u64 word, __u64 mask)
{
	/* Most writes go where something was written before. */
	if ((load(&map->words[word]) & mask) == mask)
		return false;
	__atomic_fetch_or(&map->words[word], mask, __ATOMIC_SEQ_CST);
	make_dirty(map, word / CHUNK_WORDS);
	return true;
}

bool cow_map_set(struct cow_map *map, __u64 first, __u64 count)
{
	bool new = false;
	__u64 shift, n;

	while (count) {
		shift = first % WORD_BITS;
		n = min_of(count, WORD_BITS - shift);
		new |= set_in_word(map, first / WORD_BITS,
				   ~0ULL >> (WORD_BITS - n) << shift);
		first += n;
		count -= n;
	}
	return new;
}

/* The compiler's own is a function of a library. */
static __u64 count_ones(__u64 word)
{
	__u64 n;

	for (n = 0; word; n++)
		word &= word - 1;
	return n;
}

__u64 cow_map_count(const struct cow_map *map)
{
	__u64 whole = map->sectors / WORD_BITS, rest = map->sectors % WORD_BITS;
	__u64 n = 0;

	for (__u64 i = 0; i < whole; i++)
		n += count_ones(load(&map->words[i]));
	if (rest)
		n += count_ones(load(&map->words[whole]) & ~(~0ULL << rest));
	return n;
}

__u64 cow_map_end(const struct cow_map *map, __u64 len)
{
	__u64 end = min_of(len * 8, map->sectors);
	__u64 at = end / WORD_BITS, rest = end % WORD_BITS;
	__u64 word = 0;

	if (rest)
		word = load(&map->words[at]) & ~(~0ULL << rest);
	while (!word && at)
		word = load(&map->words[--at]);
	return word ? (at + 1) * WORD_BITS - __builtin_clzll(word) : 0;
}

/* Return: the first dirty chunk from @chunk on, or NULL. */
static __u8 *find_dirty(struct cow_map *map, __u64 chunk)
{
	for (; chunk < map->chunks; chunk++)
		if (__atomic_load_n(&map->dirty[chunk], __ATOMIC_RELAXED))
			return &map->dirty[chunk];
	return NULL;
}

size_t cow_map_take(struct cow_map *map, __u64 *chunk, void *buf)
{
	__u64 *out = buf;
	__u8 *dirty;

	/* From the beginning means that nothing dirty shall be left. */
	if (!*chunk && !__atomic_exchange_n(&map->any_dirty, 0, __ATOMIC_SEQ_CST))
		return 0;
	dirty = find_dirty(map, *chunk);
	if (!dirty)
		return 0;
	*chunk = dirty - map->dirty;
	__atomic_exchange_n(dirty, 0, __ATOMIC_SEQ_CST);
	for (int i = 0; i < CHUNK_WORDS; i++)
		out[i] = load(&map->words[*chunk * CHUNK_WORDS + i]);
	return min_of(COW_CHUNK, map->len - *chunk * COW_CHUNK);
}

void cow_map_put_back(struct cow_map *map, __u64 chunk)
{
	make_dirty(map, chunk);
}
