/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices which can be looked at and changed while the machine runs. Drivers
 * register here and know no protocol; the management console asks here and
 * knows no devices.
 */
#ifndef UM_CONFIG_REGISTRY_H
#define UM_CONFIG_REGISTRY_H

#include <linux/types.h>

/**
 * struct um_config_ops - one kind of device
 * @name: what its devices are called, without number: "ubd", "con", "mem"
 * @config: make or change a device. @str is what follows the name, "0=file",
 *	and may be written to. Result is 0 or -errno.
 * @query: what a device is connected to, as @config would take it behind the
 *	"=". @id is what follows the name: "0". Result is the length of the text
 *	in @buf, which is cut off if need be, or -errno.
 * @remove: remove a device. Result is 0 or -errno.
 * @list: all devices of the kind, "<name><id>=<configuration>\n" each. Result
 *	is the length of the text in @buf or -errno.
 *
 * @err of @config and @remove: out: what is wrong, if something is; static or
 * else valid until the next call of any of these, which are never called two
 * at a time. Each of them may be NULL: then that cannot be done.
 * All are called in process context and may sleep.
 */
struct um_config_ops {
	const char *name;
	int (*config)(char *str, char **err);
	int (*query)(const char *id, char *buf, size_t len);
	int (*remove)(const char *id, char **err);
	int (*list)(char *buf, size_t len);
};

enum {
	/* Room that any message of the registry fits in. */
	UM_CONFIG_ERROR_MAX = 256,
};

/**
 * um_config_register() - offer a kind of device
 * @ops: stays valid for ever; no other kind has the name
 *
 * Context: initcall. Return: 0, -EEXIST or -ENOSPC.
 */
int um_config_register(const struct um_config_ops *ops);

/**
 * um_config_set() - make or change a device
 * @text: "<device>=<configuration>"; is written to
 * @why: out: what is wrong, if something is
 * @len: size of @why
 *
 * Context: process, may sleep. Return: 0 or -errno.
 */
int um_config_set(char *text, char *why, size_t len);

/**
 * um_config_query() - ask for the configuration of a device
 * @device: its name with its number
 * @buf: out: the configuration, or what is wrong
 * @len: size of @buf
 *
 * Context: process, may sleep. Return: 0 or -errno.
 */
int um_config_query(const char *device, char *buf, size_t len);

/**
 * um_config_remove() - remove a device
 * @device: its name with its number
 * @why: out: what is wrong, if something is
 * @len: size of @why
 *
 * Context: process, may sleep. Return: 0 or -errno.
 */
int um_config_remove(const char *device, char *why, size_t len);

/**
 * um_config_list() - all devices there are
 * @name: of one kind, or "" for all kinds
 * @buf: out: "<device>=<configuration>\n" for each, or what is wrong
 * @len: size of @buf
 *
 * Context: process, may sleep. Return: 0 or -errno.
 */
int um_config_list(const char *name, char *buf, size_t len);

#endif
