// SPDX-License-Identifier: GPL-2.0
/*
 * ubd: disks which are files or block devices of the host.
 *
 *   blk-mq -> ubd_queue_rq() -> ubd_host_submit(), ubd_host_commit() ... engine
 *   -> at once, or ubd_interrupt() -> ubd_host_collect() -> ubd_complete_rq()
 *
 * This is the driver of the platform devices which ubd_device.c makes. Not
 * here: option texts (ubd_config.c, ubd_option.c), the names by number in /dev
 * (ubd_names.c), the files themselves (ubd_host.c). ubd.h is the map.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/ata.h>
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/cdrom.h>
#include <linux/hdreg.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/major.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include <um/host_call.h>
#include <um/irq.h>
#include <um/sandbox_option.h>

#include "ubd.h"

enum {
	UBD_QUEUE_DEPTH = 128,
	/* 4 MiB; the block layer stays at 1280 KiB unless told otherwise. */
	UBD_MAX_SECTORS = 8192,
	/* A file system without a fast way has to write them all: 64 MiB. */
	UBD_MAX_ZEROES_SECTORS = 131072,
	/* Geometry for those who still ask. */
	UBD_HEADS = 128,
	UBD_TRACK_SECTORS = 32,
	/* What a CD drive that is none says of its volume. */
	UBD_VOLUME = 255,
};

u32 ubd_engine_wanted = UBD_ENGINE_AUTO;

struct ubd_request {
	struct ubd_host_req host;
	struct ubd_host_seg segs[UBD_HOST_SEGS_MAX];
};

static_assert(SECTOR_SIZE == UBD_SECTOR_SIZE);

/* Data path. */

/* List the memory of @rq; neighbours become one segment. */
static int ubd_map_segments(struct request *rq, struct ubd_request *ur)
{
	struct ubd_host_seg *seg = NULL;
	struct req_iterator iter;
	unsigned int nr = 0;
	struct bio_vec bv;

	rq_for_each_bvec(bv, rq, iter) {
		void *addr = bvec_virt(&bv);

		if (seg && seg->addr + seg->len == addr) {
			seg->len += bv.bv_len;
			continue;
		}
		if (WARN_ON_ONCE(nr == UBD_HOST_SEGS_MAX))
			return -EIO;
		seg = &ur->segs[nr++];
		seg->addr = addr;
		seg->len = bv.bv_len;
	}
	ur->host.segs = ur->segs;
	ur->host.nr_segs = nr;
	return 0;
}

static blk_status_t ubd_prepare(struct request *rq, struct ubd_request *ur)
{
	struct ubd_disk *ubd = rq->q->queuedata;

	ur->host.host = ubd->host;
	ur->host.flags = 0;
	ur->host.offset = blk_rq_pos(rq) << SECTOR_SHIFT;
	ur->host.len = blk_rq_bytes(rq);
	ur->host.nr_segs = 0;
	if (rq->cmd_flags & REQ_FUA)
		ur->host.flags |= UBD_REQ_DURABLE;

	switch (req_op(rq)) {
	case REQ_OP_READ:
		ur->host.op = UBD_OP_READ;
		return errno_to_blk_status(ubd_map_segments(rq, ur));
	case REQ_OP_WRITE:
		ur->host.op = UBD_OP_WRITE;
		return errno_to_blk_status(ubd_map_segments(rq, ur));
	case REQ_OP_FLUSH:
		ur->host.op = UBD_OP_FLUSH;
		return BLK_STS_OK;
	case REQ_OP_DISCARD:
		ur->host.op = UBD_OP_DISCARD;
		return BLK_STS_OK;
	case REQ_OP_WRITE_ZEROES:
		ur->host.op = UBD_OP_WRITE_ZEROES;
		if (rq->cmd_flags & REQ_NOUNMAP)
			ur->host.flags |= UBD_REQ_KEEP_BLOCKS;
		return BLK_STS_OK;
	default:
		return BLK_STS_NOTSUPP;
	}
}

