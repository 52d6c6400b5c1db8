// SPDX-License-Identifier: GPL-2.0
/*
 * Engine with io_uring: reads and writes which are one piece of one file go to
 * the host in batches, and what is in the host's page cache comes back from the
 * same call. All else - flushes, holes, large pieces, reads that cross layers,
 * the sync behind a durable write, and whatever the ring did not move in full -
 * is for helper threads.
 *
 *   submit() -> SQ -> commit(): io_uring_enter() -> CQ -> collect()
 *          \-> ubd_threads_engine                    \-> ubd_threads_engine
 *
 * Each queue has rings of its own. Submit, commit and collect have one caller
 * at a time there, so the rings need no lock. What the host completes later is told by an eventfd. It is silenced
 * during commit(), as our caller collects afterwards anyway.
 *
 * Barriers: we write entries, then the SQ tail; the host writes entries, then
 * the CQ tail. Ending the silence must be seen before we look at the CQ tail
 * for the last time: a full barrier, as the host has between its two.
 */
#include <errno.h>
#include <string.h>
#include <linux/io_uring.h>
#include <sys/eventfd.h>

#include <host/event.h>
#include <os-Linux/sys.h>

#include "ubd_internal.h"

enum {
	/* Entries of the SQ: how many go in one call. */
	ENTRIES = 256,
	/* Entries of the CQ: how many of a queue may be under way on all disks. */
	COMPLETIONS = 4096,
	/* Bytes worth waking a helper on another core, who copies beside us. */
	LARGE = 256 * 1024,
};

/**
 * struct ring - the rings of a queue, shared with the host
 * @fd: io_uring
 * @event: eventfd the host writes to, or -1
 * @sq: memory of the SQ and CQ indices
 * @sq_len: bytes
 * @sqes: the SQ's entries
 * @sqes_len: bytes
 * @sq_head: moved by the host
 * @sq_tail: moved by us
 * @sq_mask: of both
 * @queued: entries behind what the host has taken
 * @cq_head: moved by us
 * @cq_tail: moved by the host
 * @cq_flags: ours to set
 * @cq_mask: of both
 * @cqes: the CQ's entries
 */
static struct ring {
	int fd;
	int event;
	void *sq;
	size_t sq_len;
	struct io_uring_sqe *sqes;
	size_t sqes_len;
	__u32 *sq_head;
	__u32 *sq_tail;
	__u32 sq_mask;
	__u32 queued;
	__u32 *cq_head;
	__u32 *cq_tail;
	__u32 *cq_flags;
	__u32 cq_mask;
	struct io_uring_cqe *cqes;
} __attribute__((aligned(64))) rings[UBD_QUEUES_MAX];

static unsigned int nr_rings;

/* Where the request goes, if the ring can serve it: the file, and the place. */
static const struct ubd_image *find_place(const struct ubd_host_req *req, __u64 *at)
{
	const struct ubd_host *h = req->host;
	const struct ubd_image *image;
	__u64 len = req->len;

	if (len >= LARGE)
		return NULL;
	if (req->op == UBD_OP_READ) {
		*at = req->offset;
		image = h->layered ? ubd_layer_find(h, req->offset, &len, at) : &h->image;
		return len == req->len ? image : NULL;
	}
	if (req->op != UBD_OP_WRITE || h->image.read_only)
		return NULL;
	*at = req->offset;
	if (!h->layered)
		return &h->image;
	if (!ubd_layer_has_room(h, req->offset, req->len))
		return NULL;
	*at += h->layer.data_offset;
	return &h->image;
}

static void fill(struct io_uring_sqe *sqe, const struct ubd_host_req *req,
		 const struct ubd_image *image, __u64 at)
{
	bool read = req->op == UBD_OP_READ;

	memset(sqe, 0, sizeof(*sqe));
	sqe->fd = image->fd;
	sqe->off = at;
	sqe->user_data = (uintptr_t)req;
	if (req->nr_segs == 1) {
		sqe->opcode = read ? IORING_OP_READ : IORING_OP_WRITE;
		sqe->addr = (uintptr_t)req->segs->addr;
		sqe->len = req->segs->len;
	} else {
		sqe->opcode = read ? IORING_OP_READV : IORING_OP_WRITEV;
		sqe->addr = (uintptr_t)req->segs;
		sqe->len = req->nr_segs;
	}
}

