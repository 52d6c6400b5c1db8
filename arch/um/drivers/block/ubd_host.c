// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of the block driver: opens and locks images, and moves data
 * between them and guest RAM in a few helper threads.
 *
 *   kernel: submit() -> incoming (stack) -> helper: take() -> queue (FIFO)
 *           collect() <- done (stack) <- helper: serve(), raises the interrupt
 *
 * The kernel half may be interrupted anywhere in submit() and collect() and
 * come in again from the interrupt, so both stacks are changed by one atomic
 * instruction each: a push needs no pop beside it, a pop takes everything.
 * The queue behind them has a lock, which only helper threads take.
 * No heap here, nor libc calls which have locks of their own.
 */
#include <assert.h>
#include <limits.h>
#include <string.h>
#include <linux/falloc.h>
#include <linux/fs.h>

#include <host/event.h>
#include <host/thread.h>
#include <os-Linux/sys.h>

#include "ubd_host.h"

enum {
	HOSTS_MAX = 16,
	THREADS_MAX = 32,
	ZEROES_LEN = 64 * 1024,
	COW_MAGIC_LEN = 4,
};

/**
 * struct ubd_host - one open image
 * @used: slot of hosts[] is taken
 * @fd: the image, with its lock
 * @block_device: it is one of the host's
 * @read_only: @fd is
 * @sync: @fd has O_DSYNC
 * @size: bytes when it was opened
 */
struct ubd_host {
	bool used;
	bool block_device;
	bool read_only;
	bool sync;
	int fd;
	__u64 size;
};

static struct ubd_host hosts[HOSTS_MAX];

/**
 * struct engine - the helper threads and what they work on
 * @incoming: submitted requests, newest first
 * @submitted: counts submits; helpers with nothing to do sleep on it
 * @sleepers: helpers which sleep or are about to
 * @done: finished requests, newest first
 * @cookie: interrupt to raise when @done stops being empty
 * @stopping: helpers shall return
 * @queue_lock: taken by helpers only: 0 free, 1 held, 2 held and waited for
 * @queue: requests taken from @incoming, oldest first
 * @nr_threads: helpers that run
 * @threads: the helpers
 */
static struct engine {
	struct ubd_host_req *incoming;
	__u32 submitted;
	__u32 sleepers;
	struct ubd_host_req *done;
	__u32 cookie;
	bool stopping;
	__u32 queue_lock;
	struct ubd_host_req *queue;
	unsigned int nr_threads;
	struct os_thread *threads[THREADS_MAX];
} engine;

/* Segments are handed to the host as they are. */
static_assert(sizeof(struct ubd_host_seg) == sizeof(struct iovec), "iovec");
static_assert(offsetof(struct ubd_host_seg, addr) == offsetof(struct iovec, iov_base), "iovec");
static_assert(offsetof(struct ubd_host_seg, len) == offsetof(struct iovec, iov_len), "iovec");
static_assert((int)UBD_HOST_SEGS_MAX <= IOV_MAX, "IOV_MAX");

static const char zeroes[ZEROES_LEN];

/* Requests: hand-over between the kernel's threads and the helpers. */

/* Returns true if the list was empty. */
static bool stack_push(struct ubd_host_req **top, struct ubd_host_req *req)
{
	struct ubd_host_req *old = __atomic_load_n(top, __ATOMIC_RELAXED);

	do {
		req->next = old;
	} while (!__atomic_compare_exchange_n(top, &old, req, true,
					      __ATOMIC_SEQ_CST,
					      __ATOMIC_RELAXED));
	return !old;
}

/* All entries, oldest first. */
static struct ubd_host_req *stack_take(struct ubd_host_req **top)
{
	struct ubd_host_req *req, *next, *list = NULL;

	req = __atomic_exchange_n(top, NULL, __ATOMIC_SEQ_CST);
	for (; req; req = next) {
		next = req->next;
		req->next = list;
		list = req;
	}
	return list;
}

