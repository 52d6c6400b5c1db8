// SPDX-License-Identifier: GPL-2.0
/*
 * The host half of the block driver and the pure parser as a plain program:
 * real files, stub helper threads and interrupts, host failures injected
 * through sys.h. Run by tests/host/ubd.t under the sanitizers; emits TAP.
 */
#include <dirent.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/falloc.h>
#include <linux/futex.h>

#include <host/event.h>
#include <host/thread.h>
#include <os-Linux/sys.h>

#include "../guest/tap.h"
#include "ubd_config.h"
#include "ubd_host.h"

enum {
	COOKIE = 7,
	THREADS = 4,
	STORM = 20000,
	STORM_WINDOW = 256,
	BLOCK = 4096,
};

/* What the boundary promises to host code. */

struct os_thread {
	pthread_t id;
	void (*fn)(void *arg);
	void *arg;
};

static int threads_allowed = -1;

static void *thread_main(void *arg)
{
	struct os_thread *t = arg;

	t->fn(t->arg);
	return NULL;
}

int os_thread_start(const char *name, void (*fn)(void *arg), void *arg,
		    struct os_thread **ret)
{
	struct os_thread *t;

	if (!threads_allowed)
		return -EAGAIN;
	if (threads_allowed > 0)
		threads_allowed--;
	t = calloc(1, sizeof(*t));
	t->fn = fn;
	t->arg = arg;
	if (pthread_create(&t->id, NULL, thread_main, t))
		abort();
	*ret = t;
	return 0;
}

void os_thread_join(struct os_thread *t)
{
	if (!t)
		return;
	pthread_join(t->id, NULL);
	free(t);
}

void os_futex_wait(__u32 *word, __u32 val)
{
	syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, val, NULL, NULL, 0);
}

void os_futex_wake(__u32 *word, int nr)
{
	syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, nr, NULL, NULL, 0);
}

static sem_t interrupt;

void os_event_raise(__u32 cookie)
{
	if (cookie != COOKIE)
		abort();
	sem_post(&interrupt);
}

/*
 * Injected failures: calls number @from to @from + @count - 1 of @nr answer
 * @value. calls[] counts all calls, so that a test can say what was not done.
 */
static struct {
	long nr;
	int from;
	int count;
	long value;
} fault = { .nr = -1 };

static int calls[512];

bool sys_fault_hook(long nr, long *ret)
{
	int n = __atomic_fetch_add(&calls[nr], 1, __ATOMIC_SEQ_CST);

	if (nr != fault.nr || n < fault.from || n >= fault.from + fault.count)
		return false;
	*ret = fault.value;
	return true;
}

static void inject(long nr, int from, int count, long value)
{
	memset(calls, 0, sizeof(calls));
	fault.nr = nr;
	fault.from = from;
	fault.count = count;
	fault.value = value;
}

static void inject_nothing(void)
{
	inject(-1, 0, 0, 0);
}

/* Helpers of the tests. */

static char dir[32] = "/tmp/ubd-test-XXXXXX";

static const char *in_dir(const char *name)
{
	/* A few at a time are in use. */
	static char path[4][256];
	static int turn;

	turn = (turn + 1) % 4;
	snprintf(path[turn], sizeof(path[turn]), "%s/%s", dir, name);
	return path[turn];
}

static unsigned char pattern(size_t i)
{
	return (i * 2654435761u) >> 13;
}

static const char *make_file(const char *name, size_t size)
{
	const char *path = in_dir(name);
	FILE *f = fopen(path, "w");

	need(f);
	for (size_t i = 0; i < size; i++)
		putc(pattern(i), f);
	need(!fclose(f));
	return path;
}

static void read_file(const char *path, void *buf, size_t len, size_t off)
{
	int fd = open(path, O_RDONLY);

	need(fd >= 0);
	need(pread(fd, buf, len, off) == (ssize_t)len);
	close(fd);
}

static off_t file_size(const char *path)
{
	struct stat st;

	need(!stat(path, &st));
	return st.st_size;
}

static struct ubd_host *open_ok(const char *path, __u32 flags,
				struct ubd_host_info *info)
{
	struct ubd_host_info ignored;
	struct ubd_host *h = NULL;
	const char *why;
	int ret = ubd_host_open(path, flags, info ?: &ignored, &why, &h);

	if (ret)
		tap_bail("cannot open %s: %s (%s)", path, strerror(-ret),
			 why ?: "no reason");
	return h;
}

