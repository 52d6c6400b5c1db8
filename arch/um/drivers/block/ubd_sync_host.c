// SPDX-License-Identifier: GPL-2.0
/*
 * When what was written is durable: FLUSH, FUA and flag s all come here, after
 * the data was written by ordinary calls (ubd_io_host.c, ubd_ring_host.c).
 *
 * The host reports an error of writing back once, to whoever asks first; then
 * it takes the pages for clean, whether they are on its disk or not, and may
 * forget what was in them. So a sync that fails has lost an unknown part of
 * what was written since the last one, and the next would succeed and make
 * nothing good. Therefore all syncs of a disk are made here, one at a time, and
 * no write is made with O_DSYNC or RWF_DSYNC, which could take the error away;
 * and after the first error each of them fails, until the disk is opened again.
 *
 * Nor may a reader be shown what is in the host's memory only, and think it
 * safe as nobody says otherwise: clean pages are thrown out of the page cache
 * after a failed sync, and once more before the disk is closed. So who opens it
 * then finds it as if the host had died at the sync that failed.
 *
 * Those who wait for the lock meanwhile share the next round: it is for all
 * that was written before it began.
 */
#include <host/types.h>
#include <os-Linux/sys.h>

#include "ubd_internal.h"

/* Not what others have mapped or locked, or what is dirty: no error. */
static void forget_clean_pages(const struct ubd_image *image)
{
	sys_fadvise(image->fd, POSIX_FADV_DONTNEED);
}

int ubd_sync_file(struct ubd_host *h)
{
	int ret = sys_fdatasync(h->image.fd);

	if (ret) {
		h->lost = ret;
		forget_clean_pages(&h->image);
	}
	return ret;
}

/* With @sync_lock. */
static int sync_round(struct ubd_host *h)
{
	__u64 round = __atomic_add_fetch(&h->syncs_begun, 1, __ATOMIC_SEQ_CST);
	int ret = h->layered ? ubd_layer_store(h) : ubd_sync_file(h);

	if (!ret)
		h->sync_done = round;
	return ret;
}

int ubd_sync(struct ubd_host *h)
{
	/* A round with a higher number begins after what the caller has written. */
	__u64 seen = __atomic_load_n(&h->syncs_begun, __ATOMIC_SEQ_CST);
	int ret = 0;

	ubd_lock(&h->sync_lock);
	if (h->lost)
		ret = h->lost;
	else if (h->sync_done <= seen)
		ret = sync_round(h);
	ubd_unlock(&h->sync_lock);
	return ret;
}

void ubd_sync_last(struct ubd_host *h)
{
	if (h->image.read_only)
		return;
	/* What is not durable by now was never asked to be, but is worth a try. */
	if (h->layered)
		ubd_sync(h);
	if (!h->lost)
		return;
	sys_fdatasync(h->image.fd);
	forget_clean_pages(&h->image);
}
