/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A host that can lose its power, for the tests of the block driver's host
 * half. One file has two contents: what programs see, which is the real file,
 * and what is on the medium. A page gets from one to the other when it was
 * synced, or by chance. A sync that fails leaves the pages it was for clean,
 * as Linux does: some have reached the medium, those that have not are lost
 * until they are written again. Some file systems keep what was written in
 * their cache until it is thrown out, others read it from the medium again:
 * @drops is for those.
 *
 * All calls of the driver that move, change or sync data are made by
 * sys_fault_serve() here, one at a time; they are counted and may be made to
 * fail. What io_uring writes is not seen: store_touch() tells of it.
 */
#ifndef TESTS_UBD_STORE_H
#define TESTS_UBD_STORE_H

#include <linux/fs.h>

#include "ubd_harness.h"

enum {
	STORE_PAGE = 4096,
	STORE_MAX = 64 * STORE_PAGE,
	STORE_FAULTS = 2,
};

enum store_fault {
	/* EIO for reads and syncs, ENOSPC for all else. */
	STORE_FAILS,
	/* A read or a write that moves one or a few sectors only. */
	STORE_SHORT,
};

/* What else than synced pages is on the medium after the crash. */
enum store_luck {
	STORE_NOTHING,
	STORE_ALL,
	STORE_BITMAP,
	STORE_DATA,
	STORE_ANY,
	STORE_LUCKS,
};

/**
 * struct store - the file
 * @lock: guards all; held during calls of the driver
 * @fd: the file, not the driver's descriptor
 * @dev: @dev and @ino are how it is recognised
 * @ino: see @dev
 * @len: bytes
 * @data: where what is not of the bitmap begins
 * @safe: what is on the medium
 * @now: what programs see, when that was asked for
 * @crashed: made by store_crash()
 * @lost: by page: a sync failed and it has not been written since
 * @drops: lost pages are read from the medium again
 * @seed: of chance
 * @calls: of the driver, counted
 * @fault: what happens to calls number @fault_at
 * @fault_at: -1: none
 * @write_odds: one in so many writes fails; 0: none
 * @sync_odds: the same of syncs
 * @failed: calls that failed, but for syncs
 * @failed_syncs: syncs that failed
 * @moment: called before each change and each sync, with @lock
 */
static struct store {
	pthread_mutex_t lock;
	int fd;
	dev_t dev;
	ino_t ino;
	size_t len;
	size_t data;
	__u8 safe[STORE_MAX];
	__u8 now[STORE_MAX];
	__u8 crashed[STORE_MAX];
	bool lost[STORE_MAX / STORE_PAGE];
	bool drops;
	__u32 seed;
	int calls;
	enum store_fault fault;
	int fault_at[STORE_FAULTS];
	__u32 write_odds;
	__u32 sync_odds;
	int failed;
	int failed_syncs;
	void (*moment)(void);
} store = { .lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1 };

static __u32 store_any(__u32 below)
{
	store.seed = store.seed * 1664525 + 1013904223;
	return (__u64)(store.seed >> 4) * below >> 28;
}

/* Have in store.now what programs see. With @lock. */
static void store_look(void)
{
	need(pread(store.fd, store.now, store.len, 0) == (ssize_t)store.len);
}

/* @path is on the medium as it is; no faults. */
static void store_begin(const char *path, size_t data)
{
	struct stat st;

	need(!stat(path, &st) && st.st_size <= STORE_MAX);
	pthread_mutex_lock(&store.lock);
	store.fd = open(path, O_RDWR | O_CLOEXEC);
	need(store.fd >= 0);
	store.dev = st.st_dev;
	store.ino = st.st_ino;
	store.len = st.st_size;
	store.data = data;
	store.calls = 0;
	store.fault = STORE_FAILS;
	for (int i = 0; i < STORE_FAULTS; i++)
		store.fault_at[i] = -1;
	store.write_odds = 0;
	store.sync_odds = 0;
	store.failed = 0;
	store.failed_syncs = 0;
	store.moment = NULL;
	store_look();
	memcpy(store.safe, store.now, store.len);
	memset(store.lost, 0, sizeof(store.lost));
	pthread_mutex_unlock(&store.lock);
}

static void store_end(void)
{
	pthread_mutex_lock(&store.lock);
	close(store.fd);
	store.fd = -1;
	store.moment = NULL;
	pthread_mutex_unlock(&store.lock);
}

static size_t store_page_len(size_t page)
{
	size_t left = store.len - page * STORE_PAGE;

	return left < STORE_PAGE ? left : STORE_PAGE;
}

static size_t store_pages(void)
{
	return (store.len + STORE_PAGE - 1) / STORE_PAGE;
}

static void store_written(__u64 at, __u64 len)
{
	for (size_t page = at / STORE_PAGE; page * STORE_PAGE < at + len; page++)
		store.lost[page] = false;
}

/* Something was written that sys_fault_serve() does not see. */
static void store_touch(__u64 at, __u64 len)
{
	pthread_mutex_lock(&store.lock);
	store_written(at, len);
	pthread_mutex_unlock(&store.lock);
}

/* Some bytes, as a whole sync or a write with RWF_DSYNC has them. */
static void store_sync(__u64 at, __u64 len)
{
	store_look();
	for (size_t page = at / STORE_PAGE; page * STORE_PAGE < at + len; page++)
		if (!store.lost[page])
			memcpy(store.safe + page * STORE_PAGE, store.now + page * STORE_PAGE,
			       store_page_len(page));
}