/* Wait for an interrupt as the kernel half would. */
static struct ubd_host_req *collect_some(void)
{
	struct ubd_host_req *list;
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 20;
	do {
		if (sem_timedwait(&interrupt, &limit) && errno == ETIMEDOUT)
			tap_bail("a request never finished");
		list = ubd_host_collect();
	} while (!list);
	return list;
}

/* One request from beginning to end. */
static int run(struct ubd_host *h, __u32 op, __u32 flags, __u64 offset,
	       __u64 len, struct ubd_host_seg *segs, __u32 nr_segs)
{
	struct ubd_host_req req = {
		.host = h, .op = op, .flags = flags, .offset = offset,
		.len = len, .segs = segs, .nr_segs = nr_segs, .result = 1,
	};

	ubd_host_submit(&req);
	if (collect_some() != &req || req.next)
		tap_bail("a foreign request came back");
	return req.result;
}

static int run_buf(struct ubd_host *h, __u32 op, __u32 flags, __u64 offset,
		   void *buf, size_t len)
{
	struct ubd_host_seg seg = { buf, len };

	return run(h, op, flags, offset, len, &seg, 1);
}

static bool is_pattern(const unsigned char *buf, size_t len, size_t from)
{
	for (size_t i = 0; i < len; i++)
		if (buf[i] != pattern(from + i))
			return false;
	return true;
}

static bool all_zero(const unsigned char *buf, size_t len)
{
	while (len)
		if (buf[--len])
			return false;
	return true;
}

static void expect_refusal(const char *path, __u32 flags, int want,
			   const char *why_has, const char *name)
{
	struct ubd_host_info info;
	struct ubd_host *h = NULL;
	const char *why;
	int ret = ubd_host_open(path, flags, &info, &why, &h);

	ok_eq(ret, want, "%s is refused", name);
	ok(!why_has || (why && strstr(why, why_has)), "%s: the reason says so",
	   name);
	if (!ret)
		ubd_host_close(h);
}

/* Tests. */

static void test_open(void)
{
	static const char magics[][8] = { "OOOM\0\0\0\3", "MOOO\1\0\0\0" };
	struct ubd_host_info info;
	struct ubd_host *h;
	const char *path;
	FILE *f;

	expect_refusal(in_dir("missing"), 0, -ENOENT, NULL, "a missing file");
	expect_refusal(dir, 0, -EISDIR, NULL, "a directory");
	expect_refusal("/dev/null", 0, -EINVAL, "neither", "a character device");
	need(!mkfifo(in_dir("fifo"), 0600));
	expect_refusal(in_dir("fifo"), 0, -EINVAL, "neither", "a pipe");
	expect_refusal(make_file("empty", 0), 0, -EINVAL, "empty", "an empty file");

	for (int i = 0; i < 2; i++) {
		path = in_dir("cow");
		f = fopen(path, "w");
		need(f && fwrite(magics[i], 8, 1, f) == 1 && !fclose(f));
		expect_refusal(path, 0, -EINVAL, "COW", "a COW file");
		ubd_host_close(open_ok(path, UBD_RAW, NULL));
		ok(true, "flag d opens it");
	}

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

	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_WRITE, UBD_REQ_DURABLE, 0, b, 512), 0, "durable write");
	ok_eq(calls[SYS_pwritev2], 1, "it is one call with RWF_DSYNC");
	inject(SYS_pwritev2, 0, 1, -EOPNOTSUPP);
	ok_eq(run_buf(h, UBD_OP_WRITE, UBD_REQ_DURABLE, 0, b, 512), 0,
	      "durable write on an old file system");
	ok_eq(calls[SYS_fdatasync], 1, "is followed by fdatasync");
	ok_eq(run_buf(h, 99, 0, 0, b, 512), -EINVAL, "an unknown operation is refused");
	inject_nothing();
	ubd_host_close(h);

	h = open_ok(path, UBD_SYNC, NULL);
	ok_eq(run(h, UBD_OP_WRITE_ZEROES, 0, 0, BLOCK, NULL, 0), 0, "zeroes with flag s");
	ok_eq(calls[SYS_fdatasync], 1, "are synced");
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
static int storm_left[2];
static int storm_bad;

