/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contract of the block driver: disk images as the host sees them.
 * Kernel half: ubd.c; host half: ubd_host.c.
 *
 * A few helper threads serve the requests of all disks. The kernel half hands
 * a request over with ubd_host_submit(); it comes back, in any order, through
 * ubd_host_collect() after the driver's interrupt was raised. In between it
 * belongs to the host half. Data moves directly between file and guest RAM.
 */
#ifndef UBD_HOST_H
#define UBD_HOST_H

#include <host/types.h>

enum {
	UBD_SECTOR_SIZE = 512,
	/* Pieces of guest RAM in one request. */
	UBD_HOST_SEGS_MAX = 128,
};

/* How a disk is opened: the letters after ubd<n>. */
enum ubd_flag {
	/* r: never written */
	UBD_READ_ONLY = 1,
	/* s: each write is on the host's disk before it is reported done */
	UBD_SYNC = 2,
	/* d: the file is the disk, even if it looks like a COW file */
	UBD_RAW = 4,
	/* c: no host file lock; the file is shared on purpose */
	UBD_SHARED = 8,
	/* t: the file keeps its blocks: no discard, no write-zeroes */
	UBD_NO_TRIM = 16,
};

enum ubd_host_op {
	UBD_OP_READ,
	UBD_OP_WRITE,
	UBD_OP_FLUSH,
	UBD_OP_DISCARD,
	UBD_OP_WRITE_ZEROES,
};

enum ubd_host_req_flag {
	/* WRITE, WRITE_ZEROES: durable before it is reported done (FUA) */
	UBD_REQ_DURABLE = 1,
	/* WRITE_ZEROES: the file keeps its blocks */
	UBD_REQ_KEEP_BLOCKS = 2,
};

struct ubd_host;

/**
 * struct ubd_host_seg - a piece of guest RAM; laid out as the host's iovec
 * @addr: where; readable and writable in this process
 * @len: bytes
 */
struct ubd_host_seg {
	void *addr;
	size_t len;
};

/**
 * struct ubd_host_req - one request
 * @next: host half, and the list made by ubd_host_collect()
 * @host: the disk
 * @op: enum ubd_host_op
 * @flags: enum ubd_host_req_flag bits
 * @offset: first byte on the disk
 * @len: bytes; for READ and WRITE the sum of all segments
 * @segs: READ, WRITE: where the data is
 * @nr_segs: how many, at most UBD_HOST_SEGS_MAX
 * @result: out: 0 or -errno. The data of a failed request is undefined.
 *
 * The host half moves @offset, @len, @segs and what they point to onwards.
 */
struct ubd_host_req {
	struct ubd_host_req *next;
	struct ubd_host *host;
	__u32 op;
	__u32 flags;
	__u64 offset;
	__u64 len;
	struct ubd_host_seg *segs;
	__u32 nr_segs;
	__s32 result;
};

/**
 * struct ubd_host_info - what was opened
 * @size: bytes in the file; the disk is this rounded up to whole sectors, and
 *	the rest of the last sector reads as zeroes
 * @block_size: bytes the host gives to and takes from a file at a time
 * @read_only: it cannot be written: asked for with UBD_READ_ONLY, or the
 *	host allows nothing else
 * @discard: DISCARD is worth trying
 */
struct ubd_host_info {
	__u64 size;
	__u32 block_size;
	bool read_only;
	bool discard;
};

/**
 * ubd_host_start() - start the helper threads
 * @threads: how many, at least 1
 * @cookie: interrupt number to raise when requests are done
 *
 * Context: boot or process, may block.
 * Return: 0, -EBUSY if they run already, or another -errno.
 */
int ubd_host_start(unsigned int threads, __u32 cookie);

/**
 * ubd_host_stop() - end the helper threads
 *
 * No request may be under way. Does nothing if they do not run.
 * Context: process, may block.
 */
void ubd_host_stop(void);

/**
 * ubd_host_open() - open and lock the image of one disk
 * @path: regular file or block device
 * @flags: enum ubd_flag bits
 * @info: out: what was opened
 * @why: out: static text that explains the error further, or NULL
 * @ret: the disk. Owns: *ret until ubd_host_close()
 *
 * A file which may not be written (EROFS, EACCES, EPERM) is opened read-only.
 * Context: boot or process, may block.
 * Return: 0, -EISDIR for a directory, -EINVAL for what is no disk image,
 * -EBUSY if another program has locked it, or another -errno.
 */
int ubd_host_open(const char *path, __u32 flags, struct ubd_host_info *info,
		  const char **why, struct ubd_host **ret);

/**
 * ubd_host_close() - unlock and close
 * @host: the disk, no request of which is under way; NULL is accepted
 *
 * Context: process, may block.
 */
void ubd_host_close(struct ubd_host *host);

/**
 * ubd_host_submit() - hand a request to the helper threads
 * @req: filled in; the host half's until ubd_host_collect() gives it back
 *
 * Requests under way at the same time are served in any order; a FLUSH covers
 * the writes which were collected before it was submitted. Short transfers
 * are continued and EINTR is retried inside.
 * Context: any, also interrupts on top of another submit; never waits.
 */
void ubd_host_submit(struct ubd_host_req *req);

/**
 * ubd_host_collect() - take all finished requests
 *
 * The interrupt is raised when the first request finishes after a collect,
 * not again for each further one: the handler serves the whole list.
 * Context: any, never waits.
 * Return: list linked by @next, oldest first, or NULL.
 */
struct ubd_host_req *ubd_host_collect(void);

#endif
