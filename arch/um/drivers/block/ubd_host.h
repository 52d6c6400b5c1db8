/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contract of the block driver: disk images as the host sees them.
 * Kernel half: ubd.c; host half: ubd_host.c.
 *
 * The kernel half hands requests over with ubd_host_submit() and sends them off
 * with ubd_host_commit(); they come back, in any order, through
 * ubd_host_collect(), which also may be asked when the queue's interrupt was
 * raised. In between they belong to the host half. Data moves directly between
 * file and guest RAM. An engine, chosen once, says how.
 *
 * A request comes back on the queue it was submitted on. What is done on one
 * queue needs no regard for others; a queue serves all disks.
 */
#ifndef UBD_HOST_H
#define UBD_HOST_H

#include <host/types.h>

enum {
	UBD_SECTOR_SIZE = 512,
	/* Pieces of guest RAM in one request. */
	UBD_HOST_SEGS_MAX = 128,
	UBD_QUEUES_MAX = 8,
	/* Longest file name, its NUL included: the host's PATH_MAX. */
	UBD_PATH_MAX = 4096,
	/* Room for an explanation with two paths cut to what is worth reading. */
	UBD_WHY_MAX = 512,
};

/* How a disk is opened: the letters after ubd<n>. */
enum ubd_flag {
	/* r: never written */
	UBD_READ_ONLY = 1,
	/* s: each change is on the host's disk before it is reported done */
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

/* How requests are carried out. */
enum ubd_engine_kind {
	/* io_uring where the host has and allows it, or else threads */
	UBD_ENGINE_AUTO,
	UBD_ENGINE_IO_URING,
	UBD_ENGINE_THREADS,
};

/* What opening did beside opening. */
enum ubd_host_note {
	UBD_NOTE_NONE,
	/* the COW file was made */
	UBD_NOTE_CREATED,
	/* the header of the COW file names another backing file now */
	UBD_NOTE_SWITCHED,
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
 * @queue: its queue, below what ubd_host_start() was told
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
	__u32 queue;
	__u32 op;
	__u32 flags;
	__u32 nr_segs;
	__u64 offset;
	__u64 len;
	struct ubd_host_seg *segs;
	__s32 result;
};

/**
 * struct ubd_host_spec - what is to be opened
 * @file: regular file or block device; a COW file unless its content or
 *	UBD_RAW say otherwise
 * @backing: the file behind a COW file; empty: the one its header names
 * @flags: enum ubd_flag bits
 */
struct ubd_host_spec {
	const char *file;
	const char *backing;
	__u32 flags;
};

/**
 * struct ubd_host_info - what was opened
 * @size: bytes on the disk; rounded up to whole sectors, and the rest of the
 *	last sector reads as zeroes
 * @block_size: bytes the host gives to and takes from a file at a time
 * @sector_size: smallest unit of a request: UBD_SECTOR_SIZE, or a larger power
 *	of two, which a COW file may demand
 * @read_only: it cannot be written: asked for with UBD_READ_ONLY, or the
 *	host allows nothing else
 * @discard: DISCARD is worth trying
 * @layered: it is a COW file. UBD_REQ_DURABLE is not for it: a FLUSH is
 * @note: enum ubd_host_note
 * @backing: layered: the backing file, as it was opened
 * @why: when opening failed: text that explains the error further, or empty
 */
struct ubd_host_info {
	__u64 size;
	__u32 block_size;
	__u32 sector_size;
	bool read_only;
	bool discard;
	bool layered;
	__u32 note;
	char backing[UBD_PATH_MAX];
	char why[UBD_WHY_MAX];
};

/**
 * ubd_host_start() - start an engine
 * @kind: enum ubd_engine_kind
 * @cookies: for each queue, the interrupt number to raise when requests are done
 * @queues: how many, 1 to UBD_QUEUES_MAX
 * @name: out: what the engine is called
 *
 * Context: boot or process, may block.
 * Return: 0, -EBUSY if one runs already, or another -errno, with @name the
 * engine that could not be started.
 */
int ubd_host_start(__u32 kind, const __u32 *cookies, unsigned int queues,
		   const char **name);

/**
 * ubd_host_stop() - end the engine
 *
 * No request may be under way. Does nothing if none runs.
 * Context: process, may block.
 */
void ubd_host_stop(void);

/**
 * ubd_host_open() - open and lock the files of one disk
 * @spec: what
 * @info: out: what was opened, or @info->why it could not be
 * @ret: the disk. Owns: *ret until ubd_host_close()
 *
 * A file which may not be written (EROFS, EACCES, EPERM) is opened read-only.
 * With @spec->backing and no @spec->file, a COW file is made. A COW file and its
 * backing file must agree on size and modification time; if @spec->backing is
 * another name than the header has, and agrees, the header is changed.
 * Context: boot or process, may block; one caller at a time.
 * Return: 0, -EISDIR for a directory, -EINVAL for what is no disk image,
 * -EBUSY if another program has locked it, -ESTALE if the backing file does not
 * belong to the COW file, or another -errno.
 */
int ubd_host_open(const struct ubd_host_spec *spec, struct ubd_host_info *info,
		  struct ubd_host **ret);

/**
 * ubd_host_close() - write what is to be written, unlock and close
 * @host: the disk, no request of which is under way; NULL is accepted
 *
 * Context: process, may block.
 */
void ubd_host_close(struct ubd_host *host);

/**
 * struct ubd_host_open_args - ubd_host_open() for um_host_call()
 * @spec: its arguments
 * @info: likewise
 * @host: out: likewise
 * @ret: out: what it returned
 */
struct ubd_host_open_args {
	const struct ubd_host_spec *spec;
	struct ubd_host_info *info;
	struct ubd_host *host;
	int ret;
};

/* The two in the form of um_host_call(): they need no vCPU. */
void ubd_host_open_call(void *arg);
void ubd_host_close_call(void *host);

/**
 * ubd_host_measure() - look at the size of the file again
 * @host: the disk, with requests under way or not
 * @size: out: bytes on the disk from now on
 *
 * A layered disk keeps its size. A file that shrank, too: to read what is gone
 * is an error.
 * Context: process, may block. Return: 0 or -errno.
 */
int ubd_host_measure(struct ubd_host *host, __u64 *size);

/**
 * ubd_host_submit() - hand a request over
 * @req: filled in; the host half's until ubd_host_collect() gives it back
 *
 * Requests under way at the same time are served in any order; a FLUSH covers
 * the writes which were collected before it was submitted. Short transfers
 * are continued and EINTR is retried inside. When the host could not sync the
 * file, what was written since the last sync may be lost: this FLUSH or durable
 * write and all later ones get that error, until the disk is opened again.
 * Context: interrupts off; for each queue one caller of submit, commit and
 * collect at a time; never waits.
 */
void ubd_host_submit(struct ubd_host_req *req);

/**
 * ubd_host_commit() - have the submitted requests begun
 * @queue: those of this queue
 *
 * Some may be done when it returns, for which no interrupt is raised: call
 * ubd_host_collect() afterwards.
 * Context: as for ubd_host_submit(). Data that the host has at hand may be
 * copied here.
 */
void ubd_host_commit(unsigned int queue);

/**
 * ubd_host_collect() - take all finished requests
 * @queue: those of this queue
 *
 * The interrupt is raised when requests finish, once for several of them, and
 * sometimes without any: the caller serves the whole list.
 * Context: as for ubd_host_submit().
 * Return: list linked by @next, oldest first, or NULL.
 */
struct ubd_host_req *ubd_host_collect(unsigned int queue);

#endif
