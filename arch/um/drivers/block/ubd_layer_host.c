// SPDX-License-Identifier: GPL-2.0
/*
 * The layer that a COW file is: where a sector is, and its bitmap, which is
 * read at first and brought to the file when it may be. ubd_cow_host.c opens
 * the files, cow_format.h has the layout.
 *
 * Order on the host's disk: data, then the bits that tell of it, then the
 * completion of the FLUSH (or of a write with flag s). A bit is set in memory
 * when its data was written to the file; ubd_layer_store() takes copies of the
 * changed chunks, makes the data durable that their bits tell of, writes the
 * copies, and makes these durable. So whenever the host dies, each sector is
 * what it was or what was written.
 *
 * A copy that could not be written makes its chunk changed again, so that
 * nothing is told to be durable before it was written. After a failed sync no
 * chunk is written any more: its bits might tell of data that the host lost.
 */
#include <host/types.h>
#include <os-Linux/sys.h>

#include "ubd_internal.h"

enum {
	/* Chunks that are written between two syncs: bits for 1 GiB. */
	STAGED = 64,
};

const struct ubd_image *ubd_layer_find(const struct ubd_host *h, __u64 offset,
				       __u64 *len, __u64 *at)
{
	const struct ubd_layer *l = &h->layer;
	__u64 unit = l->sector_size, skip = offset % unit, n;
	bool stored;

	n = cow_map_run(&l->map, offset / unit, (skip + *len + unit - 1) / unit, &stored);
	n = n * unit - skip;
	if (n < *len)
		*len = n;
	*at = stored ? l->data_offset + offset : offset;
	return stored ? &h->image : &l->backing;
}

bool ubd_layer_has_room(const struct ubd_host *h, __u64 offset, __u64 len)
{
	return offset + len <= h->layer.map.sectors * h->layer.sector_size;
}

/* Take up to STAGED dirty chunks. Return: how many. */
static unsigned int stage(struct ubd_layer *l, __u64 *next, __u64 *chunks)
{
	unsigned int n = 0;

	while (n < STAGED && cow_map_take(&l->map, next, l->staging + n * COW_CHUNK))
		chunks[n++] = (*next)++;
	return n;
}

static int write_chunk(struct ubd_host *h, __u64 chunk, const __u8 *buf)
{
	__u64 at = chunk * COW_CHUNK;
	__u64 left = h->layer.map.len - at;
	ssize_t n;

	if (left > COW_CHUNK)
		left = COW_CHUNK;
	for (; left; left -= n, at += n, buf += n) {
		n = sys_pwrite(h->image.fd, buf, left, h->layer.bitmap_offset + at);
		if (n < 0)
			return n;
		if (!n)
			return -EIO;
	}
	return 0;
}

static int write_staged(struct ubd_host *h, const __u64 *chunks, unsigned int nr)
{
	int ret;

	/* First what the bits tell of, and the chunks before these. */
	ret = ubd_sync_file(h);
	for (unsigned int i = 0; i < nr && !ret; i++)
		ret = write_chunk(h, chunks[i], h->layer.staging + i * COW_CHUNK);
	return ret;
}

int ubd_layer_store(struct ubd_host *h)
{
	struct ubd_layer *l = &h->layer;
	__u64 chunks[STAGED], next = 0;
	unsigned int nr;
	bool any = false;
	int ret = 0;

	do {
		nr = stage(l, &next, chunks);
		if (any && !nr)
			break;
		ret = write_staged(h, chunks, nr);
		if (ret)
			goto err_put_back;
		any |= nr;
	} while (nr == STAGED);
	/* Then the bits. If there were none, that was all. */
	return any ? ubd_sync_file(h) : 0;

err_put_back:
	while (nr--)
		cow_map_put_back(&l->map, chunks[nr]);
	return ret;
}

void ubd_layer_written(struct ubd_host *h, __u64 offset, __u64 len)
{
	__u64 unit = h->layer.sector_size;

	cow_map_set(&h->layer.map, offset / unit, (len + unit - 1) / unit);
}

/*
 * Holes are skipped: a huge disk with few changes is opened at once.
 * @used: out: where the part of the bitmap ends that was read
 */
static int read_bitmap(struct ubd_host *h, __u64 *used)
{
	__u8 *bits = (__u8 *)h->layer.map.words;
	__u64 start = h->layer.bitmap_offset;
	__u64 end = start + h->layer.map.len;
	__u64 at = start;
	long data;
	ssize_t n;

	*used = 0;
	while (at < end) {
		data = sys_call(SYS_lseek, h->image.fd, at, SEEK_DATA);
		if (data == -ENXIO)
			return 0;
		if (data > 0 && (__u64)data > at)
			at = data;
		if (at >= end)
			return 0;
		n = end - at < COW_CHUNK ? end - at : COW_CHUNK;
		n = sys_pread(h->image.fd, bits + (at - start), n, at);
		if (n <= 0)
			return n;
		at += n;
		*used = at - start;
	}
	return 0;
}

/* A file that was cut off has lost what its bitmap tells of. */
static int check_length(const struct ubd_host *h, const struct cow_header *header,
			const struct cow_layout *layout, __u64 used,
			struct ubd_host_info *info)
{
	__u64 needs = cow_format_needs(header, layout, cow_map_end(&h->layer.map, used));

	if (h->image.size >= needs)
		return 0;
	return ubd_why(info, -EINVAL,
		       "it has %llu bytes, but header, bitmap and changes take %llu: it was cut off",
		       (unsigned long long)h->image.size, (unsigned long long)needs);
}

int ubd_layer_load(struct ubd_host *h, const struct cow_header *header,
		   const struct cow_layout *layout, struct ubd_host_info *info)
{
	struct ubd_layer *l = &h->layer;
	__u64 map_len = cow_map_memory(layout->bitmap_len);
	__u64 used;
	int ret;

	l->sector_size = header->sector_size;
	l->bitmap_offset = layout->bitmap_offset;
	l->data_offset = layout->data_offset;
	/* The host gives pages when bits are set. */
	l->memory_len = STAGED * COW_CHUNK + map_len;
	ret = sys_mmap(NULL, l->memory_len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, &l->memory);
	if (ret)
		goto err;
	l->staging = l->memory;
	cow_map_init(&l->map, l->staging + STAGED * COW_CHUNK, layout->bitmap_len,
		     layout->mapped);
	ret = read_bitmap(h, &used);
	if (ret)
		goto err_unmap;
	ret = check_length(h, header, layout, used, info);
	if (!ret)
		return 0;
	sys_munmap(l->memory, l->memory_len);
	return ret;

err_unmap:
	sys_munmap(l->memory, l->memory_len);
err:
	return ubd_why(info, ret, "its bitmap of %llu bytes cannot be loaded",
		       (unsigned long long)layout->bitmap_len);
}

void ubd_layer_close(struct ubd_host *h)
{
	sys_munmap(h->layer.memory, h->layer.memory_len);
	ubd_image_close(&h->layer.backing);
}
