/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the block driver's host half: an open disk, and what its files share.
 *
 *   ubd_host.c    disks: open, close        ubd_image_host.c   one file: open, lock
 *   ubd_io_host.c what a request does       ubd_cow_host.c     COW files: open, make
 *   ubd_sync_host.c when it is durable      ubd_layer_host.c   COW files: the bitmap
 *   ubd_threads_host.c, ubd_ring_host.c     engines: who does it, and when
 */
#ifndef UBD_INTERNAL_H
#define UBD_INTERNAL_H

#include "cow_format.h"
#include "cow_map.h"
#include "ubd_host.h"

/**
 * struct ubd_image - one open file
 * @fd: the file, with its lock
 * @block_device: it is one of the host's
 * @read_only: @fd is
 * @sync: what is written is durable before it counts as done
 * @size: bytes that are expected to be there; what lies behind reads as zeroes
 * @block_size: bytes the host gives to and takes from it at a time
 * @mtime: seconds, low 32 bits
 * @dev: @dev and @ino identify the file
 * @ino: see @dev
 */
struct ubd_image {
	int fd;
	bool block_device;
	bool read_only;
	bool sync;
	__u64 size;
	__u32 block_size;
	__u32 mtime;
	__u64 dev;
	__u64 ino;
};

/**
 * struct ubd_layer - what makes a COW file of a file
 * @backing: where unchanged sectors are; opened read-only
 * @map: which sectors were changed
 * @memory: @staging, and @map's behind it
 * @memory_len: bytes
 * @staging: chunks of the bitmap on their way to the file
 * @sector_size: unit of @map
 * @bitmap_offset: where the bitmap is in the file
 * @data_offset: where the sectors are
 */
struct ubd_layer {
	struct ubd_image backing;
	struct cow_map map;
	void *memory;
	size_t memory_len;
	__u8 *staging;
	__u32 sector_size;
	__u64 bitmap_offset;
	__u64 data_offset;
};

/**
 * struct ubd_host - one open disk
 * @used: slot is taken
 * @layered: @layer is valid and @image is a COW file
 * @image: what is written
 * @layer: see @layered
 * @writing: a helper thread changes @image
 * @writes: changes which wait for it, oldest first
 * @last_write: the last of them
 * @sync_lock: held by who makes durable what was written: ubd_lock()
 * @syncs_begun: counts rounds of that; changed with @sync_lock
 * @sync_done: the last round that succeeded. With @sync_lock
 * @lost: 0, or the error of the sync which has lost data. With @sync_lock
 */
struct ubd_host {
	bool used;
	bool layered;
	struct ubd_image image;
	struct ubd_layer layer;
	bool writing;
	struct ubd_host_req *writes;
	struct ubd_host_req *last_write;
	__u32 sync_lock;
	__u64 syncs_begun;
	__u64 sync_done;
	int lost;
};

/**
 * struct ubd_engine - a way to carry requests out
 * @name: what ubd_engine= accepts
 * @start: see ubd_host_start(); -errno if this host cannot
 * @stop: see ubd_host_stop()
 * @submit: see ubd_host_submit()
 * @commit: see ubd_host_commit()
 * @collect: see ubd_host_collect()
 */
struct ubd_engine {
	const char *name;
	int (*start)(const __u32 *cookies, unsigned int queues);
	void (*stop)(void);
	void (*submit)(struct ubd_host_req *req);
	void (*commit)(unsigned int queue);
	struct ubd_host_req *(*collect)(unsigned int queue);
};

extern const struct ubd_engine ubd_threads_engine;
extern const struct ubd_engine ubd_ring_engine;

/* Set @info->why. Return: @err, for the caller to return. */
int ubd_why(struct ubd_host_info *info, int err, const char *fmt, ...)
	__attribute__((__format__(__printf__, 3, 4)));

/* A lock for helper threads; the word is 0 at first: 1 held, 2 waited for. */
void ubd_lock(__u32 *word);
void ubd_unlock(__u32 *word);

/**
 * ubd_image_open() - open and lock a file
 * @path: name
 * @flags: enum ubd_flag bits
 * @image: out: valid if 0 is returned, until ubd_image_close()
 * @info: @info->why is set on error
 *
 * Return: see ubd_host_open().
 */
int ubd_image_open(const char *path, __u32 flags, struct ubd_image *image,
		   struct ubd_host_info *info);

void ubd_image_close(struct ubd_image *image);

