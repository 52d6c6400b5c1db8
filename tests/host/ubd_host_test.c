// SPDX-License-Identifier: GPL-2.0
/*
 * The host half of the block driver and the pure parser as a plain program:
 * real files, stub helper threads and interrupts, host failures injected
 * through sys.h. Raw disks here, layered ones in ubd_layer_host_test.c. The
 * engine is named as argument. Run by tests/host/ubd.t under the sanitizers;
 * emits TAP.
 */
#include <linux/io_uring.h>

#include "ubd_harness.h"

enum {
	STORM = 20000,
	STORM_WINDOW = 256,
};

/* Tests. */

static void test_open(void)
{
	struct ubd_host_info info;
	struct ubd_host *h;
	const char *path;

	expect_refusal(in_dir("missing"), 0, -ENOENT, NULL, "a missing file");
	expect_refusal(dir, 0, -EISDIR, NULL, "a directory");
	expect_refusal("/dev/null", 0, -EINVAL, "neither", "a character device");
	need(!mkfifo(in_dir("fifo"), 0600));
	expect_refusal(in_dir("fifo"), 0, -EINVAL, "neither", "a pipe");
	expect_refusal(make_file("empty", 0), 0, -EINVAL, "empty", "an empty file");

	path = make_file("sized", 10 * BLOCK + 100);
	h = open_ok(path, 0, &info);
	ok_eq(info.size, 10 * BLOCK + 100, "size is that of the file");
	ok(!info.read_only, "it is writable");
	ok(info.block_size >= 512, "block size is given");
	ubd_host_close(h);
	ubd_host_close(NULL);

	h = open_ok(path, UBD_NO_TRIM, &info);
	ok(!info.discard, "flag t: no discard");
	ubd_host_close(h);

	h = open_ok(path, UBD_READ_ONLY, &info);
	ok(info.read_only && !info.discard, "flag r: read-only, no discard");
	ubd_host_close(h);
}

static void test_fallback(void)
{
	static const int errors[] = { -EROFS, -EACCES, -EPERM };
	struct ubd_host_info info;
	struct ubd_host *h;
	char buf[512];

	for (int i = 0; i < 3; i++) {
		/* The first open only looks. */
		inject(SYS_openat, 1, 1, errors[i]);
		h = open_ok(make_file("ro", BLOCK), 0, &info);
		inject_nothing();
		ok(info.read_only, "%s falls back to read-only",
		   strerror(-errors[i]));
		ok_eq(run_buf(h, UBD_OP_READ, 0, 0, buf, 512), 0, "it reads");
		ok_eq(run_buf(h, UBD_OP_WRITE, 0, 0, buf, 512), -EROFS, "it refuses writes");
		ok_eq(run(h, UBD_OP_DISCARD, 0, 0, 512, NULL, 0), -EROFS, "and discard");
		ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), 0, "a flush is nothing to do");
		ubd_host_close(h);
	}
	inject(SYS_openat, 1, 2, -EACCES);
	expect_refusal(in_dir("ro"), 0, -EACCES, NULL, "an unreadable file");
	inject_nothing();
}

static void test_lock(void)
{
	const char *path = make_file("locked", BLOCK);
	struct ubd_host *h = open_ok(path, 0, NULL), *h2;

	expect_refusal(path, 0, -EBUSY, "locked", "a second writer");
	expect_refusal(path, UBD_READ_ONLY, -EBUSY, "locked", "a reader beside a writer");
	ubd_host_close(open_ok(path, UBD_SHARED, NULL));
	ok(true, "flag c goes past the lock");
	ubd_host_close(h);

	h = open_ok(path, UBD_READ_ONLY, NULL);
	h2 = open_ok(path, UBD_READ_ONLY, NULL);
	ok(true, "two readers share");
	expect_refusal(path, 0, -EBUSY, "locked", "a writer beside readers");
	ubd_host_close(h);
	ubd_host_close(h2);

	h = open_ok(path, 0, NULL);
	ok(true, "closing unlocks");
	ubd_host_close(h);

	inject(SYS_fcntl, 0, 1, -ENOLCK);
	expect_refusal(path, 0, -ENOLCK, "cannot lock", "a file system without locks");
	inject_nothing();
}

