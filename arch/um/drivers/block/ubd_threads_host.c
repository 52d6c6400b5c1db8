// SPDX-License-Identifier: GPL-2.0
/*
 * Engine of helper threads: each takes a request and carries it out with
 * ordinary system calls. Works on every host.
 *
 *   kernel: submit() -> incoming (stack) -> helper: take() -> queue (FIFO)
 *           collect() <- done (stack) <- helper: serve(), raises the interrupt
 *
 * Helpers serve all queues; each queue has a stack of what is done. All stacks are changed by one atomic instruction each: a push needs no pop
 * beside it, a pop takes everything. The queue behind them has a lock, which
 * only helper threads take. No heap here, nor libc calls which have locks.
 *
 * A file system lets one thread at a time write to a file; those which wait for
 * that burn the guest's cores. So one helper at a time writes to an image, and
 * goes on with the writes that came meanwhile, while others serve the rest,
 * and make durable what was written, where that is asked for.
 */
#include <limits.h>
#include <string.h>

#include <host/event.h>
#include <host/thread.h>
#include <os-Linux/sys.h>

#include "ubd_internal.h"

enum {
	THREADS = 4,
};

/**
 * struct pool - the helper threads and what they work on
 * @incoming: submitted requests, newest first
 * @submitted: counts submits; helpers with nothing to do sleep on it
 * @sleepers: helpers which sleep or are about to
 * @done: by queue: finished requests, newest first
 * @cookie: by queue: interrupt to raise when @done stops being empty
 * @stopping: helpers shall return
 * @queue_lock: taken by helpers only
 * @queue: requests taken from @incoming, oldest first
 * @nr_threads: helpers that run
 * @threads: the helpers
 */
static struct pool {
	struct ubd_host_req *incoming;
	__u32 submitted;
	__u32 sleepers;
	struct ubd_host_req *done[UBD_QUEUES_MAX];
	__u32 cookie[UBD_QUEUES_MAX];
	bool stopping;
	__u32 queue_lock;
	struct ubd_host_req *queue;
	unsigned int nr_threads;
	struct os_thread *threads[THREADS];
} pool;

/* Returns true if the list was empty. */
bool ubd_stack_push(struct ubd_host_req **top, struct ubd_host_req *req)
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
struct ubd_host_req *ubd_stack_take(struct ubd_host_req **top)
{
	struct ubd_host_req *req, *next, *list = NULL;

	/* Looked at for every request that is submitted. */
	if (!__atomic_load_n(top, __ATOMIC_RELAXED))
		return NULL;
	req = __atomic_exchange_n(top, NULL, __ATOMIC_SEQ_CST);
	for (; req; req = next) {
		next = req->next;
		req->next = list;
		list = req;
	}
	return list;
}