static void storm_submit(struct ubd_host *h, struct storm_req *s, int who,
			 int slot)
{
	s->seg = (struct ubd_host_seg){ s->buf, sizeof(s->buf) };
	memset(s->buf, 0, sizeof(s->buf));
	s->req = (struct ubd_host_req){
		.host = h, .op = UBD_OP_READ,
		.offset = (__u64)(who * STORM_WINDOW + slot) * 512,
		.len = 512, .segs = &s->seg, .nr_segs = 1,
	};
	__atomic_store_n(&s->busy, true, __ATOMIC_SEQ_CST);
	ubd_host_submit(&s->req);
}

struct storm_arg {
	struct ubd_host *h;
	int who;
};

static void *storm_main(void *arg)
{
	struct storm_arg *a = arg;

	while (storm_left[a->who] > 0) {
		for (int i = 0; i < STORM_WINDOW; i++) {
			struct storm_req *s = &storm[a->who][i];

			if (__atomic_load_n(&s->busy, __ATOMIC_SEQ_CST))
				continue;
			storm_submit(a->h, s, a->who, i);
			storm_left[a->who]--;
		}
		sched_yield();
	}
	return NULL;
}

static bool storm_idle(void)
{
	for (int i = 0; i < 2 * STORM_WINDOW; i++)
		if (__atomic_load_n(&storm[i / STORM_WINDOW][i % STORM_WINDOW].busy,
				    __ATOMIC_SEQ_CST))
			return false;
	return true;
}

static int storm_collect(void)
{
	struct ubd_host_req *req, *next;
	int n = 0;

	for (req = collect_some(); req; req = next, n++) {
		struct storm_req *s = (struct storm_req *)req;
		size_t slot = s - &storm[0][0];

		next = req->next;
		if (req->result || !is_pattern(s->buf, 512, slot * 512))
			storm_bad++;
		__atomic_store_n(&s->busy, false, __ATOMIC_SEQ_CST);
	}
	return n;
}

static void test_storm(void)
{
	struct storm_arg args[2];
	pthread_t id[2];
	struct timespec t0, t1;
	struct ubd_host *h;
	int done = 0;

	h = open_ok(make_file("storm", 2 * STORM_WINDOW * 512), 0, NULL);
	clock_gettime(CLOCK_MONOTONIC, &t0);
	for (int i = 0; i < 2; i++) {
		args[i] = (struct storm_arg){ h, i };
		storm_left[i] = STORM;
		need(!pthread_create(&id[i], NULL, storm_main, &args[i]));
	}
	while (done < 2 * STORM)
		done += storm_collect();
	for (int i = 0; i < 2; i++)
		pthread_join(id[i], NULL);
	while (!storm_idle())
		done += storm_collect();
	clock_gettime(CLOCK_MONOTONIC, &t1);
	tap_note("%d requests, %.1f us each", done,
		 ((t1.tv_sec - t0.tv_sec) * 1e6 + (t1.tv_nsec - t0.tv_nsec) / 1e3) / done);
	ok(done >= 2 * STORM, "each request of the storm comes back once");
	ok_eq(storm_bad, 0, "with its own data");
	ok(!ubd_host_collect(), "nothing is left");
	ubd_host_close(h);
}

static void test_threads(void)
{
	ok_eq(ubd_host_start(0, COOKIE), -EINVAL, "no helper threads are refused");
	threads_allowed = 2;
	ok_eq(ubd_host_start(THREADS, COOKIE), -EAGAIN, "a host without threads is told");
	threads_allowed = -1;
	ok_eq(ubd_host_start(THREADS, COOKIE), 0, "threads start");
	ok_eq(ubd_host_start(THREADS, COOKIE), -EBUSY, "but once");
}

/* Our own directory only: other runs may be under way. */
static void remove_dir(void)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	need(d);
	while ((e = readdir(d)))
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	need(!rmdir(dir));
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

int main(void)
{
	need(mkdtemp(dir));
	need(!sem_init(&interrupt, 0, 0));
	/* A call that hangs is a failed test, not a hung test run. */
	alarm(120);

	test_parser();
	test_threads();
	test_open();
	test_fallback();
	test_lock();
	test_slots();
	test_data();
	test_short();
	test_end_of_file();
	test_discard();
	test_zeroes();
	test_storm();
	ubd_host_stop();
	ubd_host_stop();
	ok_eq(ubd_host_start(1, COOKIE), 0, "threads start again");
	test_storm();
	ubd_host_stop();

	remove_dir();
	return tap_done();
}
