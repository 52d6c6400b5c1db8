/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The bitmap of a COW file in memory, as it is in the file: which sectors of
 * the disk the COW file has. Pure: the driver and the tools use the same code
 * (cow_map_host.c).
 *
 * Any number of threads may call all functions but cow_map_init() at once. A
 * chunk of the bitmap is dirty from the first change of a bit in it until
 * cow_map_take() takes it to be written.
 */
#ifndef COW_MAP_H
#define COW_MAP_H

#include <host/types.h>

enum {
	/* Bytes of the bitmap which are written together. */
	COW_CHUNK = 4096,
};

/**
 * struct cow_map - a bitmap
 * @words: the bits, in the file's order (little-endian words)
 * @dirty: one byte for each chunk: not 0 if it was changed
 * @any_dirty: not 0 if there may be a dirty chunk
 * @sectors: how many have a bit; others are never set
 * @len: bytes of the bitmap in the file
 * @chunks: how many chunks that is
 */
struct cow_map {
	__u64 *words;
	__u8 *dirty;
	__u32 any_dirty;
	__u64 sectors;
	__u64 len;
	__u64 chunks;
};

/**
 * cow_map_memory() - how much memory a map needs
 * @len: bytes of the bitmap in the file
 */
__u64 cow_map_memory(__u64 len);

/**
 * cow_map_init() - make a map
 * @map: out; @map->words is where the file's bytes are to be read to
 * @memory: cow_map_memory() bytes, aligned to words, all 0; owned by the caller
 * @len: bytes of the bitmap in the file
 * @sectors: how many bits count
 */
void cow_map_init(struct cow_map *map, void *memory, __u64 len, __u64 sectors);

/**
 * cow_map_run() - how far are neighbours alike
 * @map: the map
 * @first: sector
 * @max: look at so many, at least 1
 * @stored: out: the COW file has @first
 *
 * Return: how many sectors from @first are like it, 1 to @max.
 */
__u64 cow_map_run(const struct cow_map *map, __u64 first, __u64 max,
		  bool *stored);

/**
 * cow_map_set() - the COW file has these sectors now
 * @map: the map
 * @first: sector
 * @count: how many; @first + @count is at most @map->sectors
 *
 * Return: whether that is new for any of them.
 */
bool cow_map_set(struct cow_map *map, __u64 first, __u64 count);

/**
 * cow_map_count() - how many sectors the COW file has
 * @map: the map
 */
__u64 cow_map_count(const struct cow_map *map);

/**
 * cow_map_end() - where the sectors end that the COW file has
 * @map: the map
 * @len: only so many bytes of the bitmap can have bits set
 *
 * It looks from there backwards, so that a huge bitmap need not be read.
 * Return: number of the last such sector + 1, or 0 if there is none.
 */
__u64 cow_map_end(const struct cow_map *map, __u64 len);

/**
 * cow_map_take() - take a dirty chunk to write it
 * @map: the map
 * @chunk: in: where to look from; out: the chunk that was found
 * @buf: out: its bytes, COW_CHUNK of them
 *
 * What is set later makes the chunk dirty again.
 * Return: how many bytes of @buf belong to the file, 0 if no chunk is dirty.
 */
size_t cow_map_take(struct cow_map *map, __u64 *chunk, void *buf);

/**
 * cow_map_put_back() - a chunk that was taken could not be written
 * @map: the map
 * @chunk: which
 */
void cow_map_put_back(struct cow_map *map, __u64 chunk);

#endif