static void queue_lock(struct engine *e)
{
	__u32 was = 0;

	if (__atomic_compare_exchange_n(&e->queue_lock, &was, 1, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(&e->queue_lock, 2, __ATOMIC_ACQUIRE))
		os_futex_wait(&e->queue_lock, 2);
}

static void queue_unlock(struct engine *e)
{
	if (__atomic_exchange_n(&e->queue_lock, 0, __ATOMIC_RELEASE) == 2)
		os_futex_wake(&e->queue_lock, 1);
}

static struct ubd_host_req *take(struct engine *e)
{
	struct ubd_host_req *req;

	queue_lock(e);
	if (!e->queue)
		e->queue = stack_take(&e->incoming);
	req = e->queue;
	if (req)
		e->queue = req->next;
	queue_unlock(e);
	return req;
}

/*
 * The next request, or NULL when the helper shall end. Between the look at
 * @incoming and the sleep a submit may come: then @submitted has moved on and
 * os_futex_wait() returns. Pairs with the counter first, sleepers second of
 * ubd_host_submit(); both sides sequentially consistent.
 */
static struct ubd_host_req *wait_for_request(struct engine *e)
{
	struct ubd_host_req *req;
	__u32 seen;

	for (;;) {
		seen = __atomic_load_n(&e->submitted, __ATOMIC_SEQ_CST);
		req = take(e);
		if (req || __atomic_load_n(&e->stopping, __ATOMIC_SEQ_CST))
			return req;
		__atomic_add_fetch(&e->sleepers, 1, __ATOMIC_SEQ_CST);
		os_futex_wait(&e->submitted, seen);
		__atomic_sub_fetch(&e->sleepers, 1, __ATOMIC_SEQ_CST);
	}
}

void ubd_host_submit(struct ubd_host_req *req)
{
	struct engine *e = &engine;

	stack_push(&e->incoming, req);
	__atomic_add_fetch(&e->submitted, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&e->sleepers, __ATOMIC_SEQ_CST))
		os_futex_wake(&e->submitted, 1);
}

struct ubd_host_req *ubd_host_collect(void)
{
	return stack_take(&engine.done);
}

/* What a request does to the file. */

/* The block layer lets some writes to a read-only disk through: refuse them. */
static bool writes(__u32 op)
{
	return op == UBD_OP_WRITE || op == UBD_OP_DISCARD ||
	       op == UBD_OP_WRITE_ZEROES;
}

/* Skip the first @n bytes of what @segs describes. */
static void advance(struct ubd_host_req *req, size_t n)
{
	while (req->nr_segs && n >= req->segs->len) {
		n -= req->segs->len;
		req->segs++;
		req->nr_segs--;
	}
	if (n) {
		req->segs->addr = (char *)req->segs->addr + n;
		req->segs->len -= n;
	}
}

/*
 * The file ends inside the request. The rest of its last sector is ours to
 * make up; if it ends earlier than when it was opened, data was lost.
 */
static int read_at_end(struct ubd_host *h, struct ubd_host_req *req)
{
	if (req->offset < h->size)
		return -EIO;
	for (; req->nr_segs; req->nr_segs--, req->segs++)
		memset(req->segs->addr, 0, req->segs->len);
	return 0;
}

/* One try; any number of bytes up to what is asked may be moved. */
static ssize_t move_some(struct ubd_host *h, struct ubd_host_req *req)
{
	const struct iovec *iov = (const struct iovec *)req->segs;

	if (req->op == UBD_OP_READ)
		return sys_preadv(h->fd, iov, req->nr_segs, req->offset);
	if (req->flags & UBD_REQ_DURABLE)
		return sys_retry(SYS_pwritev2, h->fd, iov, req->nr_segs,
				 req->offset, 0, RWF_DSYNC);
	return sys_pwritev(h->fd, iov, req->nr_segs, req->offset);
}

static int move_data(struct ubd_host *h, struct ubd_host_req *req)
{
	ssize_t n;

	while (req->len) {
		n = move_some(h, req);
		if (n < 0)
			return n;
		if (!n)
			return req->op == UBD_OP_READ ? read_at_end(h, req) : -EIO;
		advance(req, n);
		req->offset += n;
		req->len -= n;
	}
	return 0;
}

static int write_data(struct ubd_host *h, struct ubd_host_req *req)
{
	int ret = move_data(h, req);

	/* A file system without RWF_DSYNC: it says so before it writes. */
	if (ret != -EOPNOTSUPP || !(req->flags & UBD_REQ_DURABLE))
		return ret;
	req->flags &= ~UBD_REQ_DURABLE;
	ret = move_data(h, req);
	return ret ? ret : sys_fdatasync(h->fd);
}

