/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Text of the ubd options and names of the disks. Pure functions: the same
 * code runs in the kernel, in KUnit, in host tests and under the fuzzer.
 *
 * A disk has a number and a letter: ubd0 is ubda. Its partition 1 is ubda1 to
 * the kernel and ubd0p1 to those who count.
 */
#ifndef UBD_CONFIG_H
#define UBD_CONFIG_H

#include "ubd_host.h"

enum {
	/* Minor numbers 0..255 of one major, 16 for each disk. */
	UBD_DISKS_MAX = 16,
	UBD_MINORS = 16,
	/* Longest file name, its NUL included. */
	UBD_FILE_MAX = UBD_PATH_MAX,
	/* Longest serial number, its NUL included. */
	UBD_SERIAL_MAX = 64,
	/* The block layer wants no larger sectors than pages. */
	UBD_SECTOR_MAX = 4096,
	/* Room for any message of ubd_config_parse() that is worth reading. */
	UBD_ERROR_MAX = 256,
	/* Room for "ubd15p4294967295". */
	UBD_NAME_MAX = 24,
};

/**
 * struct ubd_config - one disk as the user described it
 * @index: 0 to UBD_DISKS_MAX - 1
 * @flags: enum ubd_flag bits
 * @sector_size: bytes, or 0: what the file demands
 * @engine: UBD_CONFIG_ENGINE only: enum ubd_engine_kind
 * @file: the image
 * @backing: the file behind it, or empty
 * @serial: what the guest sees as serial number, or empty
 */
struct ubd_config {
	__u32 index;
	__u32 flags;
	__u32 sector_size;
	__u32 engine;
	char file[UBD_FILE_MAX];
	char backing[UBD_FILE_MAX];
	char serial[UBD_SERIAL_MAX];
};

enum ubd_config_kind {
	UBD_CONFIG_DISK,
	/* ubd=sync: all disks have flag s */
	UBD_CONFIG_SYNC,
	/* ubd_engine=: @engine */
	UBD_CONFIG_ENGINE,
	/* ubd_sector=: @index, @sector_size */
	UBD_CONFIG_SECTOR,
};

/**
 * ubd_config_parse() - read one ubd option
 * @text: what follows "ubd"
 * @cfg: out: all of it if UBD_CONFIG_DISK is returned, else what the kind has
 * @err: out: message if an error is returned; one line, no newline
 * @err_len: size of @err, at least 1
 *
 * Return: enum ubd_config_kind, or -EINVAL with a message that names the
 * option, the value and what was expected.
 */
int ubd_config_parse(const char *text, struct ubd_config *cfg, char *err,
		     size_t err_len);

/**
 * ubd_root_spelling() - the kernel's spelling of a disk given by number
 * @value: value of root= or a similar option
 * @out: /dev/ubd<letter>[<partition>] for [/dev/]ubd<n>[p<partition>],
 *	which generic Linux does not know while it has no /dev; else a copy of
 *	@value
 * @len: size of @out
 *
 * Return: 1 if it was respelled, 0 if it was copied, -ENXIO if it is
 * a disk by number with n too large, -ENAMETOOLONG if @out is too small.
 */
int ubd_root_spelling(const char *value, char *out, size_t len);

/**
 * ubd_number_name() - the second name of a disk or partition
 * @name: the kernel's: ubd<letter>[<partition>]
 * @out: the one by number: ubd<n>[p<partition>]
 * @len: size of @out, UBD_NAME_MAX is enough
 *
 * Return: 0, -EINVAL if @name is not of that shape, -ENAMETOOLONG if @out is
 * too small.
 */
int ubd_number_name(const char *name, char *out, size_t len);

#endif
