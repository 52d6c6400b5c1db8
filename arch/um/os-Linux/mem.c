// SPDX-License-Identifier: GPL-2.0
/* Guest RAM on the host, and the kernel's own mappings of it. */
#include <stdlib.h>
#include <string.h>

#include <host/mem.h>
#include "sys.h"

enum {
	RAM_FILE_MODE = 0700,
};

static int ram_fd = -1;

/* The directory somebody asked for, or NULL: then a memfd is better. */
static const char *wanted_dir(void)
{
	static const char *const names[] = { "TMPDIR", "TMP", "TEMP" };
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *dir = getenv(names[i]);

		if (dir && *dir)
			return dir;
	}
	return NULL;
}

/* An unlinked file, or where O_TMPFILE is not known one unlinked at once. */
static int open_unlinked(const char *dir)
{
	static const char suffix[] = "/vm_file-XXXXXX";
	char path[4096];
	size_t len = strlen(dir);
	int fd;

	fd = sys_open(dir, O_TMPFILE | O_RDWR | O_EXCL, RAM_FILE_MODE);
	if (fd != -EOPNOTSUPP && fd != -EISDIR)
		return fd;
	if (len + sizeof(suffix) > sizeof(path))
		return -ENAMETOOLONG;
	memcpy(path, dir, len);
	memcpy(path + len, suffix, sizeof(suffix));
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -EACCES;
	sys_unlink(path);
	return fd;
}

/* Guests execute pages of it; a file system mounted noexec is told now. */
static int check_guests_may_execute(void)
{
	const size_t page = 4096;
	void *addr;
	int err;

	err = sys_mmap(NULL, page, PROT_READ | PROT_EXEC, MAP_SHARED, ram_fd,
		       0, &addr);
	return err ? err : sys_munmap(addr, page);
}

int os_ram_create(void *va, __u64 size, const char **place)
{
	const char *dir = wanted_dir();
	void *addr;
	int err;

	*place = dir ? dir : "a memfd";
	ram_fd = dir ? open_unlinked(dir) :
		       sys_memfd_create("uml-ram", MFD_CLOEXEC, SYS_MEMFD_DATA);
	if (ram_fd < 0)
		return ram_fd;
	err = sys_ftruncate(ram_fd, size);
	if (err)
		return err;
	err = check_guests_may_execute();
	if (err)
		return err;
	/* Not executable here: what a guest wrote is never the kernel's code. */
	return sys_mmap(va, size, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_NORESERVE | MAP_FIXED_NOREPLACE,
			ram_fd, 0, &addr);
}

int os_ram_fd(void)
{
	return ram_fd;
}

int os_ram_discard(phys_off_t off, __u64 len)
{
	return sys_fallocate(ram_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			     off, len);
}

int os_mem_reserve(void *va, __u64 len)
{
	void *addr;

	return sys_mmap(va, len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS |
			MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0, &addr);
}

static int host_prot(__u32 prot)
{
	return ((prot & MAP_PROT_READ) ? PROT_READ : 0) |
	       ((prot & MAP_PROT_WRITE) ? PROT_WRITE : 0) |
	       ((prot & MAP_PROT_EXEC) ? PROT_EXEC : 0);
}

static int apply_one(const struct map_op *op)
{
	void *va = (void *)op->va, *addr;

	switch (op->kind) {
	case MAP_OP_MAP:
		return sys_mmap(va, op->len, host_prot(op->prot),
				MAP_SHARED | MAP_FIXED, ram_fd, op->off, &addr);
	case MAP_OP_PROTECT:
		return sys_mprotect(va, op->len, host_prot(op->prot));
	default:
		/* Back to a reservation: nobody else may get the range. */
		return sys_mmap(va, op->len, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
				MAP_FIXED, -1, 0, &addr);
	}
}

int os_mem_apply(const struct map_op *ops, unsigned int nr)
{
	unsigned int i;
	int err;

	for (i = 0; i < nr; i++) {
		err = apply_one(&ops[i]);
		if (err)
			return err;
	}
	return 0;
}

int os_text_write(void *to, const void *from, __u64 len)
{
	const __u64 page = 4096;
	__u64 start = (__u64)to & -page;
	__u64 bytes = (((__u64)to + len + page - 1) & -page) - start;
	int err;

	err = sys_mprotect((void *)start, bytes,
			   PROT_READ | PROT_WRITE | PROT_EXEC);
	if (err)
		return err;
	memcpy(to, from, len);
	return sys_mprotect((void *)start, bytes, PROT_READ | PROT_EXEC);
}