/**
 * struct ubd_queue - a queue of the engine, which all disks share
 * @lock: the host half has one caller for it at a time
 * @irq: raised when requests are done
 * @name: the interrupt's
 */
static struct ubd_queue {
	spinlock_t lock;
	int irq;
	char name[8];
} ____cacheline_aligned_in_smp ubd_queues[UBD_QUEUES_MAX];

static unsigned int ubd_nr_queues;

/* Those without errors end together: their tags are given back at once. */
static void ubd_complete_list(struct ubd_host_req *req)
{
	DEFINE_IO_COMP_BATCH(batch);
	struct ubd_host_req *next;
	struct request *rq;

	for (; req; req = next) {
		next = req->next;
		rq = blk_mq_rq_from_pdu(container_of(req, struct ubd_request, host));
		if (!blk_mq_add_to_batch(rq, &batch, req->result, blk_mq_end_request_batch))
			blk_mq_complete_request(rq);
	}
	if (batch.complete)
		batch.complete(&batch);
}

static int ubd_init_hctx(struct blk_mq_hw_ctx *hctx, void *data, unsigned int index)
{
	hctx->driver_data = &ubd_queues[index];
	return 0;
}

/* What was submitted is sent off, and what is done already ends. */
static struct ubd_host_req *ubd_commit(struct ubd_queue *queue)
{
	unsigned int index = queue - ubd_queues;

	lockdep_assert_held(&queue->lock);
	ubd_host_commit(index);
	return ubd_host_collect(index);
}

static blk_status_t ubd_queue_rq(struct blk_mq_hw_ctx *hctx,
				 const struct blk_mq_queue_data *bd)
{
	struct ubd_queue *queue = hctx->driver_data;
	struct ubd_request *ur = blk_mq_rq_to_pdu(bd->rq);
	struct ubd_host_req *done = NULL;
	blk_status_t status;
	unsigned long flags;

	status = ubd_prepare(bd->rq, ur);
	if (status)
		return status;
	ur->host.queue = queue - ubd_queues;
	blk_mq_start_request(bd->rq);
	spin_lock_irqsave(&queue->lock, flags);
	ubd_host_submit(&ur->host);
	if (bd->last)
		done = ubd_commit(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
	ubd_complete_list(done);
	return BLK_STS_OK;
}

static void ubd_commit_rqs(struct blk_mq_hw_ctx *hctx)
{
	struct ubd_queue *queue = hctx->driver_data;
	struct ubd_host_req *done;
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	done = ubd_commit(queue);
	spin_unlock_irqrestore(&queue->lock, flags);
	ubd_complete_list(done);
}

/* Some are collected by who submits others: then there is nothing to do. */
static irqreturn_t ubd_interrupt(int irq, void *dev)
{
	struct ubd_queue *queue = dev;
	struct ubd_host_req *done;
	unsigned long flags;

	spin_lock_irqsave(&queue->lock, flags);
	done = ubd_host_collect(queue - ubd_queues);
	spin_unlock_irqrestore(&queue->lock, flags);
	ubd_complete_list(done);
	return IRQ_HANDLED;
}

static void ubd_complete_rq(struct request *rq)
{
	struct ubd_request *ur = blk_mq_rq_to_pdu(rq);
	blk_status_t status = errno_to_blk_status(ur->host.result);

	/* The host can not: do not ask again. */
	if (status == BLK_STS_NOTSUPP && req_op(rq) == REQ_OP_DISCARD)
		blk_queue_disable_discard(rq->q);
	blk_mq_end_request(rq, status);
}

static const struct blk_mq_ops ubd_mq_ops = {
	.init_hctx = ubd_init_hctx,
	.queue_rq = ubd_queue_rq,
	.commit_rqs = ubd_commit_rqs,
	.complete = ubd_complete_rq,
};

/* Ioctls. */

static int ubd_getgeo(struct block_device *bdev, struct hd_geometry *geo)
{
	sector_t cylinders = bdev_nr_sectors(bdev->bd_disk->part0);

	do_div(cylinders, UBD_HEADS * UBD_TRACK_SECTORS);
	geo->heads = UBD_HEADS;
	geo->sectors = UBD_TRACK_SECTORS;
	geo->cylinders = min_t(sector_t, cylinders, U16_MAX);
	return 0;
}

static int ubd_get_identity(struct block_device *bdev, void __user *arg)
{
	struct hd_geometry geo;
	__le16 *id;
	int ret = 0;

	id = kcalloc(ATA_ID_WORDS, sizeof(*id), GFP_KERNEL);
	if (!id)
		return -ENOMEM;
	ubd_getgeo(bdev, &geo);
	id[ATA_ID_CYLS] = cpu_to_le16(geo.cylinders);
	id[ATA_ID_HEADS] = cpu_to_le16(geo.heads);
	id[ATA_ID_SECTORS] = cpu_to_le16(geo.sectors);
	if (copy_to_user(arg, id, ATA_ID_WORDS * sizeof(*id)))
		ret = -EFAULT;
	kfree(id);
	return ret;
}

static int ubd_get_volume(void __user *arg)
{
	static const struct cdrom_volctrl volume = {
		UBD_VOLUME, UBD_VOLUME, UBD_VOLUME, UBD_VOLUME,
	};

	return copy_to_user(arg, &volume, sizeof(volume)) ? -EFAULT : 0;
}

static int ubd_ioctl(struct block_device *bdev, blk_mode_t mode,
		     unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case HDIO_GET_IDENTITY:
		return ubd_get_identity(bdev, (void __user *)arg);
	case CDROMVOLREAD:
		return ubd_get_volume((void __user *)arg);
	}
	return -ENOTTY;
}

