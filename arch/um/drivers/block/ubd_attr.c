// SPDX-License-Identifier: GPL-2.0
/*
 * What sysfs has of a ubd disk beside what every disk has:
 *
 *   serial   the serial number, an empty line if it has none
 *   rescan   written: look whether the host file has grown
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blkdev.h>
#include <linux/math64.h>
#include <linux/sysfs.h>

#include "ubd.h"

static ssize_t serial_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct ubd_disk *ubd = dev_to_disk(dev)->private_data;

	return sysfs_emit(buf, "%s\n", ubd->cfg->serial);
}
static DEVICE_ATTR_RO(serial);

static ssize_t rescan_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t len)
{
	struct ubd_disk *ubd = dev_to_disk(dev)->private_data;
	unsigned int unit = queue_logical_block_size(ubd->disk->queue);
	u64 size;
	int ret;

	ret = ubd_host_measure(ubd->host, &size);
	if (ret)
		return ret;
	size = DIV_ROUND_UP_ULL(size, unit) * (unit >> SECTOR_SHIFT);
	if (set_capacity_and_notify(ubd->disk, size))
		pr_info("%s: %llu MiB now\n", ubd->disk->disk_name,
			size >> (20 - SECTOR_SHIFT));
	return len;
}
static DEVICE_ATTR_WO(rescan);

static struct attribute *ubd_attrs[] = {
	&dev_attr_serial.attr,
	&dev_attr_rescan.attr,
	NULL,
};

static const struct attribute_group ubd_attr_group = {
	.attrs = ubd_attrs,
};

const struct attribute_group *ubd_attr_groups[] = {
	&ubd_attr_group,
	NULL,
};