/* What the host refuses to take now goes the other way. */
static void give_up_queued(struct ring *r)
{
	__u32 head = __atomic_load_n(r->sq_head, __ATOMIC_ACQUIRE);
	__u32 tail = *r->sq_tail;

	__atomic_store_n(r->sq_tail, head, __ATOMIC_RELEASE);
	for (; head != tail; head++)
		ubd_threads_engine.submit((struct ubd_host_req *)(uintptr_t)
					  r->sqes[head & r->sq_mask].user_data);
	r->queued = 0;
}

static void set_silence(struct ring *r, bool on)
{
	/* A full barrier; a store would not be one. */
	__atomic_exchange_n(r->cq_flags, on ? IORING_CQ_EVENTFD_DISABLED : 0, __ATOMIC_SEQ_CST);
}

static void commit_ring(struct ring *r)
{
	int ret;

	if (!r->queued)
		return;
	set_silence(r, true);
	do {
		ret = sys_retry(SYS_io_uring_enter, r->fd, r->queued, 0, 0, NULL, 0);
		if (ret > 0)
			r->queued -= ret;
	} while (ret > 0 && r->queued);
	if (r->queued)
		give_up_queued(r);
	set_silence(r, false);
}

static void commit(unsigned int queue)
{
	commit_ring(&rings[queue]);
}

static void submit(struct ubd_host_req *req)
{
	struct ring *r = &rings[req->queue];
	const struct ubd_image *image;
	__u32 tail;
	__u64 at;

	image = find_place(req, &at);
	if (!image) {
		ubd_threads_engine.submit(req);
		return;
	}
	if (r->queued == ENTRIES)
		commit_ring(r);
	tail = *r->sq_tail;
	fill(&r->sqes[tail & r->sq_mask], req, image, at);
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	r->queued++;
}

/* Return: true if the request is done; else helper threads have it now. */
static bool finish(struct ubd_host_req *req, __s32 moved)
{
	if (moved >= 0 && (__u64)moved == req->len) {
		if (req->op == UBD_OP_WRITE && req->host->layered)
			ubd_layer_written(req->host, req->offset, req->len);
		/* The data has arrived. */
		ubd_io_advance(req, moved);
		if (!ubd_io_syncs(req)) {
			req->result = 0;
			return true;
		}
	}
	/* An error, too: they find out whether it is one. */
	ubd_threads_engine.submit(req);
	return false;
}

/* Finished requests of the ring in front of @list. */
static struct ubd_host_req *harvest(struct ring *r, struct ubd_host_req *list)
{
	__u32 tail = __atomic_load_n(r->cq_tail, __ATOMIC_SEQ_CST);
	struct ubd_host_req *first = NULL, **last = &first;
	__u32 head = *r->cq_head;
	struct ubd_host_req *req;

	for (; head != tail; head++) {
		struct io_uring_cqe *cqe = &r->cqes[head & r->cq_mask];

		req = (struct ubd_host_req *)(uintptr_t)cqe->user_data;
		if (!finish(req, cqe->res))
			continue;
		*last = req;
		last = &req->next;
	}
	__atomic_store_n(r->cq_head, head, __ATOMIC_RELEASE);
	*last = list;
	return first;
}

static struct ubd_host_req *collect(unsigned int queue)
{
	return harvest(&rings[queue], ubd_threads_engine.collect(queue));
}

static void unmap_rings(struct ring *r)
{
	if (r->sqes)
		sys_munmap(r->sqes, r->sqes_len);
	if (r->sq)
		sys_munmap(r->sq, r->sq_len);
}

static int map_rings(struct ring *r, const struct io_uring_params *p)
{
	const int prot = PROT_READ | PROT_WRITE, flags = MAP_SHARED | MAP_POPULATE;
	size_t sq_len = p->sq_off.array + p->sq_entries * sizeof(__u32);
	size_t cq_len = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	void *sqes;
	int ret;

	r->sq_len = sq_len > cq_len ? sq_len : cq_len;
	ret = sys_mmap(NULL, r->sq_len, prot, flags, r->fd, IORING_OFF_SQ_RING, &r->sq);
	if (ret)
		return ret;
	r->sqes_len = p->sq_entries * sizeof(*r->sqes);
	ret = sys_mmap(NULL, r->sqes_len, prot, flags, r->fd, IORING_OFF_SQES, &sqes);
	if (!ret)
		r->sqes = sqes;
	return ret;
}