static int discard(struct ubd_host *h, __u64 offset, __u64 len)
{
	__u64 range[2] = { offset, len };

	if (h->block_device)
		return sys_ioctl(h->fd, BLKDISCARD, range);
	return sys_fallocate(h->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			     offset, len);
}

/* The way which works on every file. */
static int write_zero_bytes(struct ubd_host *h, __u64 offset, __u64 len)
{
	ssize_t n;

	while (len) {
		n = sys_pwrite(h->fd, zeroes, len < sizeof(zeroes) ? len : sizeof(zeroes),
			       offset);
		if (n < 0)
			return n;
		if (!n)
			return -EIO;
		offset += n;
		len -= n;
	}
	return 0;
}

static int write_zeroes(struct ubd_host *h, struct ubd_host_req *req)
{
	__u64 range[2] = { req->offset, req->len };
	int ret;

	if (h->block_device)
		ret = sys_ioctl(h->fd, BLKZEROOUT, range);
	else
		ret = sys_fallocate(h->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
				    req->offset, req->len);
	/* A hole of a file reads as zeroes; a discarded device need not. */
	if (ret == -EOPNOTSUPP && !h->block_device &&
	    !(req->flags & UBD_REQ_KEEP_BLOCKS))
		ret = discard(h, req->offset, req->len);
	if (ret == -EOPNOTSUPP)
		ret = write_zero_bytes(h, req->offset, req->len);
	if (!ret && (h->sync || (req->flags & UBD_REQ_DURABLE)))
		ret = sys_fdatasync(h->fd);
	return ret;
}

static int serve(struct ubd_host_req *req)
{
	struct ubd_host *h = req->host;

	if (h->read_only && writes(req->op))
		return -EROFS;
	switch (req->op) {
	case UBD_OP_READ:
		return move_data(h, req);
	case UBD_OP_WRITE:
		return write_data(h, req);
	case UBD_OP_FLUSH:
		return h->read_only ? 0 : sys_fdatasync(h->fd);
	case UBD_OP_DISCARD:
		return discard(h, req->offset, req->len);
	case UBD_OP_WRITE_ZEROES:
		return write_zeroes(h, req);
	}
	return -EINVAL;
}

static void helper(void *arg)
{
	struct engine *e = arg;
	struct ubd_host_req *req;

	while ((req = wait_for_request(e))) {
		req->result = serve(req);
		if (stack_push(&e->done, req))
			os_event_raise(e->cookie);
	}
}

int ubd_host_start(unsigned int threads, __u32 cookie)
{
	struct engine *e = &engine;
	int ret;

	if (e->nr_threads)
		return -EBUSY;
	if (!threads || threads > THREADS_MAX)
		return -EINVAL;
	e->cookie = cookie;
	e->stopping = false;
	while (e->nr_threads < threads) {
		ret = os_thread_start("ubd", helper, e,
				      &e->threads[e->nr_threads]);
		if (ret) {
			ubd_host_stop();
			return ret;
		}
		e->nr_threads++;
	}
	return 0;
}

void ubd_host_stop(void)
{
	struct engine *e = &engine;

	__atomic_store_n(&e->stopping, true, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&e->submitted, 1, __ATOMIC_SEQ_CST);
	os_futex_wake(&e->submitted, INT_MAX);
	while (e->nr_threads)
		os_thread_join(e->threads[--e->nr_threads]);
}

/* Opening. */

/*
 * Look before opening for good: to open a pipe or a tape would have effects.
 */
static int look_at(const char *path, struct ubd_host *h, const char **why)
{
	struct stat st;
	int fd, ret;

	fd = sys_open(path, O_PATH, 0);
	if (fd < 0)
		return fd;
	ret = sys_fstat(fd, &st);
	sys_close(fd);
	if (ret < 0)
		return ret;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode)) {
		*why = "it is neither a regular file nor a block device";
		return -EINVAL;
	}
	h->block_device = S_ISBLK(st.st_mode);
	return 0;
}

