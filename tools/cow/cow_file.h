/* SPDX-License-Identifier: GPL-2.0 */
/*
 * COW files and their backing files as the tools see them. Functions here print
 * what is wrong and end the program with status 1, except where they say so.
 */
#ifndef TOOLS_COW_FILE_H
#define TOOLS_COW_FILE_H

#include "cow_format.h"
#include "cow_map.h"

/**
 * struct cow_file - an open COW file
 * @path: as it was given
 * @fd: open, and locked against UML
 * @header: checked
 * @layout: where things are
 * @map: the bitmap
 * @length: bytes of the file
 * @needs: bytes it must have for header, bitmap and what that tells of
 */
struct cow_file {
	const char *path;
	int fd;
	struct cow_header header;
	struct cow_layout layout;
	struct cow_map map;
	__u64 length;
	__u64 needs;
};

/**
 * struct backing_file - an open backing file
 * @path: as it was opened
 * @fd: open
 * @block_device: it is one, which has no mtime worth comparing
 * @size: bytes
 * @mtime: seconds, low 32 bits
 */
struct backing_file {
	char path[COW_BACKING_MAX + 4096];
	int fd;
	bool block_device;
	__u64 size;
	__u32 mtime;
};

/* How a file is opened. */
enum cow_access {
	COW_READ,
	COW_WRITE,
};

/* What cow_backing_compare() found. */
enum cow_mismatch {
	COW_SIZE_DIFFERS = 1,
	COW_MTIME_DIFFERS = 2,
};

/* Print "<program>: <message>" and end with status 1. */
void __attribute__((format(printf, 1, 2), noreturn)) die(const char *fmt, ...);

/* Set by main(): what die() prints first. */
extern const char *tool_name;

/* Open, lock, read header and bitmap. Owns nothing but *@cow until exit. */
void cow_file_open(struct cow_file *cow, const char *path, enum cow_access access);

/* Die with both lengths if the file was cut off. */
void cow_file_require(const struct cow_file *cow);

/* Write @cow->header to the file. */
void cow_file_write_header(struct cow_file *cow);

/**
 * cow_backing_open() - open the backing file
 * @cow: its COW file
 * @override: name to use instead of the header's, or NULL
 * @access: how
 * @backing: out
 *
 * A relative name in the header is looked for beside the COW file, then in the
 * current directory. Return: 0 or -errno, with @backing->path what was tried.
 */
int cow_backing_open(const struct cow_file *cow, const char *override,
		     enum cow_access access, struct backing_file *backing);

/* Open a backing file by its own name. Return: 0 or -errno. */
int cow_backing_open_path(const char *path, enum cow_access access,
			  struct backing_file *backing);

/* Whether it begins like a COW file, which a backing file must not be. */
bool cow_backing_is_cow(const struct backing_file *backing);

/* Return: enum cow_mismatch bits, 0 if header and file agree. */
int cow_backing_compare(const struct cow_header *header,
			const struct backing_file *backing);

/* Die with both values unless header and backing file agree. */
void cow_backing_require(const struct cow_file *cow,
			 const struct backing_file *backing);

/* The name a new header has: the folder's real path and the last part of @path. */
void cow_backing_absolute(const char *path, char *out, size_t len);

/* Read or write all of it, or die; so also when it is not there to be read. */
void read_all(int fd, const char *path, void *buf, size_t len, __u64 offset);
void write_all(int fd, const char *path, const void *buf, size_t len, __u64 offset);

/* Lock the whole file, or die because somebody else has. */
void lock_file(int fd, const char *path, enum cow_access access);

/* Have the name of a new file on the disk, too. */
void sync_folder_of(const char *path);

bool all_zero(const void *buf, size_t len);

/*
 * The marker which an unfinished in-place merge of @cow_path has beside it,
 * whatever symbolic links and folders lead there.
 */
void merge_marker_path(const char *cow_path, char *out, size_t len);

#endif