static void find_indices(struct ring *r, const struct io_uring_params *p)
{
	char *base = r->sq;
	__u32 *array = (__u32 *)(base + p->sq_off.array);

	r->sq_head = (__u32 *)(base + p->sq_off.head);
	r->sq_tail = (__u32 *)(base + p->sq_off.tail);
	r->sq_mask = *(__u32 *)(base + p->sq_off.ring_mask);
	r->cq_head = (__u32 *)(base + p->cq_off.head);
	r->cq_tail = (__u32 *)(base + p->cq_off.tail);
	r->cq_mask = *(__u32 *)(base + p->cq_off.ring_mask);
	r->cq_flags = (__u32 *)(base + p->cq_off.flags);
	r->cqes = (struct io_uring_cqe *)(base + p->cq_off.cqes);
	r->queued = 0;
	/* Entry n is at place n, always. */
	for (__u32 i = 0; i < p->sq_entries; i++)
		array[i] = i;
}

/*
 * IORING_FEAT_NODROP and SINGLE_MMAP are of Linux 5.5, the flag that silences
 * the eventfd of 5.8: RW_CUR_POS of 5.6 and FAST_POLL of 5.7 stand for it, as
 * it has no bit of its own, and SQPOLL_NONFIXED of 5.11 covers all.
 */
static bool has_all(const struct io_uring_params *p)
{
	const __u32 wanted = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP |
			     IORING_FEAT_SUBMIT_STABLE | IORING_FEAT_SQPOLL_NONFIXED;

	return (p->features & wanted) == wanted && p->cq_off.flags;
}

/*
 * The host carries out these and no others, whoever writes entries, and the
 * ring stays as it is: it would be a way around a filter of system calls
 * (host/sandbox.h).
 */
static int restrict_ring(int fd)
{
	static struct io_uring_restriction allowed[] = {
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_READ },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_READV },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_WRITE },
		{ .opcode = IORING_RESTRICTION_SQE_OP, .sqe_op = IORING_OP_WRITEV },
	};
	const unsigned int nr = sizeof(allowed) / sizeof(allowed[0]);
	int ret;

	ret = sys_call(SYS_io_uring_register, fd, IORING_REGISTER_RESTRICTIONS, allowed, nr);
	if (ret < 0)
		return ret;
	return sys_call(SYS_io_uring_register, fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
}

static int set_up(struct ring *r, __u32 cookie)
{
	struct io_uring_params p = {
		.flags = IORING_SETUP_CQSIZE | IORING_SETUP_R_DISABLED,
		.cq_entries = COMPLETIONS,
	};
	int ret;

	r->fd = sys_call(SYS_io_uring_setup, ENTRIES, &p);
	if (r->fd < 0)
		return r->fd;
	if (!has_all(&p))
		return -EOPNOTSUPP;
	ret = map_rings(r, &p);
	if (ret)
		return ret;
	find_indices(r, &p);
	r->event = sys_call(SYS_eventfd2, 0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->event < 0)
		return r->event;
	ret = sys_call(SYS_io_uring_register, r->fd, IORING_REGISTER_EVENTFD, &r->event, 1);
	if (ret >= 0)
		ret = restrict_ring(r->fd);
	return ret < 0 ? ret : os_event_add(r->event, OS_EVENT_IN, cookie);
}

static void tear_down(struct ring *r)
{
	unmap_rings(r);
	if (r->event >= 0)
		sys_close(r->event);
	if (r->fd >= 0)
		sys_close(r->fd);
}

static int open_ring(struct ring *r, __u32 cookie)
{
	int ret;

	*r = (struct ring) { .fd = -1, .event = -1 };
	ret = set_up(r, cookie);
	if (ret)
		tear_down(r);
	return ret;
}

static void close_rings(void)
{
	while (nr_rings) {
		struct ring *r = &rings[--nr_rings];

		os_event_del(r->event);
		tear_down(r);
	}
}

static int start(const __u32 *cookies, unsigned int queues)
{
	int ret = 0;

	while (nr_rings < queues && !ret) {
		ret = open_ring(&rings[nr_rings], cookies[nr_rings]);
		if (!ret)
			nr_rings++;
	}
	if (!ret)
		ret = ubd_threads_engine.start(cookies, queues);
	if (ret)
		close_rings();
	return ret;
}

static void stop(void)
{
	ubd_threads_engine.stop();
	close_rings();
}

const struct ubd_engine ubd_ring_engine = {
	.name = "io_uring",
	.start = start,
	.stop = stop,
	.submit = submit,
	.commit = commit,
	.collect = collect,
};
