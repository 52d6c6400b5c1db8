// SPDX-License-Identifier: GPL-2.0
/* Locks of folders; see name_lock.h. */
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>

#include "name_lock.h"
#include "sys.h"

enum {
	/* Kernel stacks are small, and so are the names that are taken over. */
	FOLDER_MAX = 256,
	/* Somebody who just starts needs a few milliseconds. */
	ATTEMPTS = 200,
	PAUSE_NS = 10000000,
};

static int open_folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash ? slash - path : 0;
	char folder[FOLDER_MAX];

	if (!slash)
		return sys_open(".", O_RDONLY | O_DIRECTORY, 0);
	if (!len)
		return sys_open("/", O_RDONLY | O_DIRECTORY, 0);
	if (len >= sizeof(folder))
		return -ENAMETOOLONG;
	memcpy(folder, path, len);
	folder[len] = '\0';
	return sys_open(folder, O_RDONLY | O_DIRECTORY, 0);
}

int os_name_lock(const char *path)
{
	struct timespec pause = { .tv_nsec = PAUSE_NS };
	int fd = open_folder_of(path);
	int i, err;

	if (fd < 0)
		return fd;
	/* Not waiting in the call: anybody who may read the folder can lock it. */
	for (i = 0; i < ATTEMPTS; i++) {
		err = sys_call(SYS_flock, fd, LOCK_EX | LOCK_NB);
		if (!err)
			return fd;
		if (err != -EWOULDBLOCK && err != -EINTR)
			break;
		sys_call(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
	}
	sys_close(fd);
	return err;
}

void os_name_unlock(int ticket)
{
	if (ticket >= 0)
		sys_close(ticket);
}
