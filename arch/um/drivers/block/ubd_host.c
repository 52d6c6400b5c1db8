// SPDX-License-Identifier: GPL-2.0
/*
 * Host half of the block driver: disks are opened and closed here, and the
 * engine is chosen. ubd_internal.h tells what is where.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <host/types.h>
#include <os-Linux/sys.h>

#include "ubd_internal.h"

enum {
	HOSTS_MAX = 16,
};

static struct ubd_host hosts[HOSTS_MAX];
static const struct ubd_engine *engine;

int ubd_why(struct ubd_host_info *info, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(info->why, sizeof(info->why), fmt, ap);
	va_end(ap);
	return err;
}

/* Engine. */

static int start_engine(const struct ubd_engine *e, const __u32 *cookies,
			unsigned int queues, const char **name)
{
	int ret = e->start(cookies, queues);

	*name = e->name;
	if (!ret)
		engine = e;
	return ret;
}

int ubd_host_start(__u32 kind, const __u32 *cookies, unsigned int queues,
		   const char **name)
{
	int ret;

	if (engine)
		return -EBUSY;
	if (kind == UBD_ENGINE_THREADS)
		return start_engine(&ubd_threads_engine, cookies, queues, name);
	ret = start_engine(&ubd_ring_engine, cookies, queues, name);
	if (!ret || kind == UBD_ENGINE_IO_URING)
		return ret;
	return start_engine(&ubd_threads_engine, cookies, queues, name);
}

void ubd_host_stop(void)
{
	if (!engine)
		return;
	engine->stop();
	engine = NULL;
}

void ubd_host_submit(struct ubd_host_req *req)
{
	engine->submit(req);
}

void ubd_host_commit(unsigned int queue)
{
	engine->commit(queue);
}

struct ubd_host_req *ubd_host_collect(unsigned int queue)
{
	return engine ? engine->collect(queue) : NULL;
}

/* Disks. */

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

/* The file, which is made if it may be. */
static int open_image(const struct ubd_host_spec *spec, struct ubd_host *h,
		      struct ubd_host_info *info)
{
	int ret = ubd_image_open(spec->file, spec->flags, &h->image, info);

	if (ret != -ENOENT || !*spec->backing)
		return ret;
	ret = ubd_layer_make(spec, info);
	if (ret && ret != -EEXIST)
		return ret;
	if (!ret)
		info->note = UBD_NOTE_CREATED;
	return ubd_image_open(spec->file, spec->flags, &h->image, info);
}

static void describe(const struct ubd_host *h, const struct ubd_host_spec *spec,
		     struct ubd_host_info *info)
{
	info->block_size = h->image.block_size;
	info->read_only = h->image.read_only;
	info->discard = !(spec->flags & UBD_NO_TRIM) &&
			ubd_image_can_discard(&h->image);
}

int ubd_host_open(const struct ubd_host_spec *spec, struct ubd_host_info *info,
		  struct ubd_host **ret)
{
	struct ubd_host *h = claim_host();
	int err;

	memset(info, 0, sizeof(*info));
	if (!h)
		return -EMFILE;
	h->layered = false;
	h->sync_lock = 0;
	h->syncs_begun = 0;
	h->sync_done = 0;
	h->lost = 0;
	err = open_image(spec, h, info);
	if (err)
		goto err_release;
	info->size = h->image.size;
	info->sector_size = UBD_SECTOR_SIZE;
	err = ubd_layer_open(h, spec, info);
	if (err)
		goto err_close;
	describe(h, spec, info);
	/* What was tried in vain on the way is of no interest now. */
	info->why[0] = 0;
	*ret = h;
	return 0;

err_close:
	ubd_image_close(&h->image);
err_release:
	release_host(h);
	return err;
}

void ubd_host_close(struct ubd_host *host)
{
	if (!host)
		return;
	ubd_sync_last(host);
	if (host->layered)
		ubd_layer_close(host);
	ubd_image_close(&host->image);
	release_host(host);
}

void ubd_host_open_call(void *arg)
{
	struct ubd_host_open_args *args = arg;

	args->ret = ubd_host_open(args->spec, args->info, &args->host);
}

void ubd_host_close_call(void *host)
{
	ubd_host_close(host);
}

int ubd_host_measure(struct ubd_host *host, __u64 *size)
{
	struct ubd_image now = host->image;
	int ret;

	if (host->layered) {
		*size = host->layer.backing.size;
		return 0;
	}
	ret = ubd_image_measure(&now);
	if (ret)
		return ret;
	/* Only more of it: requests are under way. */
	if (now.size > host->image.size)
		__atomic_store_n(&host->image.size, now.size, __ATOMIC_RELAXED);
	*size = host->image.size;
	return 0;
}