static const struct block_device_operations ubd_fops = {
	.owner = THIS_MODULE,
	.ioctl = ubd_ioctl,
	.compat_ioctl = blkdev_compat_ptr_ioctl,
	.getgeo = ubd_getgeo,
};

/* Devices. */

static int ubd_start_engine(void)
{
	u32 cookies[UBD_QUEUES_MAX];
	const char *name;
	int ret;

	for (unsigned int i = 0; i < ubd_nr_queues; i++)
		cookies[i] = ubd_queues[i].irq;
	ret = ubd_host_start(ubd_engine_wanted, cookies, ubd_nr_queues, &name);
	if (ret && ubd_engine_wanted == UBD_ENGINE_IO_URING) {
		pr_warn("the host does not let us use io_uring: %pe\n", ERR_PTR(ret));
		ret = ubd_host_start(UBD_ENGINE_THREADS, cookies, ubd_nr_queues, &name);
	}
	if (ret)
		pr_err("cannot start the engine %s: %pe\n", name, ERR_PTR(ret));
	else
		pr_info("engine %s, queues: %u\n", name, ubd_nr_queues);
	return ret;
}

static int ubd_add_queue(void)
{
	struct ubd_queue *queue = &ubd_queues[ubd_nr_queues];
	int ret;

	spin_lock_init(&queue->lock);
	snprintf(queue->name, sizeof(queue->name), "ubd-%u", ubd_nr_queues);
	queue->irq = um_irq_alloc(queue->name);
	if (queue->irq < 0)
		return queue->irq;
	ret = request_irq(queue->irq, ubd_interrupt, 0, queue->name, queue);
	if (ret)
		um_irq_free(queue->irq);
	else
		ubd_nr_queues++;
	return ret;
}

static void ubd_drop_queues(void)
{
	while (ubd_nr_queues) {
		struct ubd_queue *queue = &ubd_queues[--ubd_nr_queues];

		free_irq(queue->irq, queue);
		um_irq_free(queue->irq);
	}
}

/* The queues, one for each CPU, and the engine, when the first disk needs them. */
static int ubd_start(void)
{
	static DEFINE_MUTEX(lock);
	static bool started;
	int ret = 0;

	guard(mutex)(&lock);
	if (started)
		return 0;
	while (ubd_nr_queues < min(num_possible_cpus(), UBD_QUEUES_MAX) && !ret)
		ret = ubd_add_queue();
	if (!ret)
		ret = ubd_start_engine();
	if (ret)
		ubd_drop_queues();
	started = !ret;
	return ret;
}

