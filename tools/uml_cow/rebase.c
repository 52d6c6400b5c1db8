// SPDX-License-Identifier: GPL-2.0
/*
 * uml_cow rebase: the backing file was moved, or copied without its modification
 * time. Only the header changes. That the contents are the same can be told by
 * size and time alone, so -f is the user's word for it.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include "report.h"

static void refuse_interrupted_merge(const char *path)
{
	static char marker[2 * COW_BACKING_MAX];

	merge_marker_path(path, marker, sizeof(marker));
	if (!access(marker, F_OK))
		die("a merge was interrupted (%s): the backing file is half changed; uml_moo -d goes on with it",
		    marker);
}

static void refuse_layers(const struct cow_file *cow, const struct backing_file *backing)
{
	struct stat c, b;

	if (!fstat(cow->fd, &c) && !fstat(backing->fd, &b) &&
	    c.st_dev == b.st_dev && c.st_ino == b.st_ino)
		die("%s cannot be its own backing file", cow->path);
	if (cow_backing_is_cow(backing))
		die("%s is a COW file itself; a layer on a layer is not supported", backing->path);
}

int cow_rebase(const char *path, const char *name, bool force)
{
	static struct backing_file backing;
	static struct cow_file cow;
	int ret;

	refuse_interrupted_merge(path);
	cow_file_open(&cow, path, COW_WRITE);
	cow_file_require(&cow);
	ret = cow_backing_open_path(name, COW_READ, &backing);
	if (ret)
		die("cannot open the backing file %s: %s", name, strerror(-ret));
	refuse_layers(&cow, &backing);
	if (force && !(cow_backing_compare(&cow.header, &backing) & COW_SIZE_DIFFERS))
		cow.header.mtime = backing.mtime;
	cow_backing_require(&cow, &backing);
	cow_backing_absolute(name, cow.header.backing, sizeof(cow.header.backing));
	cow_file_write_header(&cow);
	return 0;
}
