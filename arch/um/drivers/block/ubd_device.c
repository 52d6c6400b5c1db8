// SPDX-License-Identifier: GPL-2.0
/*
 * The platform devices of ubd: one for each disk, with its ubd_config as data.
 * The command line and hot-plugging make and remove them here; ubd.c is their
 * driver. Why a probe failed does not come back through the driver core, so it
 * is left with ubd_device_fail().
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>

#include "ubd.h"

/* Guards all below. */
static DEFINE_MUTEX(ubd_devices_lock);
static struct platform_device *ubd_devices[UBD_DISKS_MAX];
static char ubd_failure[UBD_WHY_MAX + UBD_ERROR_MAX];

void ubd_device_fail(const char *fmt, ...)
{
	va_list ap;

	lockdep_assert_held(&ubd_devices_lock);
	va_start(ap, fmt);
	vscnprintf(ubd_failure, sizeof(ubd_failure), fmt, ap);
	va_end(ap);
}

static struct ubd_disk *ubd_disk_of(unsigned int index)
{
	struct platform_device *pdev;

	lockdep_assert_held(&ubd_devices_lock);
	pdev = index < UBD_DISKS_MAX ? ubd_devices[index] : NULL;
	return pdev ? platform_get_drvdata(pdev) : NULL;
}

int ubd_device_add(const struct ubd_config *cfg, const char **why)
{
	struct platform_device *pdev;

	*why = NULL;
	guard(mutex)(&ubd_devices_lock);
	if (ubd_devices[cfg->index])
		return -EEXIST;
	ubd_failure[0] = 0;
	pdev = platform_device_register_data(NULL, "uml-blkdev", cfg->index,
					     cfg, sizeof(*cfg));
	if (IS_ERR(pdev))
		return PTR_ERR(pdev);
	if (!platform_get_drvdata(pdev)) {
		platform_device_unregister(pdev);
		*why = ubd_failure;
		return -ENODEV;
	}
	ubd_devices[cfg->index] = pdev;
	return 0;
}

int ubd_device_remove(unsigned int index)
{
	struct ubd_disk *ubd;

	guard(mutex)(&ubd_devices_lock);
	ubd = ubd_disk_of(index);
	if (!ubd)
		return -ENODEV;
	/* The look for partitions may still be about to close it. */
	flush_delayed_fput();
	if (disk_openers(ubd->disk))
		return -EBUSY;
	platform_device_unregister(ubd_devices[index]);
	ubd_devices[index] = NULL;
	return 0;
}

int ubd_device_describe(unsigned int index, char *buf, size_t len)
{
	const struct ubd_config *cfg;
	struct ubd_disk *ubd;

	guard(mutex)(&ubd_devices_lock);
	ubd = ubd_disk_of(index);
	if (!ubd)
		return -ENODEV;
	cfg = ubd->cfg;
	return snprintf(buf, len, "%s%s%s%s%s", cfg->file,
			ubd->info.layered || cfg->serial[0] ? "," : "",
			ubd->info.backing, cfg->serial[0] ? "," : "", cfg->serial);
}