static void test_slots(void)
{
	const char *path = make_file("slots", BLOCK);
	struct ubd_host *h[UBD_DISKS_MAX];

	for (int i = 0; i < UBD_DISKS_MAX; i++)
		h[i] = open_ok(path, UBD_SHARED, NULL);
	expect_refusal(path, UBD_SHARED, -EMFILE, NULL, "one disk too many");
	for (int i = 0; i < UBD_DISKS_MAX; i++)
		ubd_host_close(h[i]);
	for (int i = 0; i < 2 * UBD_DISKS_MAX; i++)
		expect_refusal(in_dir("missing"), 0, -ENOENT, NULL, "again a missing file");
	h[0] = open_ok(in_dir("slots"), 0, NULL);
	ok(true, "failed opens leave no slot behind");
	ubd_host_close(h[0]);
}

static void test_data(void)
{
	unsigned char a[700], b[3 * BLOCK], c[BLOCK - 700 + 512], got[6 * BLOCK];
	struct ubd_host_seg segs[] = {
		{ a, sizeof(a) }, { b, sizeof(b) }, { c, sizeof(c) },
	};
	struct ubd_host_seg again[3];
	const size_t len = 4 * BLOCK + 512;
	struct ubd_host *h;
	const char *path;

	path = make_file("data", 16 * BLOCK);
	h = open_ok(path, 0, NULL);

	memcpy(again, segs, sizeof(segs));
	ok_eq(run(h, UBD_OP_READ, 0, 512, len, again, 3), 0, "scattered read");
	ok(is_pattern(a, sizeof(a), 512) &&
	   is_pattern(b, sizeof(b), 512 + sizeof(a)) &&
	   is_pattern(c, sizeof(c), 512 + sizeof(a) + sizeof(b)),
	   "it has what the file has");

	memcpy(again, segs, sizeof(segs));
	ok_eq(run(h, UBD_OP_WRITE, 0, BLOCK, len, again, 3), 0, "gathered write");
	read_file(path, got, len, BLOCK);
	ok(is_pattern(got, len, 512), "the file has what was written");
	ok_eq(file_size(path), 16 * BLOCK, "and its old size");
	read_file(path, got, BLOCK, 0);
	ok(is_pattern(got, BLOCK, 0), "what lies before is untouched");

	inject_nothing();
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), 0, "flush");
	ok_eq(calls[SYS_fdatasync], 1, "it reached the host file");
	inject(SYS_fdatasync, 0, 1, -EIO);
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), -EIO, "its failure is told");
	ok_eq(calls[SYS_fadvise64], 1, "what the host may have lost is read from its disk");
	inject_nothing();
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), -EIO, "it stays, though the host forgets it");
	ok_eq(calls[SYS_fdatasync], 0, "without a question");
	ok_eq(run_buf(h, UBD_OP_WRITE, UBD_REQ_DURABLE, 0, b, 512), -EIO, "as for durable writes");
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 0, b, 512), 0, "others go on");
	ok_eq(run_buf(h, UBD_OP_READ, 0, 0, b, 512), 0, "and reads");
	ubd_host_close(h);

	h = open_ok(path, 0, NULL);
	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_WRITE, UBD_REQ_DURABLE, 0, b, 512), 0, "opened again: durable write");
	ok(!strcmp(order, "ws"), "is followed by a sync");
	inject(SYS_fdatasync, 0, 3, -EINTR);
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), 0, "an interrupted flush");
	ok_eq(calls[SYS_fdatasync], 4, "is repeated");
	ok_eq(run_buf(h, 99, 0, 0, b, 512), -EINVAL, "an unknown operation is refused");
	inject_nothing();
	ubd_host_close(h);

	h = open_ok(path, UBD_SYNC, NULL);
	inject_nothing();
	ok_eq(run(h, UBD_OP_WRITE_ZEROES, 0, 0, BLOCK, NULL, 0), 0, "zeroes with flag s");
	ok_eq(calls[SYS_fdatasync], 1, "are synced");
	ok_eq(run(h, UBD_OP_DISCARD, 0, 0, BLOCK, NULL, 0), 0, "a discard with flag s");
	ok_eq(calls[SYS_fdatasync], 2, "is synced");
	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 0, b, 512), 0, "a write with flag s");
	ok(!strcmp(order, "ws"), "is followed by a sync");
	ubd_host_close(h);
}

