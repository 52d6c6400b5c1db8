/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the block driver's host half share: what the boundary
 * promises to host code, injected failures, files with a pattern, requests.
 */
#ifndef TESTS_UBD_HARNESS_H
#define TESTS_UBD_HARNESS_H

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <linux/falloc.h>
#include <linux/futex.h>
#include <sys/eventfd.h>

#include <host/event.h>
#include <host/thread.h>
#include <os-Linux/sys.h>

#include "../guest/tap.h"
#include "cow_format.h"
#include "ubd_config.h"
#include "ubd_host.h"

enum {
	/* The interrupt of queue 0; others have the numbers behind. */
	COOKIE = 7,
	QUEUES = 3,
	BLOCK = 4096,
	SECTOR = 512,
	/* Seconds, of backing files. */
	OLD_TIME = 1000000000,
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

static sem_t interrupt[QUEUES];

static bool is_queues(__u32 cookie)
{
	return cookie >= COOKIE && cookie < COOKIE + QUEUES;
}

void os_event_raise(__u32 cookie)
{
	if (!is_queues(cookie))
		abort();
	sem_post(&interrupt[cookie - COOKIE]);
}

/* One descriptor for each queue is enough for all who use this. */
static struct watcher {
	pthread_t id;
	__u32 cookie;
	int fd;
	int stop;
} watchers[QUEUES];

static void *watch(void *arg)
{
	struct watcher *w = arg;
	struct pollfd fds[2] = {
		{ .fd = w->fd, .events = POLLIN },
		{ .fd = w->stop, .events = POLLIN },
	};
	__u64 count;

	while (poll(fds, 2, -1) > 0 && !fds[1].revents)
		if (read(w->fd, &count, sizeof(count)) > 0)
			os_event_raise(w->cookie);
	return NULL;
}

int os_event_add(int fd, __u32 dir, __u32 cookie)
{
	struct watcher *w = &watchers[cookie - COOKIE];

	if (!is_queues(cookie) || w->cookie)
		abort();
	w->fd = fd;
	w->cookie = cookie;
	w->stop = eventfd(0, EFD_CLOEXEC);
	if (pthread_create(&w->id, NULL, watch, w))
		abort();
	return 0;
}

void os_event_del(int fd)
{
	struct watcher *w = watchers;
	__u64 one = 1;

	while (w < watchers + QUEUES && !(w->cookie && w->fd == fd))
		w++;
	if (w == watchers + QUEUES || write(w->stop, &one, sizeof(one)) < 0)
		abort();
	pthread_join(w->id, NULL);
	close(w->stop);
	w->cookie = 0;
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

/* The order of all calls that change files: "w" data, "b" bitmap, "s" sync. */
static char order[64];
static unsigned int order_len;

static void note_order(long nr)
{
	char what = nr == SYS_pwritev || nr == SYS_pwritev2 ? 'w' :
		    nr == SYS_pwrite64 ? 'b' : nr == SYS_fdatasync ? 's' : 0;
	unsigned int at;

	if (!what)
		return;
	at = __atomic_fetch_add(&order_len, 1, __ATOMIC_SEQ_CST);
	if (at < sizeof(order) - 1)
		order[at] = what;
}

bool sys_fault_hook(long nr, long *ret)
{
	int n = __atomic_fetch_add(&calls[nr], 1, __ATOMIC_SEQ_CST);

	note_order(nr);
	if (nr != fault.nr || n < fault.from || n >= fault.from + fault.count)
		return false;
	*ret = fault.value;
	return true;
}

static void inject(long nr, int from, int count, long value)
{
	memset(calls, 0, sizeof(calls));
	memset(order, 0, sizeof(order));
	order_len = 0;
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
	/* Some are in use for a while. */
	static char path[64][256];
	static int turn;

	turn = (turn + 1) % 64;
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

static const char *make_backing(const char *name, size_t size, time_t mtime)
{
	const char *path = make_file(name, size);
	struct timespec times[2] = { { .tv_sec = mtime }, { .tv_sec = mtime } };

	need(!utimensat(AT_FDCWD, path, times, 0));
	return path;
}

/* A COW file of any kind, without changes. */
static const char *make_cow(const char *name, __u32 kind, const char *backing,
			    __u32 sector_size)
{
	static struct cow_header header;
	static __u8 start[COW_HEADER_MAX];
	const char *path = in_dir(name);
	struct cow_layout layout;
	struct stat st;
	int fd, len;

	need(!stat(backing, &st));
	memset(&header, 0, sizeof(header));
	header.kind = kind;
	header.big_endian = kind != COW_V1;
	header.mtime = st.st_mtim.tv_sec;
	header.size = st.st_size;
	header.sector_size = sector_size;
	header.align = kind < COW_V3 ? 1 : COW_NEW_ALIGN;
	strcpy(header.backing, backing);
	len = cow_format_build(&header, start);
	need(!cow_format_layout(&header, &layout));
	unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	need(fd >= 0 && write(fd, start, len) == len && !ftruncate(fd, layout.end));
	close(fd);
	return path;
}

static struct cow_header header;
static struct cow_layout layout;

static void read_header(const char *path)
{
	static __u8 start[COW_HEADER_MAX];
	const char *why;
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, start, sizeof(start));

	need(fd >= 0 && n > 0);
	close(fd);
	need(!cow_format_parse(start, n, &header, &layout, &why));
}

static struct ubd_host *open_cow(const char *path, const char *backing,
				 __u32 flags, struct ubd_host_info *info)
{
	struct ubd_host_spec spec = { path, backing, flags };
	static struct ubd_host_info ignored;
	struct ubd_host *h = NULL;
	int ret;

	info = info ?: &ignored;
	ret = ubd_host_open(&spec, info, &h);
	if (ret)
		tap_bail("cannot open %s: %s (%s)", path, strerror(-ret), info->why);
	return h;
}

static struct ubd_host *open_ok(const char *path, __u32 flags,
				struct ubd_host_info *info)
{
	return open_cow(path, "", flags, info);
}

static int start_engine(__u32 kind, unsigned int queues, const char **name)
{
	static const __u32 cookies[QUEUES] = { COOKIE, COOKIE + 1, COOKIE + 2 };

	return ubd_host_start(kind, cookies, queues, name);
}

/* The kernel half turns interrupts off. */
static pthread_mutex_t one_caller[QUEUES] = {
	PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER,
};

static void hand_over(struct ubd_host_req *req)
{
	unsigned int queue = req->queue;

	pthread_mutex_lock(&one_caller[queue]);
	ubd_host_submit(req);
	ubd_host_commit(queue);
	pthread_mutex_unlock(&one_caller[queue]);
}

static struct ubd_host_req *collect(unsigned int queue)
{
	struct ubd_host_req *list;

	pthread_mutex_lock(&one_caller[queue]);
	list = ubd_host_collect(queue);
	pthread_mutex_unlock(&one_caller[queue]);
	return list;
}

/* Wait for an interrupt as the kernel half would. */
static void wait_interrupt(unsigned int queue)
{
	struct timespec limit;

	clock_gettime(CLOCK_REALTIME, &limit);
	limit.tv_sec += 20;
	if (sem_timedwait(&interrupt[queue], &limit) && errno == ETIMEDOUT)
		tap_bail("a request never finished");
}

static struct ubd_host_req *collect_some(unsigned int queue)
{
	struct ubd_host_req *list;

	/* Done in commit() already, or told by an interrupt. */
	while (!(list = collect(queue)))
		wait_interrupt(queue);
	return list;
}

/* One request from beginning to end, the only one on its queue. */
static int run_on(unsigned int queue, struct ubd_host *h, __u32 op, __u32 flags, __u64 offset,
		  __u64 len, struct ubd_host_seg *segs, __u32 nr_segs)
{
	struct ubd_host_req req = {
		.host = h, .queue = queue, .op = op, .flags = flags, .offset = offset,
		.len = len, .segs = segs, .nr_segs = nr_segs, .result = 1,
	};

	hand_over(&req);
	if (collect_some(queue) != &req || req.next)
		tap_bail("a foreign request came back");
	return req.result;
}

static int run(struct ubd_host *h, __u32 op, __u32 flags, __u64 offset,
	       __u64 len, struct ubd_host_seg *segs, __u32 nr_segs)
{
	return run_on(0, h, op, flags, offset, len, segs, nr_segs);
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

static void expect_refused_cow(const char *path, const char *backing, __u32 flags,
			       int want, const char *why_has, const char *name)
{
	struct ubd_host_spec spec = { path, backing, flags };
	static struct ubd_host_info info;
	struct ubd_host *h = NULL;
	int ret = ubd_host_open(&spec, &info, &h);

	ok_eq(ret, want, "%s is refused", name);
	if (!ok(!why_has || strstr(info.why, why_has), "%s: the reason says so", name))
		tap_note("it says: %s", info.why);
	if (!ret)
		ubd_host_close(h);
}

static void expect_refusal(const char *path, __u32 flags, int want,
			   const char *why_has, const char *name)
{
	expect_refused_cow(path, "", flags, want, why_has, name);
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

/* The engine named on the command line. */
static __u32 engine_kind;

static void begin(int argc, char **argv)
{
	const char *name;

	need(argc == 2);
	engine_kind = !strcmp(argv[1], "io_uring") ? UBD_ENGINE_IO_URING : UBD_ENGINE_THREADS;
	need(mkdtemp(dir));
	for (int i = 0; i < QUEUES; i++)
		need(!sem_init(&interrupt[i], 0, 0));
	/* A call that hangs is a failed test, not a hung test run. */
	alarm(120);
	if (engine_kind == UBD_ENGINE_IO_URING &&
	    start_engine(UBD_ENGINE_IO_URING, 1, &name)) {
		printf("1..0 # SKIP this host has no io_uring for us\n");
		remove_dir();
		exit(0);
	}
	ubd_host_stop();
}

#endif
