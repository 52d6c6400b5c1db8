// SPDX-License-Identifier: GPL-2.0
/*
 * Disks that come and go while the guest runs, as the registry of configurable
 * devices wants it: texts in, texts out. The texts are those of the command
 * line, without "ubd". Not here: whoever asks, and how.
 */
#include <linux/init.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "../mgmt/config_registry.h"
#include "ubd.h"

/* One caller at a time: the registry's promise. */
static char ubd_hotplug_error[UBD_ERROR_MAX];

/* "0", "15" or "a"; nothing behind it. */
static int ubd_index_of(const char *id)
{
	unsigned int index;

	if (id[0] >= 'a' && id[0] < 'a' + UBD_DISKS_MAX && !id[1])
		return id[0] - 'a';
	if (kstrtouint(id, 10, &index) || index >= UBD_DISKS_MAX)
		return -EINVAL;
	return index;
}

/**
 * ubd_hotplug_config() - add a disk
 * @str: <n>[rsdct]=<file>[,<backing>[,<serial>]]
 * @err: out: text on error
 *
 * Context: process; may sleep. Return: 0 or -errno.
 */
int ubd_hotplug_config(char *str, char **err)
{
	struct ubd_config *cfg;
	const char *why;
	int ret;

	cfg = kzalloc(sizeof(*cfg), GFP_KERNEL);
	if (!cfg)
		return -ENOMEM;
	*err = ubd_hotplug_error;
	ret = ubd_config_parse(str, cfg, ubd_hotplug_error, sizeof(ubd_hotplug_error));
	if (ret < 0)
		goto out;
	if (ret != UBD_CONFIG_DISK) {
		*err = "this can be said on the command line only";
		ret = -EINVAL;
		goto out;
	}
	ubd_option_apply(cfg);
	ret = ubd_device_add(cfg, &why);
	if (ret == -EEXIST)
		*err = "Device is already configured";
	else if (why)
		strscpy(ubd_hotplug_error, why);
	else if (ret)
		*err = "no device can be made";
out:
	kfree(cfg);
	return ret;
}

/**
 * ubd_hotplug_query() - how a disk was configured
 * @id: <n>
 * @buf: out: <file>[,<backing>[,<serial>]], cut to fit
 * @len: size of @buf
 *
 * Context: process; may sleep. Return: length as snprintf() has it, or -errno.
 */
int ubd_hotplug_query(const char *id, char *buf, size_t len)
{
	int index = ubd_index_of(id);

	return index < 0 ? index : ubd_device_describe(index, buf, len);
}

/**
 * ubd_hotplug_remove() - remove a disk
 * @id: <n>
 * @err: out: text on error
 *
 * Context: process; may sleep. Return: 0 or -errno.
 */
int ubd_hotplug_remove(const char *id, char **err)
{
	int index = ubd_index_of(id);
	int ret;

	if (index < 0) {
		*err = "Invalid device number - must be between 0 and 15";
		return index;
	}
	ret = ubd_device_remove(index);
	if (ret == -EBUSY)
		*err = "Device is currently open";
	else if (ret)
		*err = "Device doesn't exist";
	return ret;
}

/**
 * ubd_hotplug_list() - all disks
 * @buf: out: a line ubd<n>=<file>[,<backing>[,<serial>]] for each
 * @len: size of @buf, at least 1
 *
 * Context: process; may sleep. Return: length of what is in @buf.
 */
int ubd_hotplug_list(char *buf, size_t len)
{
	size_t at = 0;
	int head, n;

	for (unsigned int i = 0; i < UBD_DISKS_MAX && at < len; i++) {
		head = scnprintf(buf + at, len - at, "ubd%u=", i);
		n = ubd_device_describe(i, buf + at + head, len - at - head);
		if (n < 0)
			continue;
		at += head + n;
		if (at < len)
			at += scnprintf(buf + at, len - at, "\n");
	}
	if (at >= len)
		at = len - 1;
	buf[at] = 0;
	return at;
}

static const struct um_config_ops ubd_registry_ops = {
	.name = "ubd",
	.config = ubd_hotplug_config,
	.query = ubd_hotplug_query,
	.remove = ubd_hotplug_remove,
	.list = ubd_hotplug_list,
};

static int __init ubd_hotplug_init(void)
{
	return um_config_register(&ubd_registry_ops);
}
device_initcall(ubd_hotplug_init);