/* A call that moved less than asked is continued where it stopped. */
static void test_short(void)
{
	unsigned char buf[3 * BLOCK], got[3 * BLOCK];
	struct ubd_host_seg segs[2];
	struct ubd_host *h;
	const char *path;
	int cut;

	path = make_file("short", 8 * BLOCK);
	h = open_ok(path, 0, NULL);

	/* The injected call moves nothing, so its share must be there before. */
	for (cut = 1; cut < 3 * BLOCK; cut += 1111) {
		memset(buf, 0xaa, sizeof(buf));
		for (int i = 0; i < cut; i++)
			buf[i] = pattern(BLOCK + i);
		segs[0] = (struct ubd_host_seg){ buf, BLOCK };
		segs[1] = (struct ubd_host_seg){ buf + BLOCK, 2 * BLOCK };
		inject(SYS_preadv, 0, 1, cut);
		ok_eq(run(h, UBD_OP_READ, 0, BLOCK, sizeof(buf), segs, 2), 0,
		      "read cut after %d bytes", cut);
		ok(is_pattern(buf, sizeof(buf), BLOCK), "it is continued there");
	}
	for (cut = 1; cut < 3 * BLOCK; cut += 1111) {
		make_file("short", 8 * BLOCK);
		memset(buf, 0x55, sizeof(buf));
		segs[0] = (struct ubd_host_seg){ buf, BLOCK };
		segs[1] = (struct ubd_host_seg){ buf + BLOCK, 2 * BLOCK };
		inject(SYS_pwritev, 0, 1, cut);
		ok_eq(run(h, UBD_OP_WRITE, 0, BLOCK, sizeof(buf), segs, 2), 0,
		      "write cut after %d bytes", cut);
		read_file(path, got, sizeof(got), BLOCK);
		ok(is_pattern(got, cut, BLOCK) &&
		   !memcmp(got + cut, buf + cut, sizeof(got) - cut),
		   "it is continued there");
	}

	inject(SYS_preadv, 0, 3, -EINTR);
	ok_eq(run_buf(h, UBD_OP_READ, 0, 0, buf, BLOCK), 0, "read interrupted three times");
	ok_eq(calls[SYS_preadv], 4, "it is repeated");
	inject(SYS_pwritev, 0, 1, -EINTR);
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 0, buf, BLOCK), 0, "write interrupted");
	inject(SYS_preadv, 0, 1, -EIO);
	ok_eq(run_buf(h, UBD_OP_READ, 0, 0, buf, BLOCK), -EIO, "read error is told");
	inject(SYS_pwritev, 0, 1, -ENOSPC);
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 0, buf, BLOCK), -ENOSPC, "full host disk is told");
	inject(SYS_pwritev, 0, 1, 0);
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 0, buf, BLOCK), -EIO, "a write that moves nothing ends");
	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_READ, 0, 0, buf, BLOCK), 0, "the disk goes on after errors");
	ubd_host_close(h);
}

static void test_end_of_file(void)
{
	unsigned char buf[2 * BLOCK];
	struct ubd_host *h;
	const char *path;

	path = make_file("odd", BLOCK + 100);
	h = open_ok(path, 0, NULL);
	memset(buf, 0xff, sizeof(buf));
	ok_eq(run_buf(h, UBD_OP_READ, 0, BLOCK, buf, 512), 0, "last sector of an odd file");
	ok(is_pattern(buf, 100, BLOCK) && all_zero(buf + 100, 412),
	   "is filled up with zeroes");
	memset(buf, 0x77, 512);
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, BLOCK, buf, 512), 0, "it can be written");
	ok_eq(file_size(path), BLOCK + 512, "which completes the file");

	need(!truncate(path, 1000));
	ok_eq(run_buf(h, UBD_OP_READ, 0, 0, buf, 512), 0, "shrunk file: what is left can be read");
	ok_eq(run_buf(h, UBD_OP_READ, 0, 512, buf, 1024), -EIO, "what is gone cannot");
	ubd_host_close(h);
}

