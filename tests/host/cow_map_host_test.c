// SPDX-License-Identifier: GPL-2.0
/*
 * The bitmap of a COW file in memory: runs and counts beside a plain array of
 * flags, dirty chunks, and setters beside a writer. Run by tests/host/cow.t
 * under the sanitizers; emits TAP.
 */
#include <pthread.h>
#include <string.h>

#include "../guest/tap.h"
#include "cow_map.h"

enum {
	SECTORS = 3 * COW_CHUNK * 8 - 1000 + 3,
	LEN = (SECTORS + 7) / 8,
	ROUNDS = 3000,
	SETTERS = 2,
	/* Longest run that is looked for. */
	BEYOND = 700,
};

static __u32 seed = 1;

static __u32 any(__u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (__u64)(seed >> 4) * below >> 28;
}

static bool plain[SECTORS + BEYOND];

static struct cow_map new_map(__u64 len, __u64 sectors)
{
	struct cow_map map;
	void *memory = calloc(1, cow_map_memory(len));

	need(memory);
	cow_map_init(&map, memory, len, sectors);
	return map;
}

static __u64 plain_run(__u64 first, __u64 max)
{
	__u64 n = 1;

	while (n < max && plain[first + n] == plain[first])
		n++;
	return n;
}

static void test_runs(void)
{
	struct cow_map map = new_map(LEN, SECTORS);
	__u64 first, n, count = 0;
	__u64 last = 0;
	int bad = 0;
	bool stored;

	bad += cow_map_end(&map, LEN) != 0;
	for (int round = 0; round < ROUNDS; round++) {
		bool new = false;

		n = 1 + any(any(4) ? 8 : 300);
		first = any(SECTORS - n + 1);
		for (__u64 i = first; i < first + n; i++) {
			new |= !plain[i];
			count += !plain[i];
			plain[i] = true;
		}
		bad += cow_map_set(&map, first, n) != new;
		if (first + n > last)
			last = first + n;
		bad += cow_map_end(&map, LEN) != last;
		n = 1 + any(BEYOND);
		first = any(SECTORS);
		bad += cow_map_run(&map, first, n, &stored) != plain_run(first, n);
		bad += stored != plain[first];
	}
	ok_eq(bad, 0, "%d random sets and runs agree with plain flags", ROUNDS);
	ok_eq(cow_map_count(&map), count, "so does the count");
	ok_eq(cow_map_run(&map, SECTORS, 5, &stored), 5, "behind the last bit all are alike");
	ok(!stored, "and none is stored");
	free(map.words);
}

static void test_edges(void)
{
	struct cow_map map = new_map(1, 5);
	bool stored;

	ok_eq(cow_map_run(&map, 0, 8, &stored), 8, "an empty bitmap runs on behind its end");
	ok(cow_map_set(&map, 4, 1), "the last bit");
	ok_eq(cow_map_run(&map, 4, 4, &stored), 1, "when set it is a run of one");
	ok(stored, "and stored");
	ok_eq(cow_map_run(&map, 0, 8, &stored), 4, "the others end before it");
	ok(!cow_map_set(&map, 4, 1), "to set it again is nothing new");
	ok_eq(cow_map_end(&map, 1), 5, "what is stored ends behind it");
	ok_eq(cow_map_end(&map, 0), 0, "unless nothing is looked at");
	map.words[0] |= 0xe0;
	ok_eq(cow_map_end(&map, 1), 5, "whatever stray bits are behind");
	ok_eq(cow_map_count(&map), 1, "stray bits behind the end do not count");
	free(map.words);
}

static void test_chunks(void)
{
	struct cow_map map = new_map(LEN, SECTORS);
	static __u8 buf[COW_CHUNK];
	__u64 chunk = 0;

	ok_eq(cow_map_take(&map, &chunk, buf), 0, "a new map is clean");
	cow_map_set(&map, COW_CHUNK * 8 - 1, 2);
	cow_map_set(&map, SECTORS - 1, 1);
	ok_eq(cow_map_take(&map, &chunk, buf), COW_CHUNK, "a whole chunk is dirty");
	ok(chunk == 0 && buf[COW_CHUNK - 1] == 0x80 && !buf[0], "the first, with its last bit");
	chunk++;
	ok_eq(cow_map_take(&map, &chunk, buf), COW_CHUNK, "so is the next");
	ok(chunk == 1 && buf[0] == 1, "with its first bit");
	chunk++;
	ok_eq(cow_map_take(&map, &chunk, buf), LEN % COW_CHUNK, "the last is as long as the bitmap");
	ok_eq(buf[LEN % COW_CHUNK - 1], 1 << (SECTORS - 1) % 8, "and has the last bit");
	chunk++;
	ok_eq(cow_map_take(&map, &chunk, buf), 0, "that is all");
	cow_map_put_back(&map, 1);
	chunk = 0;
	ok_eq(cow_map_take(&map, &chunk, buf), COW_CHUNK, "what was put back is dirty again");
	ok_eq(chunk, 1, "and only that");
	free(map.words);
}

static struct cow_map shared;
static int setters_left = SETTERS;

static void *setter(void *arg)
{
	__u64 who = (size_t)arg;

	for (__u64 s = who; s < SECTORS; s += SETTERS)
		cow_map_set(&shared, s, 1);
	__atomic_sub_fetch(&setters_left, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* What a writer would have put into the file is complete in the end. */
static void test_threads(void)
{
	static __u8 file[(LEN / COW_CHUNK + 1) * COW_CHUNK];
	pthread_t id[SETTERS];
	__u64 chunk;
	bool last;

	shared = new_map(LEN, SECTORS);
	for (size_t i = 0; i < SETTERS; i++)
		need(!pthread_create(&id[i], NULL, setter, (void *)i));
	do {
		static __u8 buf[COW_CHUNK];
		size_t n;

		last = !__atomic_load_n(&setters_left, __ATOMIC_SEQ_CST);
		for (chunk = 0; (n = cow_map_take(&shared, &chunk, buf)); chunk++)
			memcpy(file + chunk * COW_CHUNK, buf, n);
	} while (!last);
	for (int i = 0; i < SETTERS; i++)
		pthread_join(id[i], NULL);
	ok(!memcmp(file, shared.words, LEN), "no bit is lost between setters and a writer");
	ok_eq(cow_map_count(&shared), SECTORS, "all of them are set");
	free(shared.words);
}

int main(void)
{
	test_runs();
	test_edges();
	test_chunks();
	test_threads();
	return tap_done();
}
