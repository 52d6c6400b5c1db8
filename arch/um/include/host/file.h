/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plain files of the host for kernel code that reads or writes one whole
 * (initrd, device tree) and text for the terminal UML was started from.
 */
#ifndef UM_HOST_FILE_H
#define UM_HOST_FILE_H

#include <host/types.h>

/**
 * os_file_size() - size of a regular file
 * @path: host path
 * @size: out: bytes
 *
 * Context: boot or process, may block.
 * Return: 0, -EISDIR for a directory, -EINVAL if it is not a regular file,
 * or another -errno; the file must be readable.
 */
int os_file_size(const char *path, __u64 *size);

/**
 * os_file_load() - read the first bytes of a file
 * @path: host path
 * @buf: where to
 * @len: bytes wanted
 *
 * Context: boot or process, may block. Short reads and EINTR are retried.
 * Return: bytes read (less than @len at end of file) or -errno.
 */
ssize_t os_file_load(const char *path, void *buf, size_t len);

/**
 * os_stdout_write() - write to standard output
 * @buf: text
 * @len: bytes; written whole unless the descriptor fails
 *
 * Context: any. Return: 0 or -errno.
 */
int os_stdout_write(const char *buf, size_t len);

/**
 * os_stderr_write() - write to standard error
 * @buf: text
 * @len: bytes; written whole unless the descriptor fails
 *
 * Context: any. Return: 0 or -errno.
 */
int os_stderr_write(const char *buf, size_t len);

#endif