static void test_discard(void)
{
	unsigned char buf[4 * BLOCK];
	struct ubd_host_info info;
	struct ubd_host *h;
	const char *path;
	struct stat before, after;

	path = make_file("discard", 64 * BLOCK);
	h = open_ok(path, 0, &info);
	if (info.discard) {
		need(!stat(path, &before));
		ok_eq(run(h, UBD_OP_DISCARD, 0, BLOCK, 32 * BLOCK, NULL, 0), 0, "discard");
		need(!stat(path, &after));
		ok(after.st_blocks < before.st_blocks, "frees blocks of the host");
		read_file(path, buf, BLOCK, BLOCK);
		ok(all_zero(buf, BLOCK), "and reads as zeroes");
		read_file(path, buf, BLOCK, 33 * BLOCK);
		ok(is_pattern(buf, BLOCK, 33 * BLOCK), "what lies behind is kept");
	} else {
		tap_skip("discard", "/tmp cannot punch holes");
	}
	ok_eq(file_size(path), 64 * BLOCK, "the size is kept");
	inject(SYS_fallocate, 0, 1, -EOPNOTSUPP);
	ok_eq(run(h, UBD_OP_DISCARD, 0, 0, BLOCK, NULL, 0), -EOPNOTSUPP,
	      "a host without discard is told");
	ubd_host_close(h);

	inject(SYS_fallocate, 0, 1, -EOPNOTSUPP);
	h = open_ok(path, 0, &info);
	ok(!info.discard, "and found when opening");
	ubd_host_close(h);
	inject_nothing();
}

/* Each way to write zeroes, from the fastest to the last resort. */
static void test_zeroes(void)
{
	static const struct {
		int refused;
		__u32 flags;
		const char *name;
	} ways[] = {
		{ 0, 0, "zeroes" },
		{ 1, 0, "zeroes without ZERO_RANGE" },
		{ 2, 0, "zeroes without fallocate" },
		{ 1, UBD_REQ_KEEP_BLOCKS, "zeroes that keep blocks, without ZERO_RANGE" },
		{ 2, UBD_REQ_DURABLE, "durable zeroes" },
	};
	const size_t len = 130 * 1024;
	unsigned char *buf = malloc(len + 1024);
	struct ubd_host *h;
	const char *path;

	path = make_file("zeroes", 256 * 1024);
	for (int i = 0; i < 5; i++) {
		make_file("zeroes", 256 * 1024);
		h = open_ok(path, 0, NULL);
		inject(SYS_fallocate, 0, ways[i].refused, -EOPNOTSUPP);
		ok_eq(run(h, UBD_OP_WRITE_ZEROES, ways[i].flags, 512, len, NULL, 0), 0,
		      "%s", ways[i].name);
		ok_eq(calls[SYS_fdatasync], !!(ways[i].flags & UBD_REQ_DURABLE),
		      "synced if asked");
		if (ways[i].flags & UBD_REQ_KEEP_BLOCKS)
			ok_eq(calls[SYS_fallocate], 1, "no hole is punched");
		read_file(path, buf, len + 1024, 0);
		ok(is_pattern(buf, 512, 0) && all_zero(buf + 512, len) &&
		   is_pattern(buf + 512 + len, 512, 512 + len), "exactly there");
		ok_eq(file_size(path), 256 * 1024, "size is kept");
		ubd_host_close(h);
	}
	h = open_ok(path, 0, NULL);
	inject(SYS_fallocate, 0, 1, -ENOSPC);
	ok_eq(run(h, UBD_OP_WRITE_ZEROES, 0, 0, BLOCK, NULL, 0), -ENOSPC, "other errors are told");
	inject_nothing();
	ubd_host_close(h);
	free(buf);
}

/* Many requests at once, from two submitters, each with its own content. */
struct storm_req {
	struct ubd_host_req req;
	struct ubd_host_seg seg;
	unsigned char buf[512];
	bool busy;
};

static struct storm_req storm[2][STORM_WINDOW];
static bool storm_ended[2];

struct storm_arg {
	struct ubd_host *h;
	unsigned int queue;
	int who;
};

