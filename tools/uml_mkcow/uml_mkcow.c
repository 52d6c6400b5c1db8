// SPDX-License-Identifier: GPL-2.0
/*
 * uml_mkcow: make a COW file with nothing in it yet. Where UML does not run as
 * the one who owns the backing file, this is how its COW file comes to be.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "cow_file.h"

static const char usage[] =
"usage: uml_mkcow [-f] <COW file> <backing file>\n"
"Makes an empty COW file for a disk image, which it does not change.\n"
"  -f  overwrite an existing COW file\n";

static struct backing_file backing;

static void describe(const char *path, struct cow_header *header)
{
	int ret = cow_backing_open_path(path, COW_READ, &backing);

	if (ret)
		die("cannot open the backing file %s: %s", path, strerror(-ret));
	if (!backing.size)
		die("the backing file %s is empty", path);
	if (cow_backing_is_cow(&backing))
		die("the backing file %s is a COW file itself; a layer on a layer is not supported",
		    path);
	*header = (struct cow_header) {
		.kind = COW_V3,
		.mtime = backing.mtime,
		.size = backing.size,
		.sector_size = COW_NEW_SECTOR,
		.align = COW_NEW_ALIGN,
	};
	cow_backing_absolute(path, header->backing, sizeof(header->backing));
}

/* -f is for COW files: whatever else has the name is not ours to destroy. */
static void check_replaceable(const char *path, int fd)
{
	struct stat cow, back;
	__u8 start[4];
	ssize_t len;

	if (fstat(fd, &cow) || fstat(backing.fd, &back))
		die("cannot stat %s: %s", path, strerror(errno));
	if (cow.st_dev == back.st_dev && cow.st_ino == back.st_ino)
		die("%s cannot be the COW file of itself", path);
	len = pread(fd, start, sizeof(start), 0);
	if (len < 0)
		die("cannot read %s: %s", path, strerror(errno));
	if (len && !cow_format_is_cow(start, len))
		die("%s is no COW file: it is not overwritten", path);
}

static void make_cow(const char *path, const struct cow_header *header, bool force)
{
	__u8 start[COW_HEADER_MAX];
	struct cow_layout layout;
	int fd, len;

	len = cow_format_build(header, start);
	if (len < 0 || cow_format_layout(header, &layout))
		die("%s is too large or its name too long", header->backing);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | (force ? 0 : O_EXCL), 0666);
	if (fd < 0)
		die("cannot make %s: %s", path, strerror(errno));
	/* Not before nobody else uses it. */
	lock_file(fd, path, COW_WRITE);
	check_replaceable(path, fd);
	if (ftruncate(fd, 0) || ftruncate(fd, layout.end))
		die("cannot make %s %llu bytes long: %s", path,
		    (unsigned long long)layout.end, strerror(errno));
	write_all(fd, path, start, len, 0);
	if (fsync(fd))
		die("cannot write %s: %s", path, strerror(errno));
	sync_folder_of(path);
}

int main(int argc, char **argv)
{
	static struct cow_header header;
	bool force = false;
	int c;

	tool_name = "uml_mkcow";
	while ((c = getopt(argc, argv, "fh")) != -1) {
		if (c == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (c != 'f') {
			fputs(usage, stderr);
			return 1;
		}
		force = true;
	}
	if (argc - optind != 2) {
		fputs(usage, stderr);
		return 1;
	}
	describe(argv[optind + 1], &header);
	make_cow(argv[optind], &header, force);
	return 0;
}