static void ubd_fill_limits(struct queue_limits *lim, const struct ubd_disk *ubd)
{
	const struct ubd_host_info *info = &ubd->info;
	u32 flags = ubd->cfg->flags;

	*lim = (struct queue_limits) {
		.logical_block_size = max(info->sector_size, ubd->cfg->sector_size),
		.max_hw_sectors = UBD_MAX_SECTORS,
		.max_segments = UBD_HOST_SEGS_MAX,
		.max_segment_size = UBD_MAX_SECTORS * SECTOR_SIZE,
	};
	if (info->read_only)
		return;
	/* With flag s, what is written is durable: nothing to flush. */
	if (!(flags & UBD_SYNC))
		lim->features |= BLK_FEAT_WRITE_CACHE;
	/* A layer is made durable as a whole: the bits with what they tell of. */
	if (!(flags & UBD_SYNC) && !info->layered)
		lim->features |= BLK_FEAT_FUA;
	if (!(flags & UBD_NO_TRIM))
		lim->max_write_zeroes_sectors = UBD_MAX_ZEROES_SECTORS;
	if (info->discard) {
		lim->max_hw_discard_sectors = UINT_MAX >> SECTOR_SHIFT;
		lim->discard_granularity = max(info->block_size, lim->logical_block_size);
	}
}

static int ubd_alloc_tags(struct ubd_disk *ubd)
{
	ubd->tags.ops = &ubd_mq_ops;
	ubd->tags.nr_hw_queues = ubd_nr_queues;
	ubd->tags.queue_depth = UBD_QUEUE_DEPTH;
	ubd->tags.numa_node = NUMA_NO_NODE;
	ubd->tags.cmd_size = sizeof(struct ubd_request);
	/* The host has a scheduler of its own. */
	ubd->tags.flags = BLK_MQ_F_SHOULD_MERGE | BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	return blk_mq_alloc_tag_set(&ubd->tags);
}

static void ubd_name_disk(struct gendisk *disk, unsigned int index)
{
	disk->major = UBD_MAJOR;
	disk->first_minor = index * UBD_MINORS;
	disk->minors = UBD_MINORS;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "ubd%c", 'a' + index);
}

static int ubd_add_disk(struct platform_device *pdev, struct ubd_disk *ubd)
{
	struct queue_limits lim;
	struct gendisk *disk;
	u64 blocks;
	int ret;

	ubd_fill_limits(&lim, ubd);
	disk = blk_mq_alloc_disk(&ubd->tags, &lim, ubd);
	if (IS_ERR(disk))
		return PTR_ERR(disk);

	ubd_name_disk(disk, ubd->cfg->index);
	disk->fops = &ubd_fops;
	disk->private_data = ubd;
	blocks = DIV_ROUND_UP_ULL(ubd->info.size, lim.logical_block_size);
	set_capacity(disk, blocks * (lim.logical_block_size >> SECTOR_SHIFT));
	set_disk_ro(disk, ubd->info.read_only);
	ubd->disk = disk;

	ret = device_add_disk(&pdev->dev, disk, ubd_attr_groups);
	if (ret)
		put_disk(disk);
	return ret;
}

static int ubd_open(struct ubd_disk *ubd)
{
	const struct ubd_config *cfg = ubd->cfg;
	const struct ubd_host_spec spec = {
		.file = cfg->file,
		.backing = cfg->backing,
		.flags = cfg->flags,
	};
	struct ubd_host_open_args args = {
		.spec = &spec,
		.info = &ubd->info,
	};
	const char *why = ubd->info.why;
	int ret;

	um_host_call(ubd_host_open_call, &args);
	ubd->host = args.host;
	ret = args.ret;
	if (ret)
		ubd_device_fail("ubd%u=%s: cannot open: %pe%s%s%s", cfg->index, cfg->file,
				ERR_PTR(ret), *why ? ": " : "", why, um_sandbox_hint(ret));
	return ret;
}