static void storm_submit(const struct storm_arg *a, struct storm_req *s, int slot)
{
	s->seg = (struct ubd_host_seg){ s->buf, sizeof(s->buf) };
	memset(s->buf, 0, sizeof(s->buf));
	s->req = (struct ubd_host_req){
		.host = a->h, .queue = a->queue, .op = UBD_OP_READ,
		.offset = (__u64)(a->who * STORM_WINDOW + slot) * 512,
		.len = 512, .segs = &s->seg, .nr_segs = 1,
	};
	__atomic_store_n(&s->busy, true, __ATOMIC_SEQ_CST);
	hand_over(&s->req);
	/* Perhaps it is done already, which no interrupt tells. */
	sem_post(&interrupt[a->queue]);
}

static void *storm_main(void *arg)
{
	struct storm_arg *a = arg;
	int left = STORM;

	while (left > 0) {
		for (int i = 0; i < STORM_WINDOW; i++) {
			struct storm_req *s = &storm[a->who][i];

			if (__atomic_load_n(&s->busy, __ATOMIC_SEQ_CST))
				continue;
			storm_submit(a, s, i);
			left--;
		}
		sched_yield();
	}
	__atomic_store_n(&storm_ended[a->who], true, __ATOMIC_SEQ_CST);
	sem_post(&interrupt[a->queue]);
	return NULL;
}

/* What a queue gives back: how many of its submitters' are there, how many are wrong. */
struct storm_end {
	unsigned int queue;
	int first, last;
	int done, bad;
};

static bool storm_over(const struct storm_end *e)
{
	for (int who = e->first; who <= e->last; who++) {
		if (!__atomic_load_n(&storm_ended[who], __ATOMIC_SEQ_CST))
			return false;
		for (int i = 0; i < STORM_WINDOW; i++)
			if (__atomic_load_n(&storm[who][i].busy, __ATOMIC_SEQ_CST))
				return false;
	}
	return true;
}

static void *storm_collect(void *arg)
{
	struct storm_end *e = arg;
	struct ubd_host_req *req, *next;

	while (!storm_over(e)) {
		wait_interrupt(e->queue);
		for (req = collect(e->queue); req; req = next) {
			struct storm_req *s = (struct storm_req *)req;
			size_t slot = s - &storm[0][0];

			next = req->next;
			e->done++;
			e->bad += req->result || req->queue != e->queue ||
				  !is_pattern(s->buf, 512, slot * 512);
			__atomic_store_n(&s->busy, false, __ATOMIC_SEQ_CST);
		}
	}
	return NULL;
}

/* Two who submit, on one queue or on one each. */
static void test_storm(unsigned int queues)
{
	struct storm_end end[2];
	struct storm_arg args[2];
	pthread_t by[2], back[2];
	struct timespec t0, t1;
	struct ubd_host *h;
	int done = 0, bad = 0;

	h = open_ok(make_file("storm", 2 * STORM_WINDOW * 512), 0, NULL);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	for (int i = 0; i < 2; i++) {
		args[i] = (struct storm_arg){ h, i % queues, i };
		storm_ended[i] = false;
	}
	for (unsigned int i = 0; i < queues; i++)
		end[i] = (struct storm_end){ i, i, queues == 2 ? i : 1, 0, 0 };
	for (int i = 0; i < 2; i++)
		need(!pthread_create(&by[i], NULL, storm_main, &args[i]));
	for (unsigned int i = 0; i < queues; i++)
		need(!pthread_create(&back[i], NULL, storm_collect, &end[i]));
	for (int i = 0; i < 2; i++)
		pthread_join(by[i], NULL);
	for (unsigned int i = 0; i < queues; i++) {
		pthread_join(back[i], NULL);
		done += end[i].done;
		bad += end[i].bad;
	}
	clock_gettime(CLOCK_MONOTONIC, &t1);
	tap_note("%d requests, queues: %u, %.1f us each", done, queues,
		 ((t1.tv_sec - t0.tv_sec) * 1e6 + (t1.tv_nsec - t0.tv_nsec) / 1e3) / done);
	ok(done >= 2 * STORM, "each request of the storm comes back once");
	ok_eq(bad, 0, "on its queue, with its own data");
	ok(!collect(0) && !collect(queues - 1), "nothing is left");
	ubd_host_close(h);
}

