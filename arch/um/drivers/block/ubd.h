/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Inside the kernel half of ubd.
 *
 *   ubd_option.c   command line      ubd.c       requests and the block layer
 *   ubd_hotplug.c  while it runs     ubd_attr.c  what sysfs shows of a disk
 *   ubd_device.c   one platform device for each disk, for both of them
 */
#ifndef UBD_H
#define UBD_H

#include <linux/blk-mq.h>
#include <linux/device.h>

#include "ubd_config.h"

/**
 * struct ubd_disk - one disk
 * @host: its files
 * @disk: what the block layer knows of it
 * @tags: its requests, each with a struct ubd_request behind it
 * @cfg: how it was asked for; lives as long as the platform device
 * @info: what was opened
 */
struct ubd_disk {
	struct ubd_host *host;
	struct gendisk *disk;
	struct blk_mq_tag_set tags;
	const struct ubd_config *cfg;
	struct ubd_host_info info;
};

/* ubd_engine=: counts until the first disk comes. */
extern u32 ubd_engine_wanted;

/* Add to @cfg what the command line says of all disks, or of its number. */
void ubd_option_apply(struct ubd_config *cfg);

/* sysfs attributes of each disk. */
extern const struct attribute_group *ubd_attr_groups[];

/**
 * ubd_device_add() - make a disk
 * @cfg: copied
 * @why: out: text that explains an error, or NULL
 *
 * Context: process; may sleep. Return: 0, -EEXIST if there is such a disk, or
 * another -errno.
 */
int ubd_device_add(const struct ubd_config *cfg, const char **why);

/**
 * ubd_device_remove() - take a disk away
 * @index: which
 *
 * Context: process; may sleep. Return: 0, -ENODEV if there is none, -EBUSY if
 * it is open.
 */
int ubd_device_remove(unsigned int index);

/**
 * ubd_device_describe() - the text which made a disk
 * @index: which
 * @buf: out: "<file>[,<backing>[,<serial>]]"
 * @len: size of @buf
 *
 * Context: process; may sleep. Return: length as snprintf() has it, or -ENODEV.
 */
int ubd_device_describe(unsigned int index, char *buf, size_t len);

/* Set by ubd.c when it cannot make a disk; read by ubd_device_add(). */
void ubd_device_fail(const char *fmt, ...) __printf(1, 2);

/* For mgmt/config_registry: see ubd_hotplug.c. */
int ubd_hotplug_config(char *str, char **err);
int ubd_hotplug_query(const char *id, char *buf, size_t len);
int ubd_hotplug_remove(const char *id, char **err);
int ubd_hotplug_list(char *buf, size_t len);

#endif
