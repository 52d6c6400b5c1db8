// SPDX-License-Identifier: GPL-2.0
/*
 * Starting the first guest process: the stub, executed from a sealed memfd in
 * a session of its own, with the descriptors it needs and no other; all later
 * guest processes are forked from it. And the file of data pages, one
 * for each guest process, which both sides map.
 */
#include <sched.h>
#include <sys/personality.h>

#include "../stub/stub_layout.h"
#include "os-Linux/sys.h"
#include "spawn_host.h"

enum {
	CHILD_STACK_SIZE = 64 * 1024,
	CHILD_FAILED = 102,
};

extern const char stub_image_start[], stub_image_end[];

static int stub_fd = -1;
static int data_fd = -1;
static unsigned int data_pages;

static int make_stub_file(void)
{
	size_t len = stub_image_end - stub_image_start;
	ssize_t n;
	int fd;

	fd = sys_memfd_create("uml-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return fd;
	n = sys_pwrite(fd, stub_image_start, len, 0);
	if (n != (ssize_t)len) {
		sys_close(fd);
		return n < 0 ? n : -EIO;
	}
	sys_fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW |
		  F_SEAL_WRITE);
	return fd;
}

int spawn_host_init(void)
{
	stub_fd = make_stub_file();
	if (stub_fd < 0)
		return stub_fd;
	data_fd = sys_memfd_create("uml-guest-data", MFD_CLOEXEC);
	return data_fd < 0 ? data_fd : 0;
}

int spawn_host_page(unsigned int index, struct stub_page **ret)
{
	void *addr;
	int err;

	if (index >= data_pages) {
		err = sys_ftruncate(data_fd, (index + 1ULL) * STUB_DATA_SIZE);
		if (err)
			return err;
		data_pages = index + 1;
	}
	err = sys_mmap(NULL, STUB_DATA_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       data_fd, (uint64_t)index * STUB_DATA_SIZE, &addr);
	if (err)
		return err;
	*ret = addr;
	return 0;
}

/* What the first process is given; @socket -1 for nothing. */
struct gifts {
	int ram;
	int socket;
};

/*
 * In the child, which shares our memory until it executes: put the descriptors
 * in their places. They are first moved out of each other's way.
 */
static int place_descriptors(const struct gifts *gifts)
{
	enum { OUT_OF_THE_WAY = 10 };
	const int from[] = { data_fd, gifts->ram, gifts->socket };
	const int to[] = { STUB_FD_DATA, STUB_FD_RAM, STUB_FD_SOCKET };
	const unsigned int nr = gifts->socket < 0 ? 2 : 3;
	unsigned int i;
	int stub, fd[3];

	for (i = 0; i < nr; i++) {
		fd[i] = sys_fcntl(from[i], F_DUPFD, OUT_OF_THE_WAY);
		if (fd[i] < 0)
			return -EMFILE;
	}
	stub = sys_fcntl(stub_fd, F_DUPFD_CLOEXEC, OUT_OF_THE_WAY);
	if (stub < 0)
		return -EMFILE;
	for (i = 0; i < nr; i++)
		if (sys_call(SYS_dup2, fd[i], to[i]) < 0)
			return -EBADF;
	/* All others go, whoever forgot to mark them; stub is close-on-exec. */
	sys_call(SYS_close_range, 0, STUB_FD_DATA - 1, 0);
	sys_call(SYS_close_range, to[nr - 1] + 1, stub - 1, 0);
	sys_call(SYS_close_range, stub + 1, ~0U, 0);
	return stub;
}

static int child(void *arg)
{
	static char *const args[] = { "uml-guest", NULL };
	static char *const env[] = { NULL };
	uint64_t none = 0;
	int stub;

	stub = place_descriptors(arg);
	if (stub >= 0) {
		/* The terminal's signals are not for guests. */
		sys_call(SYS_setsid);
		/* The loader's stack must stay clear of the stub. */
		sys_call(SYS_personality, ADDR_NO_RANDOMIZE);
		sys_sigmask(SIG_SETMASK, &none, NULL);
		sys_call(SYS_execveat, stub, "", args, env, AT_EMPTY_PATH);
	}
	sys_call(SYS_exit_group, CHILD_FAILED);
	return 0;
}

int spawn_host_first(int ram_fd, int socket)
{
	struct gifts gifts = { .ram = ram_fd, .socket = socket };
	static char stack[CHILD_STACK_SIZE] __attribute__((aligned(16)));
	uint64_t all = ~0ULL, old;
	int pid;

	sys_sigmask(SIG_SETMASK, &all, &old);
	pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK |
		    SIGCHLD, &gifts);
	sys_sigmask(SIG_SETMASK, &old, NULL);
	return pid < 0 ? -EAGAIN : pid;
}
