/* SPDX-License-Identifier: GPL-2.0 */
/*
 * COW files: what is in their first bytes, and where the rest is. Pure: the
 * driver, the tools and the tests use the same code (cow_format_host.c).
 *
 *   header | bitmap: one bit for each sector, lowest first | data
 *
 * A sector whose bit is set is in the data, at the place it has on the disk;
 * any other sector is in the backing file, a raw image of the same size. What
 * was never written is a hole of the host's file system.
 *
 * Offsets of the fields, all numbers big-endian except in version 1, which has
 * the byte order of the machine that wrote it:
 *
 *               V1   V2    V3     broken V3
 *   magic        0    0     0         0       the byte order of V1 is told by it
 *   version      4    4     4         4
 *   backing      8    8    32        36       256 bytes in V1, else 4096
 *   mtime      264  4104    8         8       32 bits; of the backing file
 *   size       268  4108   12        16       64 bits; of the disk
 *   sector     276  4116   20        24
 *   align        -    -    24        28       of bitmap and data in the file
 *   format       -    -    28        32       0: a bitmap
 *   all        280  4120  4128      4136
 *
 * "Broken V3" files were written by 64-bit programs before December 2005,
 * which did not pack the structure. Their mtime has 64 bits.
 */
#ifndef COW_FORMAT_H
#define COW_FORMAT_H

#include <host/types.h>

enum {
	COW_BACKING_MAX = 4096,
	/* The longest of all headers: as much as cow_format_parse() looks at. */
	COW_HEADER_MAX = 4136,
	COW_SECTOR_MIN = 512,
	COW_SECTOR_MAX = 65536,
	COW_ALIGN_MAX = 1 << 26,
	/* Of new files. */
	COW_NEW_SECTOR = 512,
	COW_NEW_ALIGN = 4096,
};

enum cow_kind {
	COW_V1 = 1,
	COW_V2 = 2,
	COW_V3 = 3,
	COW_V3_BROKEN = 4,
};

/**
 * struct cow_header - a header whose fields are known to make sense
 * @kind: enum cow_kind
 * @big_endian: V1 only: written by a big-endian machine
 * @mtime: low 32 bits of the backing file's modification time, in seconds
 * @size: bytes of the disk, at least 1
 * @sector_size: a power of two, COW_SECTOR_MIN to COW_SECTOR_MAX
 * @align: a power of two, up to COW_ALIGN_MAX; 1 in V1 and V2
 * @backing: name of the backing file, not empty
 */
struct cow_header {
	__u32 kind;
	bool big_endian;
	__u32 mtime;
	__u64 size;
	__u32 sector_size;
	__u32 align;
	char backing[COW_BACKING_MAX];
};

/**
 * struct cow_layout - where things are in a COW file
 * @header_len: bytes of the header
 * @bitmap_offset: first byte of the bitmap
 * @bitmap_len: bytes of the bitmap
 * @data_offset: where sector 0 is, if its bit is set
 * @end: bytes of a complete file
 * @sectors: sectors of the disk, the last one perhaps in part
 * @mapped: sectors which have a bit. V1 and V2 round the bitmap's length down:
 *	up to seven sectors at the end of the disk may have none, and are always
 *	in the backing file
 */
struct cow_layout {
	__u32 header_len;
	__u64 bitmap_offset;
	__u64 bitmap_len;
	__u64 data_offset;
	__u64 end;
	__u64 sectors;
	__u64 mapped;
};

/**
 * cow_format_is_cow() - does a file begin like a COW file
 * @start: its first bytes
 * @len: how many
 */
bool cow_format_is_cow(const void *start, size_t len);

/**
 * cow_format_parse() - read a header, and doubt everything in it
 * @start: the first bytes of the file
 * @len: how many: COW_HEADER_MAX, or less if the file is shorter
 * @header: out
 * @layout: out; only @header_len is, when -ENODATA is returned
 * @why: out: static text which says what is wrong, when -EINVAL is returned
 *
 * Context: any. Return: 0, -ENOMSG if it is no COW file, -ENODATA if it is one
 * that ends before its header does, -EINVAL if it is one whose header cannot be
 * true.
 */
int cow_format_parse(const void *start, size_t len, struct cow_header *header,
		     struct cow_layout *layout, const char **why);

/**
 * cow_format_build() - the bytes of a header
 * @header: of any kind
 * @buf: out: COW_HEADER_MAX bytes, zeroes behind the header
 *
 * Context: any. Return: length of the header, -ENAMETOOLONG if the name of the
 * backing file has no room in this kind of header.
 */
int cow_format_build(const struct cow_header *header, void *buf);

/**
 * cow_format_layout() - where things are
 * @header: with sane fields
 * @layout: out
 *
 * Context: any. Return: 0, -EFBIG if no file can be so long.
 */
int cow_format_layout(const struct cow_header *header,
		      struct cow_layout *layout);

/**
 * cow_format_needs() - how long a file must be to have all that is in it
 * @header: with sane fields
 * @layout: its
 * @stored: the sectors before this one may be in the file, none behind them is
 *
 * Header and bitmap belong to what must be there. Complete files are longer
 * where their last sectors were never written.
 * Context: any. Return: bytes, at most @layout->end.
 */
__u64 cow_format_needs(const struct cow_header *header,
		       const struct cow_layout *layout, __u64 stored);

#endif