/* Look at size and time again. Return: 0 or -errno. */
int ubd_image_measure(struct ubd_image *image);

/* Whether the host can punch holes into the file. */
bool ubd_image_can_discard(const struct ubd_image *image);

int ubd_image_discard(const struct ubd_image *image, __u64 offset, __u64 len);

/* Make it all zeroes; @keep_blocks: without giving any back. */
int ubd_image_write_zeroes(const struct ubd_image *image, __u64 offset,
			   __u64 len, bool keep_blocks);

/**
 * ubd_layer_make() - make a COW file
 * @spec: with a backing file
 * @info: @info->why is set on error
 *
 * Return: 0, -EEXIST if there is a file already, or another -errno.
 */
int ubd_layer_make(const struct ubd_host_spec *spec, struct ubd_host_info *info);

/**
 * ubd_layer_open() - find out whether a file is a COW file, and open the layer
 * @h: its image is open
 * @spec: how
 * @info: filled in
 *
 * Return: 0 with @h->layered set or not, or -errno.
 */
int ubd_layer_open(struct ubd_host *h, const struct ubd_host_spec *spec,
		   struct ubd_host_info *info);

/**
 * ubd_layer_load() - have the bitmap in memory
 * @h: its image is the COW file
 * @header: the file's
 * @layout: the file's
 * @info: @info->why is set on error
 *
 * Return: 0, with @h->layer complete but for its backing file, or -errno: so
 * also if the file is shorter than what its bitmap tells of.
 */
int ubd_layer_load(struct ubd_host *h, const struct cow_header *header,
		   const struct cow_layout *layout, struct ubd_host_info *info);

/* Forget the bitmap, close the backing file. */
void ubd_layer_close(struct ubd_host *h);

/**
 * ubd_layer_store() - make durable what was written: data, then the bitmap
 * @h: a layered disk
 *
 * A part of the bitmap that could not be written is written the next time.
 * Context: ubd_sync() only, with its lock; may block. Return: 0 or -errno.
 */
int ubd_layer_store(struct ubd_host *h);

/**
 * ubd_layer_written() - the file has data now which it had not
 * @h: a layered disk
 * @offset: first byte on the disk, a multiple of the sector size
 * @len: bytes, rounded up to sectors
 *
 * Never waits: to make it durable is left to ubd_sync().
 */
void ubd_layer_written(struct ubd_host *h, __u64 offset, __u64 len);

/**
 * ubd_layer_find() - where is it
 * @h: a layered disk
 * @offset: first byte on the disk
 * @len: in: bytes; out: as many of them as are in one place
 * @at: out: where in the file
 *
 * Return: the file.
 */
const struct ubd_image *ubd_layer_find(const struct ubd_host *h, __u64 offset,
				       __u64 *len, __u64 *at);

/* Whether the COW file has a bit for each of these. */
bool ubd_layer_has_room(const struct ubd_host *h, __u64 offset, __u64 len);

/**
 * ubd_sync() - make durable what was written before this was called
 * @h: a disk that may be written
 *
 * Once it has failed because the host could not sync, it always will: see
 * ubd_sync_host.c.
 * Context: helper threads, or no request is under way; may block.
 * Return: 0 or -errno.
 */
int ubd_sync(struct ubd_host *h);

/* The disk will be closed. Context: no request is under way; may block. */
void ubd_sync_last(struct ubd_host *h);

/* One fdatasync() of the file. Context: ubd_layer_store(). Return: 0 or -errno. */
int ubd_sync_file(struct ubd_host *h);

/**
 * ubd_io_serve() - carry a request out, but for what ubd_io_syncs() says
 * @req: the request, perhaps with some of it done
 *
 * Context: helper threads; may block. Return: 0, with nothing of @req left, or
 * -errno.
 */
int ubd_io_serve(struct ubd_host_req *req);

/* Whether ubd_sync() has to succeed before @req, which was served, is done. */
bool ubd_io_syncs(const struct ubd_host_req *req);

/* Some bytes of @req were moved by somebody else. */
void ubd_io_advance(struct ubd_host_req *req, size_t n);

/* Whether it changes the disk. */
bool ubd_io_writes(__u32 op);

/* A list of requests which is changed by one atomic instruction. */
bool ubd_stack_push(struct ubd_host_req **top, struct ubd_host_req *req);
struct ubd_host_req *ubd_stack_take(struct ubd_host_req **top);

#endif