static void store_lose(void)
{
	store_look();
	for (size_t page = 0; page < store_pages(); page++) {
		size_t at = page * STORE_PAGE, len = store_page_len(page);

		if (store.lost[page] || !memcmp(store.safe + at, store.now + at, len))
			continue;
		if (store_any(2)) {
			memcpy(store.safe + at, store.now + at, len);
			continue;
		}
		store.lost[page] = true;
		if (store.drops)
			need(pwrite(store.fd, store.safe + at, len, at) == (ssize_t)len);
	}
}

/* The power is lost: store.crashed is what is left. After store_look(), with @lock. */
static void store_crash(enum store_luck luck)
{
	memcpy(store.crashed, store.safe, store.len);
	for (size_t page = 0; page < store_pages(); page++) {
		size_t at = page * STORE_PAGE;
		bool lucky = luck == STORE_ALL || (luck == STORE_BITMAP && at < store.data) ||
			     (luck == STORE_DATA && at >= store.data) ||
			     (luck == STORE_ANY && store_any(2));

		if (lucky && !store.lost[page])
			memcpy(store.crashed + at, store.now + at, store_page_len(page));
	}
}

/* A program wants clean pages to be thrown out. */
static void store_forget(void)
{
	for (size_t page = 0; page < store_pages(); page++) {
		size_t at = page * STORE_PAGE, len = store_page_len(page);

		if (store.lost[page])
			need(pwrite(store.fd, store.safe + at, len, at) == (ssize_t)len);
		store.lost[page] = false;
	}
}

static bool store_is_ours(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && st.st_dev == store.dev && st.st_ino == store.ino;
}

/* Whether a sync has failed. */
static bool store_lost(void)
{
	bool lost;

	pthread_mutex_lock(&store.lock);
	lost = store.failed_syncs;
	pthread_mutex_unlock(&store.lock);
	return lost;
}

static bool store_reads(long nr)
{
	return nr == SYS_preadv || nr == SYS_pread64;
}

static bool store_writes(long nr)
{
	return nr == SYS_pwrite64 || nr == SYS_pwritev || nr == SYS_pwritev2;
}

static bool store_fails(long nr, int call)
{
	__u32 odds = nr == SYS_fdatasync ? store.sync_odds : store_reads(nr) ? 0 : store.write_odds;
	bool fails = odds && !store_any(odds);

	for (int i = 0; i < STORE_FAULTS; i++)
		fails |= call == store.fault_at[i];
	return fails;
}

static long store_answer(long ret)
{
	return ret < 0 ? -errno : ret;
}

static long store_fail(long nr)
{
	if (nr == SYS_fdatasync) {
		store.failed_syncs++;
		store_lose();
		return -EIO;
	}
	store.failed++;
	return store_reads(nr) ? -EIO : -ENOSPC;
}

/* The first piece, or the first half of what has only one. */
static long store_cut(long nr, const long *args)
{
	bool one = nr == SYS_pwrite64 || nr == SYS_pread64;
	const struct iovec *iov = one ? NULL : (const struct iovec *)args[1];
	void *buf = one ? (void *)args[1] : iov->iov_base;
	size_t len = one ? ((size_t)args[2] + 1) / 2 : iov->iov_len;

	return store_answer(store_reads(nr) ? pread(args[0], buf, len, args[3]) :
			    pwrite(args[0], buf, len, args[3]));
}

static long store_serve(long nr, const long *args)
{
	bool ours = store_is_ours(args[0]);
	int call = store.calls++;
	bool fails, durable;
	long ret;

	if (nr == SYS_fadvise64) {
		if (ours && args[3] == POSIX_FADV_DONTNEED)
			store_forget();
		return 0;
	}
	if (ours && store.moment && !store_reads(nr))
		store.moment();
	fails = store_fails(nr, call);
	if (fails && store.fault == STORE_FAILS)
		return store_fail(nr);
	if (ours && nr == SYS_fdatasync) {
		store_sync(0, store.len);
		return 0;
	}
	if (fails && (store_reads(nr) || store_writes(nr)))
		ret = store_cut(nr, args);
	else
		ret = store_answer(syscall(nr, args[0], args[1], args[2], args[3], args[4], args[5]));
	if (!ours || ret < 0 || store_reads(nr))
		return ret;
	if (nr == SYS_fallocate) {
		store_written(args[2], args[3]);
		return ret;
	}
	store_written(args[3], ret);
	durable = (nr == SYS_pwritev2 && args[5] & RWF_DSYNC) || fcntl(args[0], F_GETFL) & O_DSYNC;
	if (durable)
		store_sync(args[3], ret);
	return ret;
}

bool sys_fault_serve(long nr, const long *args, long *ret)
{
	bool served;

	if (!store_reads(nr) && !store_writes(nr) && nr != SYS_fallocate &&
	    nr != SYS_fdatasync && nr != SYS_fadvise64)
		return false;
	pthread_mutex_lock(&store.lock);
	served = store.fd >= 0;
	if (served)
		*ret = store_serve(nr, args);
	pthread_mutex_unlock(&store.lock);
	return served;
}

#endif