static void test_engine(void)
{
	const char *name = NULL;

	threads_allowed = 2;
	ok_eq(start_engine(engine_kind, 1, &name), -EAGAIN, "a host without threads is told");
	threads_allowed = -1;
	inject(SYS_io_uring_setup, 0, 1, -EPERM);
	ok_eq(start_engine(UBD_ENGINE_IO_URING, 1, &name), -EPERM,
	      "a host which forbids io_uring is told");
	inject(SYS_io_uring_setup, 0, 1, -ENOSYS);
	ok_eq(start_engine(UBD_ENGINE_AUTO, 1, &name), 0,
	      "without io_uring the choice is ours");
	ok(!strcmp(name, "threads"), "threads");
	ubd_host_stop();
	inject(SYS_io_uring_register, 0, 1, -EINVAL);
	ok_eq(start_engine(UBD_ENGINE_AUTO, 1, &name), 0, "half an io_uring is none");
	ok(!strcmp(name, "threads"), "threads again");
	ubd_host_stop();
	inject_nothing();
	ok_eq(start_engine(engine_kind, 1, &name), 0, "the engine starts");
	ok(!strcmp(name, engine_kind == UBD_ENGINE_THREADS ? "threads" : "io_uring"), "by its name");
	ok_eq(start_engine(engine_kind, 1, &name), -EBUSY, "but once");
}

/* A host that does not take what is queued. */
static void test_full_ring(void)
{
	static unsigned char large[256 * 1024];
	unsigned char buf[BLOCK];
	struct ubd_host *h;

	h = open_ok(make_file("full", 4 * BLOCK), 0, NULL);
	inject(SYS_io_uring_enter, 0, 1, -EAGAIN);
	ok_eq(run_buf(h, UBD_OP_READ, 0, BLOCK, buf, BLOCK), 0, "a ring that is not served");
	ok(is_pattern(buf, BLOCK, BLOCK), "reads all the same");
	ok_eq(calls[SYS_preadv], 1, "by a helper thread");
	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_READ, 0, BLOCK, buf, BLOCK), 0, "then it is served again");
	ok_eq(calls[SYS_preadv], 0, "without helpers");
	ok_eq(calls[SYS_io_uring_enter], 1, "with one call");
	ubd_host_close(h);

	h = open_ok(make_file("full", sizeof(large)), 0, NULL);
	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_READ, 0, 0, large, sizeof(large)), 0, "a large read");
	ok(is_pattern(large, sizeof(large), 0), "is whole");
	ok_eq(calls[SYS_preadv], 1, "a helper thread did it");
	ubd_host_close(h);
}

static void test_measure(void)
{
	struct ubd_host_info info;
	unsigned char buf[BLOCK];
	struct ubd_host *h;
	const char *path;
	__u64 size = 0;

	path = make_file("grows", 4 * BLOCK);
	h = open_ok(path, 0, &info);
	need(!truncate(path, 8 * BLOCK));
	ok_eq(ubd_host_measure(h, &size), 0, "a file that grew");
	ok_eq(size, 8 * BLOCK, "has its new size");
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 7 * BLOCK, buf, BLOCK), 0, "and can be written there");
	need(!truncate(path, 2 * BLOCK));
	ok_eq(ubd_host_measure(h, &size), 0, "a file that shrank");
	ok_eq(size, 8 * BLOCK, "keeps its size");
	ok_eq(run_buf(h, UBD_OP_READ, 0, 4 * BLOCK, buf, BLOCK), -EIO, "what is gone is an error");
	inject(SYS_fstat, 0, 1, -ESTALE);
	ok_eq(ubd_host_measure(h, &size), -ESTALE, "a host that cannot say is told");
	inject_nothing();
	ubd_host_close(h);
}