void ubd_lock(__u32 *word)
{
	__u32 was = 0;

	if (__atomic_compare_exchange_n(word, &was, 1, false,
					__ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return;
	while (__atomic_exchange_n(word, 2, __ATOMIC_ACQUIRE))
		os_futex_wait(word, 2);
}

void ubd_unlock(__u32 *word)
{
	if (__atomic_exchange_n(word, 0, __ATOMIC_RELEASE) == 2)
		os_futex_wake(word, 1);
}

/* A write of no bytes has only its sync left. */
static bool takes_turns(const struct ubd_host_req *req)
{
	return ubd_io_writes(req->op) && req->len && !req->host->image.block_device;
}

/* With @queue_lock. Return: true if nobody changes the image now, as we do. */
static bool begin_write(struct ubd_host_req *req)
{
	struct ubd_host *h = req->host;

	if (!h->writing) {
		h->writing = true;
		return true;
	}
	req->next = NULL;
	if (h->writes)
		h->last_write->next = req;
	else
		h->writes = req;
	h->last_write = req;
	return false;
}

/* Return: the next write to this image, or NULL. */
static struct ubd_host_req *end_write(struct pool *p, struct ubd_host *h)
{
	struct ubd_host_req *req;

	ubd_lock(&p->queue_lock);
	req = h->writes;
	if (req)
		h->writes = req->next;
	else
		h->writing = false;
	ubd_unlock(&p->queue_lock);
	return req;
}

static struct ubd_host_req *take(struct pool *p)
{
	struct ubd_host_req *req;

	ubd_lock(&p->queue_lock);
	do {
		if (!p->queue)
			p->queue = ubd_stack_take(&p->incoming);
		req = p->queue;
		if (req)
			p->queue = req->next;
	} while (req && takes_turns(req) && !begin_write(req));
	ubd_unlock(&p->queue_lock);
	return req;
}

/*
 * The next request, or NULL when the helper shall end. Between the look at
 * @incoming and the sleep a submit may come: then @submitted has moved on and
 * os_futex_wait() returns. Pairs with the counter first, sleepers second of
 * submit(); both sides sequentially consistent.
 */
static struct ubd_host_req *wait_for_request(struct pool *p)
{
	struct ubd_host_req *req;
	__u32 seen;

	for (;;) {
		seen = __atomic_load_n(&p->submitted, __ATOMIC_SEQ_CST);
		req = take(p);
		if (req || __atomic_load_n(&p->stopping, __ATOMIC_SEQ_CST))
			return req;
		__atomic_add_fetch(&p->sleepers, 1, __ATOMIC_SEQ_CST);
		os_futex_wait(&p->submitted, seen);
		__atomic_sub_fetch(&p->sleepers, 1, __ATOMIC_SEQ_CST);
	}
}

static void submit(struct ubd_host_req *req)
{
	struct pool *p = &pool;

	ubd_stack_push(&p->incoming, req);
	__atomic_add_fetch(&p->submitted, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&p->sleepers, __ATOMIC_SEQ_CST))
		os_futex_wake(&p->submitted, 1);
}

/* Each submit is under way already. */
static void commit(unsigned int queue)
{
	(void)queue;
}

static struct ubd_host_req *collect(unsigned int queue)
{
	return ubd_stack_take(&pool.done[queue]);
}

static void finish(struct pool *p, struct ubd_host_req *req, int result)
{
	__u32 queue = req->queue;

	req->result = result;
	/* From here on it is not ours any more. */
	if (ubd_stack_push(&p->done[queue], req))
		os_event_raise(p->cookie[queue]);
}

/* Return: the next request, if this helper has to go on with one. */
static struct ubd_host_req *serve(struct pool *p, struct ubd_host_req *req)
{
	struct ubd_host_req *next = NULL;
	bool turn = takes_turns(req);
	int ret = ubd_io_serve(req);

	if (turn)
		next = end_write(p, req->host);
	/* Those who wait to write need not wait for a sync as well. */
	if (!ret && next && ubd_io_syncs(req)) {
		submit(req);
		return next;
	}
	if (!ret && ubd_io_syncs(req))
		ret = ubd_sync(req->host);
	finish(p, req, ret);
	return next;
}

static void helper(void *arg)
{
	struct pool *p = arg;
	struct ubd_host_req *req;

	while ((req = wait_for_request(p)))
		do
			req = serve(p, req);
		while (req);
}

static void stop(void)
{
	struct pool *p = &pool;

	__atomic_store_n(&p->stopping, true, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&p->submitted, 1, __ATOMIC_SEQ_CST);
	os_futex_wake(&p->submitted, INT_MAX);
	while (p->nr_threads)
		os_thread_join(p->threads[--p->nr_threads]);
}

static int start(const __u32 *cookies, unsigned int queues)
{
	struct pool *p = &pool;
	int ret;

	memcpy(p->cookie, cookies, queues * sizeof(*cookies));
	p->stopping = false;
	while (p->nr_threads < THREADS) {
		ret = os_thread_start("ubd", helper, p, &p->threads[p->nr_threads]);
		if (ret) {
			stop();
			return ret;
		}
		p->nr_threads++;
	}
	return 0;
}

const struct ubd_engine ubd_threads_engine = {
	.name = "threads",
	.start = start,
	.stop = stop,
	.submit = submit,
	.commit = commit,
	.collect = collect,
};
