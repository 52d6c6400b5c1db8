// SPDX-License-Identifier: GPL-2.0
/*
 * What a request does to the files of a disk, one step after another until it
 * is done: short transfers go on where they stopped. Helper threads run this,
 * for whole requests and for what a faster engine has left over. Not here: what
 * makes it durable (ubd_sync_host.c).
 */
#include <assert.h>
#include <limits.h>
#include <string.h>

#include <host/types.h>
#include <os-Linux/sys.h>

#include "ubd_internal.h"

/* Segments are handed to the host as they are. */
static_assert(sizeof(struct ubd_host_seg) == sizeof(struct iovec), "iovec");
static_assert(offsetof(struct ubd_host_seg, addr) == offsetof(struct iovec, iov_base), "iovec");
static_assert(offsetof(struct ubd_host_seg, len) == offsetof(struct iovec, iov_len), "iovec");
static_assert((int)UBD_HOST_SEGS_MAX <= IOV_MAX, "IOV_MAX");

/* The block layer lets some writes to a read-only disk through: refuse them. */
bool ubd_io_writes(__u32 op)
{
	return op == UBD_OP_WRITE || op == UBD_OP_DISCARD ||
	       op == UBD_OP_WRITE_ZEROES;
}

void ubd_io_advance(struct ubd_host_req *req, size_t n)
{
	req->offset += n;
	req->len -= n;
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

/* The next @len bytes of guest RAM, as the host wants them. */
static unsigned int next_pieces(const struct ubd_host_req *req, __u64 len,
				struct iovec *iov)
{
	unsigned int n = 0;

	for (; len; n++) {
		iov[n].iov_base = req->segs[n].addr;
		iov[n].iov_len = req->segs[n].len < len ? req->segs[n].len : len;
		len -= iov[n].iov_len;
	}
	return n;
}

/*
 * The file ends inside the request. The rest of its last sector is ours to
 * make up; if it ends earlier than it should, data was lost.
 */
static ssize_t read_at_end(const struct ubd_image *image, __u64 at, __u64 len,
			   const struct iovec *iov, unsigned int nr)
{
	if (at < image->size)
		return -EIO;
	for (; nr; nr--, iov++)
		memset(iov->iov_base, 0, iov->iov_len);
	return len;
}

/* One try; any number of bytes up to @len may be moved. */
static ssize_t move_some(const struct ubd_image *image, struct ubd_host_req *req,
			 __u64 at, __u64 len)
{
	struct iovec iov[UBD_HOST_SEGS_MAX];
	unsigned int nr = next_pieces(req, len, iov);
	ssize_t n;

	if (req->op == UBD_OP_READ) {
		n = sys_preadv(image->fd, iov, nr, at);
		return n ? n : read_at_end(image, at, len, iov, nr);
	}
	n = sys_pwritev(image->fd, iov, nr, at);
	return n ? n : -EIO;
}

/* The next @len bytes of the request. */
static int move_data(const struct ubd_image *image, struct ubd_host_req *req,
		     __u64 at, __u64 len)
{
	ssize_t n;

	while (len) {
		n = move_some(image, req, at, len);
		if (n < 0)
			return n;
		ubd_io_advance(req, n);
		at += n;
		len -= n;
	}
	return 0;
}

static int read_layered(struct ubd_host *h, struct ubd_host_req *req)
{
	const struct ubd_image *image;
	__u64 at, len;
	int ret;

	while (req->len) {
		len = req->len;
		image = ubd_layer_find(h, req->offset, &len, &at);
		ret = move_data(image, req, at, len);
		if (ret)
			return ret;
	}
	return 0;
}

static int write_layered(struct ubd_host *h, struct ubd_host_req *req)
{
	__u64 offset = req->offset, len = req->len;
	int ret;

	if (!ubd_layer_has_room(h, offset, len))
		return -ENOSPC;
	ret = move_data(&h->image, req, h->layer.data_offset + offset, len);
	if (!ret)
		ubd_layer_written(h, offset, len);
	return ret;
}

/*
 * On a layered disk to discard and to write zeroes is the same: the COW file
 * has the range, as a hole if possible. To clear its bits would bring back what
 * the backing file has.
 */
static int write_zeroes_layered(struct ubd_host *h, const struct ubd_host_req *req)
{
	__u64 at = h->layer.data_offset + req->offset;
	int ret = -EOPNOTSUPP;

	if (!ubd_layer_has_room(h, req->offset, req->len))
		return -ENOSPC;
	if (!(req->flags & UBD_REQ_KEEP_BLOCKS) && !h->image.block_device)
		ret = ubd_image_discard(&h->image, at, req->len);
	if (ret == -EOPNOTSUPP)
		ret = ubd_image_write_zeroes(&h->image, at, req->len,
					     req->flags & UBD_REQ_KEEP_BLOCKS);
	if (!ret)
		ubd_layer_written(h, req->offset, req->len);
	return ret;
}

static int serve_layered(struct ubd_host *h, struct ubd_host_req *req)
{
	switch (req->op) {
	case UBD_OP_READ:
		return read_layered(h, req);
	case UBD_OP_WRITE:
		return write_layered(h, req);
	case UBD_OP_FLUSH:
		return 0;
	case UBD_OP_DISCARD:
	case UBD_OP_WRITE_ZEROES:
		return write_zeroes_layered(h, req);
	}
	return -EINVAL;
}

static int serve_raw(struct ubd_host *h, struct ubd_host_req *req)
{
	switch (req->op) {
	case UBD_OP_READ:
	case UBD_OP_WRITE:
		return move_data(&h->image, req, req->offset, req->len);
	case UBD_OP_FLUSH:
		return 0;
	case UBD_OP_DISCARD:
		return ubd_image_discard(&h->image, req->offset, req->len);
	case UBD_OP_WRITE_ZEROES:
		return ubd_image_write_zeroes(&h->image, req->offset, req->len,
					      req->flags & UBD_REQ_KEEP_BLOCKS);
	}
	return -EINVAL;
}

int ubd_io_serve(struct ubd_host_req *req)
{
	struct ubd_host *h = req->host;
	int ret;

	if (h->image.read_only && ubd_io_writes(req->op))
		return -EROFS;
	/* Only the sync is left. */
	if (!req->len && ubd_io_writes(req->op))
		return 0;
	ret = h->layered ? serve_layered(h, req) : serve_raw(h, req);
	if (!ret)
		req->len = 0;
	return ret;
}

bool ubd_io_syncs(const struct ubd_host_req *req)
{
	const struct ubd_image *image = &req->host->image;

	if (image->read_only)
		return false;
	return req->op == UBD_OP_FLUSH ||
	       (ubd_io_writes(req->op) && (image->sync || (req->flags & UBD_REQ_DURABLE)));
}