static void test_parser(void)
{
	static struct ubd_config cfg;
	char err[UBD_ERROR_MAX];
	char name[64];

	ok_eq(ubd_config_parse("0rs=root.img", &cfg, err, sizeof(err)),
	      UBD_CONFIG_DISK, "ubd0rs=root.img");
	ok(!strcmp(cfg.file, "root.img") &&
	   cfg.flags == (UBD_READ_ONLY | UBD_SYNC) && !cfg.index,
	   "is taken apart");
	ok_eq(ubd_config_parse("z=x", &cfg, err, sizeof(err)), -EINVAL, "ubdz=x");
	tap_note("%s", err);
	ok_eq(ubd_config_parse("0=", &cfg, err, sizeof(err)), -EINVAL, "ubd0=");
	tap_note("%s", err);
	ok_eq(ubd_root_spelling("/dev/ubd10", name, sizeof(name)), 1, "root=/dev/ubd10");
	ok(!strcmp(name, "/dev/ubdk"), "is /dev/ubdk");
}

/* Failures are injected into the calls of helper threads. */
static void test_calls(void)
{
	test_fallback();
	test_lock();
	test_slots();
	test_data();
	test_short();
	test_end_of_file();
	test_discard();
	test_zeroes();
	test_measure();
}

/* A ring's descriptor, of those the engine has; they are all alike. */
static int find_ring(void)
{
	char path[64], target[64];
	ssize_t n;
	int fd;

	for (fd = 0; fd < 256; fd++) {
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		n = readlink(path, target, sizeof(target) - 1);
		if (n < 0)
			continue;
		target[n] = 0;
		if (strstr(target, "[io_uring]"))
			return fd;
	}
	return -1;
}

/*
 * What a program could do with a ring that carries out anything: make sockets
 * and open files, past a filter of system calls.
 */
static void test_restricted_ring(void)
{
	static char probe[sizeof(struct io_uring_probe) +
			  256 * sizeof(struct io_uring_probe_op)];
	struct io_uring_params p = { };
	struct io_uring_sqe *sqe;
	__u32 *tail, *cq_tail;
	struct io_uring_cqe *cqe;
	int ring = find_ring(), other;
	char *indices;
	void *sqes;
	size_t len;

	ok(ring >= 0, "the engine has a ring");
	ok_eq(syscall(SYS_io_uring_register, ring, IORING_REGISTER_PROBE, probe, 256),
	      -1, "nobody registers anything with it");
	/* Its indices are where those of any ring of its size are. */
	p.flags = IORING_SETUP_CQSIZE;
	p.cq_entries = 4096;
	other = syscall(SYS_io_uring_setup, 256, &p);
	need(other >= 0);
	close(other);
	len = p.cq_off.cqes + p.cq_entries * sizeof(*cqe);
	indices = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, ring,
		       IORING_OFF_SQ_RING);
	sqes = mmap(NULL, p.sq_entries * sizeof(*sqe), PROT_READ | PROT_WRITE,
		    MAP_SHARED, ring, IORING_OFF_SQES);
	need(indices != MAP_FAILED && sqes != MAP_FAILED);
	tail = (__u32 *)(indices + p.sq_off.tail);
	cq_tail = (__u32 *)(indices + p.cq_off.tail);
	sqe = (struct io_uring_sqe *)sqes + (*tail & (p.sq_entries - 1));
	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = IORING_OP_OPENAT;
	sqe->fd = AT_FDCWD;
	sqe->addr = (uintptr_t)"/dev/null";
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	syscall(SYS_io_uring_enter, ring, 1, 0, 0, NULL, 0);
	cqe = (struct io_uring_cqe *)(indices + p.cq_off.cqes) +
	      ((*cq_tail - 1) & (p.cq_entries - 1));
	ok_eq(cqe->res, -EACCES, "the ring opens no file");
	munmap(indices, len);
	munmap(sqes, p.sq_entries * sizeof(*sqe));
}

int main(int argc, char **argv)
{
	const char *name;

	begin(argc, argv);
	test_parser();
	test_engine();
	test_open();
	if (engine_kind == UBD_ENGINE_THREADS) {
		test_calls();
	} else {
		test_end_of_file();
		test_discard();
		test_zeroes();
		test_full_ring();
	}
	test_storm(1);
	/* At the end: the engine does not know of this entry. */
	if (engine_kind == UBD_ENGINE_IO_URING)
		test_restricted_ring();
	ubd_host_stop();
	ubd_host_stop();
	ok_eq(start_engine(engine_kind, QUEUES, &name), 0, "the engine starts again, with more queues");
	test_storm(1);
	test_storm(2);
	ubd_host_stop();

	remove_dir();
	return tap_done();
}