static int open_file(const char *path, __u32 flags, struct ubd_host *h,
		     const char **why)
{
	int how = 0;
	int fd;

	if (flags & UBD_SYNC)
		how |= O_DSYNC;
	/* On a block device: not while the host has it mounted. */
	if (h->block_device && !(flags & UBD_SHARED))
		how |= O_EXCL;

	h->read_only = flags & UBD_READ_ONLY;
	fd = sys_open(path, how | (h->read_only ? O_RDONLY : O_RDWR), 0);
	if (!h->read_only && (fd == -EROFS || fd == -EACCES || fd == -EPERM)) {
		h->read_only = true;
		fd = sys_open(path, how | O_RDONLY, 0);
	}
	if (fd == -EBUSY)
		*why = "the host uses this device (flag c takes it all the same)";
	if (fd < 0)
		return fd;
	h->sync = flags & UBD_SYNC;
	h->fd = fd;
	return 0;
}

static int lock_file(struct ubd_host *h, const char **why)
{
	struct flock lock = {
		.l_type = h->read_only ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};
	int ret = sys_fcntl(h->fd, F_OFD_SETLK, (long)&lock);

	if (ret == -EAGAIN || ret == -EACCES) {
		*why = "another program has locked it (flag c shares it)";
		return -EBUSY;
	}
	if (ret < 0)
		*why = "the host cannot lock it (flag c goes without a lock)";
	return ret;
}

/* Of either byte order, as version 1 has the writer's. */
static bool cow_magic(const unsigned char *p)
{
	return !memcmp(p, "OOOM", COW_MAGIC_LEN) ||
	       !memcmp(p, "MOOO", COW_MAGIC_LEN);
}

static int refuse_cow(struct ubd_host *h, const char **why)
{
	unsigned char start[COW_MAGIC_LEN];
	ssize_t n = sys_pread(h->fd, start, sizeof(start), 0);

	if (n < 0)
		return n;
	if (n < COW_MAGIC_LEN || !cow_magic(start))
		return 0;
	*why = "it is a COW file; layers are not built yet (flag d takes it as it is)";
	return -EINVAL;
}

/*
 * Punching a hole behind the end of a file changes nothing, but tells whether
 * its file system can. Devices say so only when asked in earnest.
 */
static bool probe_discard(struct ubd_host *h, __u32 block_size)
{
	__u64 end = h->size + block_size - h->size % block_size;

	if (h->read_only)
		return false;
	return h->block_device || !discard(h, end, block_size);
}

static int measure(struct ubd_host *h, __u32 flags,
		   struct ubd_host_info *info, const char **why)
{
	struct stat st;
	int ret;

	ret = sys_fstat(h->fd, &st);
	if (ret < 0)
		return ret;
	h->size = st.st_size;
	if (h->block_device) {
		ret = sys_ioctl(h->fd, BLKGETSIZE64, &h->size);
		if (ret < 0)
			return ret;
	}
	if (!h->size) {
		*why = "it is empty";
		return -EINVAL;
	}
	info->size = h->size;
	info->block_size = st.st_blksize;
	info->read_only = h->read_only;
	info->discard = !(flags & UBD_NO_TRIM) &&
			probe_discard(h, st.st_blksize);
	return 0;
}

static struct ubd_host *claim_host(void)
{
	for (int i = 0; i < HOSTS_MAX; i++)
		if (!__atomic_exchange_n(&hosts[i].used, true, __ATOMIC_ACQUIRE))
			return &hosts[i];
	return NULL;
}

static void release_host(struct ubd_host *h)
{
	__atomic_store_n(&h->used, false, __ATOMIC_RELEASE);
}

int ubd_host_open(const char *path, __u32 flags, struct ubd_host_info *info,
		  const char **why, struct ubd_host **ret)
{
	struct ubd_host *h = claim_host();
	int err;

	*why = NULL;
	if (!h)
		return -EMFILE;
	err = look_at(path, h, why);
	if (err)
		goto err_release;
	err = open_file(path, flags, h, why);
	if (err)
		goto err_release;
	if (!(flags & UBD_SHARED)) {
		err = lock_file(h, why);
		if (err)
			goto err_close;
	}
	if (!(flags & UBD_RAW)) {
		err = refuse_cow(h, why);
		if (err)
			goto err_close;
	}
	err = measure(h, flags, info, why);
	if (err)
		goto err_close;
	*ret = h;
	return 0;

err_close:
	sys_close(h->fd);
err_release:
	release_host(h);
	return err;
}

void ubd_host_close(struct ubd_host *host)
{
	if (!host)
		return;
	sys_close(host->fd);
	release_host(host);
}
