/* SPDX-License-Identifier: GPL-2.0 */
/* Memory of the host: guest RAM and the kernel's own address space. */
#ifndef UM_HOST_MEM_H
#define UM_HOST_MEM_H

#include <host/types.h>
#include <host/backend.h>

/**
 * os_ram_create() - make guest RAM and map it for the kernel
 * @va: where the kernel wants it
 * @size: bytes, a multiple of the page size
 * @place: out: static text that says where the memory lives, for messages
 *
 * Guest RAM is a memfd, or an unlinked file in $TMPDIR, $TMP or $TEMP when
 * one of these is set. Pages are taken from the host when first touched.
 * Context: boot. Return: 0 or -errno.
 */
int os_ram_create(void *va, __u64 size, const char **place);

/**
 * os_ram_fd() - the descriptor of guest RAM
 *
 * Return: a borrowed descriptor, valid from os_ram_create() to exit.
 */
int os_ram_fd(void);

/**
 * os_ram_discard() - give pages of guest RAM back to the host
 * @off: page-aligned offset
 * @len: bytes; the pages read as zeroes afterwards
 *
 * Context: any, may block. Return: 0 or -errno.
 */
int os_ram_discard(phys_off_t off, __u64 len);

/**
 * os_mem_reserve() - keep a range of the kernel's address space for it
 * @va: start
 * @len: bytes; nothing may be mapped there yet
 *
 * Context: boot. Return: 0 or -errno.
 */
int os_mem_reserve(void *va, __u64 len);

/**
 * os_mem_apply() - change the kernel's own mappings of guest RAM
 * @ops: operations inside a range from os_mem_reserve()
 * @nr: how many
 *
 * Context: any; does not sleep. Return: 0 or -errno.
 */
int os_mem_apply(const struct map_op *ops, unsigned int nr);

/**
 * os_text_write() - change code of the program itself
 * @to: where, in its text
 * @from: the new bytes
 * @len: how many
 *
 * The text is writable meanwhile. Context: nobody else runs the code; does not
 * sleep. Return: 0 or -errno.
 */
int os_text_write(void *to, const void *from, __u64 len);

#endif
