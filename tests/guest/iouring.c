// SPDX-License-Identifier: GPL-2.0
/*
 * Threads of the kernel that read for a program (workers of io_uring) into memory which must be
 * faulted in first, while the program's other thread maps and unmaps: they wait for it, and do
 * not take it for a bad address.
 */
#include <linux/io_uring.h>
#include <pthread.h>

#include "util.h"

enum { READS = 3000, BUFFER = 8 * PAGE };

static bool stop;
static struct io_uring_params params;
static u8 *sq, *cq;
static struct io_uring_sqe *sqes;

static u32 *ring_word(u8 *ring, u32 offset)
{
	return (u32 *)(ring + offset);
}

static int open_ring(void)
{
	int fd = raw2(SYS_io_uring_setup, 4, &params);
	size_t len = params.sq_off.array + params.sq_entries * sizeof(u32);
	size_t cq_len = params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe);

	if (fd < 0)
		return fd;
	if (cq_len > len)
		len = cq_len;
	sq = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQ_RING);
	need(sq != MAP_FAILED && (params.features & IORING_FEAT_SINGLE_MMAP));
	cq = sq;
	sqes = mmap(NULL, params.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES);
	need(sqes != MAP_FAILED);
	return fd;
}

/* By a worker: IOSQE_ASYNC. */
static int read_async(int ring, int fd, void *buffer, size_t len)
{
	u32 *tail = ring_word(sq, params.sq_off.tail), *head = ring_word(cq, params.cq_off.head);
	u32 mask = *ring_word(sq, params.sq_off.ring_mask), at = *tail & mask;
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(cq + params.cq_off.cqes);
	int result;

	sqes[at] = (struct io_uring_sqe) {
		.opcode = IORING_OP_READ, .flags = IOSQE_ASYNC, .fd = fd, .addr = (u64)buffer, .len = len,
	};
	ring_word(sq, params.sq_off.array)[at] = at;
	WRITE_VAR(*tail, *tail + 1);
	need(raw6(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) == 1);
	result = cqes[*head & *ring_word(cq, params.cq_off.ring_mask)].res;
	WRITE_VAR(*head, *head + 1);
	return result;
}

/* Keeps the lock of the address space busy. */
static void *mapper(void *arg)
{
	(void)arg;
	while (!READ_VAR(stop)) {
		void *p = mmap(NULL, 64 * PAGE, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (p != MAP_FAILED)
			munmap(p, 64 * PAGE);
	}
	return NULL;
}

int main(void)
{
	int fd = tmp_file(BUFFER), ring = open_ring(), bad = 0, last = 0;
	u8 *buffer = map_anon(BUFFER);
	pthread_t thread;

	if (ring < 0) {
		tap_skip("reads by workers", "io_uring_setup() is refused here");
		return tap_done();
	}
	need(!pthread_create(&thread, NULL, mapper, NULL));
	for (int i = 0; i < READS; i++) {
		int n;

		need(madvise(buffer, BUFFER, MADV_DONTNEED) == 0);
		n = read_async(ring, fd, buffer, BUFFER);
		if (n != BUFFER) {
			bad++;
			last = n;
		}
	}
	WRITE_VAR(stop, true);
	need(!pthread_join(thread, NULL));
	if (!ok_eq(bad, 0, "workers read into memory that must be faulted in"))
		tap_note("the last one: %d", last);
	return tap_done();
}
