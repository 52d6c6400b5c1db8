// SPDX-License-Identifier: GPL-2.0
/*
 * The kinds of device there are, and the calls to them on behalf of whoever
 * manages the machine. Not here: any protocol (mconsole.c), any device.
 */
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include "config_registry.h"

enum {
	KINDS_MAX = 32,
};

/* Guards the table, and keeps calls to drivers apart. */
static DEFINE_MUTEX(config_lock);
static const struct um_config_ops *kinds[KINDS_MAX];
static unsigned int kinds_nr;

static const struct um_config_ops *kind_named(const char *name)
{
	unsigned int i;

	for (i = 0; i < kinds_nr; i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

/* The kind a device is of: that with the longest name it begins with. */
static const struct um_config_ops *kind_of(const char *device)
{
	const struct um_config_ops *best = NULL;
	size_t len, best_len = 0;
	unsigned int i;

	for (i = 0; i < kinds_nr; i++) {
		len = str_has_prefix(device, kinds[i]->name);
		if (len > best_len) {
			best = kinds[i];
			best_len = len;
		}
	}
	return best;
}

int um_config_register(const struct um_config_ops *ops)
{
	int err = 0;

	mutex_lock(&config_lock);
	if (kind_named(ops->name))
		err = -EEXIST;
	else if (kinds_nr == ARRAY_SIZE(kinds))
		err = -ENOSPC;
	else
		kinds[kinds_nr++] = ops;
	mutex_unlock(&config_lock);
	return err;
}
EXPORT_SYMBOL_GPL(um_config_register);

/* Say what is wrong; the driver's own words are the best. */
static int refuse(int err, const char *said, const char *otherwise, char *why,
		  size_t len)
{
	if (!err)
		return 0;
	strscpy(why, said ?: otherwise, len);
	return err;
}

int um_config_set(char *text, char *why, size_t len)
{
	const struct um_config_ops *ops;
	char *said = NULL;
	int err = -EINVAL;

	mutex_lock(&config_lock);
	ops = kind_of(text);
	if (!ops)
		said = "Bad configuration option";
	else if (!ops->config)
		said = "This kind of device cannot be configured";
	else
		err = ops->config(text + strlen(ops->name), &said);
	err = refuse(err, said, "Configuration failed", why, len);
	mutex_unlock(&config_lock);
	return err;
}

int um_config_query(const char *device, char *buf, size_t len)
{
	const struct um_config_ops *ops;
	int ret = -EINVAL;

	mutex_lock(&config_lock);
	ops = kind_of(device);
	if (!ops)
		strscpy(buf, "Bad configuration option", len);
	else if (!ops->query)
		strscpy(buf, "No get_config routine defined", len);
	else
		ret = ops->query(device + strlen(ops->name), buf, len);
	if (ret < 0 && ops && ops->query)
		strscpy(buf, "Device doesn't exist", len);
	mutex_unlock(&config_lock);
	return min(ret, 0);
}

int um_config_remove(const char *device, char *why, size_t len)
{
	const struct um_config_ops *ops;
	char *said = NULL;
	int err = -EINVAL;

	mutex_lock(&config_lock);
	ops = kind_of(device);
	if (!ops)
		said = "Bad remove option";
	else if (!ops->remove)
		said = "This kind of device cannot be removed";
	else
		err = ops->remove(device + strlen(ops->name), &said);
	err = refuse(err, said, "It could not be removed", why, len);
	mutex_unlock(&config_lock);
	return err;
}

static size_t list_kind(const struct um_config_ops *ops, char *buf, size_t len)
{
	int ret = ops->list ? ops->list(buf, len) : 0;

	if (ret < 0)
		return scnprintf(buf, len, "(%s: error %d)\n", ops->name, -ret);
	return min_t(size_t, ret, len - 1);
}

int um_config_list(const char *name, char *buf, size_t len)
{
	const struct um_config_ops *ops = NULL;
	size_t used = 0;
	unsigned int i;

	buf[0] = '\0';
	mutex_lock(&config_lock);
	if (*name) {
		ops = kind_named(name);
		if (ops)
			list_kind(ops, buf, len);
		else
			strscpy(buf, "No such kind of device", len);
	} else {
		for (i = 0; i < kinds_nr; i++)
			used += list_kind(kinds[i], buf + used, len - used);
	}
	mutex_unlock(&config_lock);
	used = strlen(buf);
	if (used && buf[used - 1] == '\n')
		buf[used - 1] = '\0';
	return *name && !ops ? -EINVAL : 0;
}