static int ubd_check_sectors(const struct ubd_disk *ubd)
{
	const struct ubd_config *cfg = ubd->cfg;

	if (ubd->info.sector_size <= UBD_SECTOR_MAX)
		return 0;
	ubd_device_fail("ubd%u=%s: its sectors of %u bytes are larger than a page", cfg->index,
			cfg->file, ubd->info.sector_size);
	return -EINVAL;
}

static void ubd_announce(const struct ubd_disk *ubd)
{
	const struct ubd_host_info *info = &ubd->info;
	const struct ubd_config *cfg = ubd->cfg;

	if (info->read_only && !(cfg->flags & UBD_READ_ONLY))
		pr_warn("ubd%u=%s: the host does not let us write: read-only\n",
			cfg->index, cfg->file);
	if (info->note == UBD_NOTE_CREATED)
		pr_info("ubd%u: made \"%s\" as COW file for \"%s\"\n", cfg->index,
			cfg->file, info->backing);
	if (info->note == UBD_NOTE_SWITCHED)
		pr_info("ubd%u: the backing file of \"%s\" is \"%s\" from now on\n",
			cfg->index, cfg->file, info->backing);
	pr_info("ubd%u (ubd%c): %s%s%s, %llu MiB%s\n", cfg->index,
		'a' + cfg->index, cfg->file, info->layered ? " over " : "",
		info->backing, info->size >> 20, info->read_only ? ", read-only" : "");
}

static int ubd_probe(struct platform_device *pdev)
{
	struct ubd_disk *ubd;
	int ret;

	ubd = kzalloc(sizeof(*ubd), GFP_KERNEL);
	if (!ubd)
		return -ENOMEM;
	ubd->cfg = dev_get_platdata(&pdev->dev);
	ret = ubd_open(ubd);
	if (ret) {
		/* Explained by who wants it: keep the driver core quiet about it. */
		ret = -ENODEV;
		goto err_free;
	}
	ret = ubd_check_sectors(ubd);
	if (ret)
		goto err_close;
	ret = ubd_start();
	if (ret)
		goto err_close;
	ret = ubd_alloc_tags(ubd);
	if (ret)
		goto err_close;
	ubd_announce(ubd);
	ret = ubd_add_disk(pdev, ubd);
	if (ret)
		goto err_free_tags;
	platform_set_drvdata(pdev, ubd);
	return 0;

err_free_tags:
	blk_mq_free_tag_set(&ubd->tags);
err_close:
	ubd_host_close(ubd->host);
err_free:
	kfree(ubd);
	return ret;
}

static void ubd_remove(struct platform_device *pdev)
{
	struct ubd_disk *ubd = platform_get_drvdata(pdev);

	del_gendisk(ubd->disk);
	put_disk(ubd->disk);
	blk_mq_free_tag_set(&ubd->tags);
	um_host_call(ubd_host_close_call, ubd->host);
	kfree(ubd);
}

/* A raw file has all of it already; a bitmap may still be in memory. */
static void ubd_shutdown(struct platform_device *pdev)
{
	struct ubd_disk *ubd = platform_get_drvdata(pdev);

	if (ubd->info.layered && !ubd->info.read_only)
		blkdev_issue_flush(ubd->disk->part0);
}

static struct platform_driver ubd_driver = {
	.probe = ubd_probe,
	.remove = ubd_remove,
	.shutdown = ubd_shutdown,
	.driver = {
		.name = "uml-blkdev",
		/* Who made the device wants to know at once. */
		.probe_type = PROBE_FORCE_SYNCHRONOUS,
		/* Disks come and go by ubd_device_add() and _remove() alone. */
		.suppress_bind_attrs = true,
	},
};

static int __init ubd_init(void)
{
	int ret;

	ret = register_blkdev(UBD_MAJOR, "ubd");
	if (ret)
		return ret;
	ret = platform_driver_register(&ubd_driver);
	if (ret)
		unregister_blkdev(UBD_MAJOR, "ubd");
	return ret;
}
device_initcall(ubd_init);
