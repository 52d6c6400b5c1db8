// SPDX-License-Identifier: GPL-2.0
/*
 * Starting the first guest process: the stub, executed from a sealed memfd in
 * a session of its own, with the descriptors it needs and no other; all later
 * guest processes are forked from it. And the file of the pages which both
 * sides map.
 */
#include <sched.h>
#include <sys/personality.h>

#include <host/vcpu.h>
#include "../stub/stub_layout.h"
#include "os-Linux/sys.h"
#include "mapper_host.h"
#include "spawn_host.h"

enum {
	CHILD_STACK_SIZE = 64 * 1024,
	CHILD_FAILED = 102,
};

extern const char stub_image_start[], stub_image_end[];

static int stub_fd = -1;
static int data_fd = -1;
static __u64 data_len;

static int make_stub_file(void)
{
	size_t len = stub_image_end - stub_image_start;
	ssize_t n;
	int fd;

	fd = sys_memfd_create("uml-guest", MFD_CLOEXEC | MFD_ALLOW_SEALING,
			      SYS_MEMFD_PROGRAM);
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
	data_fd = sys_memfd_create("uml-guest-data", MFD_CLOEXEC, SYS_MEMFD_DATA);
	data_len = 0;
	return data_fd < 0 ? data_fd : 0;
}

int spawn_host_probe(const char **why)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE |
			  MAP_NORESERVE;
	void *addr;
	int err;

	/* What lies there in our own process does not matter. */
	err = sys_mmap((void *)STUB_CODE, STUB_AREA_END - STUB_CODE, PROT_NONE,
		       flags, -1, 0, &addr);
	if (err == -EEXIST)
		return 0;
	if (err) {
		*why = "the host has no addresses from 0x7fffffe00000 up for programs; is it a User Mode Linux itself?";
		return err;
	}
	sys_munmap(addr, STUB_AREA_END - STUB_CODE);
	return 0;
}

int spawn_host_pages(unsigned int len, __u64 *off, void **ret)
{
	int err = sys_ftruncate(data_fd, data_len + len);

	if (!err)
		err = sys_mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			       data_fd, data_len, ret);
	if (err)
		return err;
	*off = data_len;
	data_len += len;
	return 0;
}

/* What the first process is given; @socket -1 for nothing. */
struct gifts {
	int ram;
	int socket;
	unsigned int reports;
};

static int gift(const struct gifts *gifts, unsigned int fd)
{
	switch (fd) {
	case STUB_FD_DATA:
		return data_fd;
	case STUB_FD_RAM:
		return gifts->ram;
	case STUB_FD_SOCKET:
		return gifts->socket;
	default:
		return mapper_fd(fd - STUB_FD_REPORTS);
	}
}

/*
 * In the child, which shares our memory until it executes: put the descriptors
 * in their places. They are first moved out of each other's way.
 */
static int place_descriptors(const struct gifts *gifts)
{
	const unsigned int end = STUB_FD_REPORTS + gifts->reports;
	int stub, moved[STUB_FD_REPORTS + 2 * UM_VCPUS_MAX];
	unsigned int i;

	for (i = STUB_FD_DATA; i < end; i++) {
		moved[i] = gift(gifts, i);
		if (moved[i] >= 0)
			moved[i] = sys_fcntl(moved[i], F_DUPFD, end);
		if (moved[i] < 0 && i != STUB_FD_SOCKET)
			return -EMFILE;
	}
	stub = sys_fcntl(stub_fd, F_DUPFD_CLOEXEC, end);
	if (stub < 0)
		return -EMFILE;
	for (i = STUB_FD_DATA; i < end; i++) {
		sys_close(i);
		if (moved[i] >= 0 && sys_call(SYS_dup2, moved[i], i) < 0)
			return -EBADF;
	}
	/* All others go, whoever forgot to mark them; stub is close-on-exec. */
	sys_call(SYS_close_range, 0, STUB_FD_DATA - 1, 0);
	sys_call(SYS_close_range, end, stub - 1, 0);
	sys_call(SYS_close_range, stub + 1, ~0U, 0);
	return stub;
}

/* The host, short of memory, is to end guests before the kernel. */
static void raise_oom_score(void)
{
	static const char score[] = "300";
	int fd = sys_open("/proc/self/oom_score_adj", O_WRONLY, 0);

	if (fd < 0)
		return;
	sys_write(fd, score, sizeof(score) - 1);
	sys_close(fd);
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
		raise_oom_score();
		/* The loader's stack must stay clear of the stub. */
		sys_call(SYS_personality, ADDR_NO_RANDOMIZE);
		sys_sigmask(SIG_SETMASK, &none, NULL);
		sys_call(SYS_execveat, stub, "", args, env, AT_EMPTY_PATH);
	}
	sys_call(SYS_exit_group, CHILD_FAILED);
	return 0;
}

int spawn_host_first(int ram_fd, int socket, unsigned int ncpus)
{
	struct gifts gifts = {
		.ram = ram_fd, .socket = socket, .reports = 2 * ncpus,
	};
	static char stack[CHILD_STACK_SIZE] __attribute__((aligned(16)));
	uint64_t all = ~0ULL, old;
	int pid;

	sys_sigmask(SIG_SETMASK, &all, &old);
	pid = clone(child, stack + sizeof(stack), CLONE_VM | CLONE_VFORK |
		    SIGCHLD, &gifts);
	sys_sigmask(SIG_SETMASK, &old, NULL);
	return pid < 0 ? -EAGAIN : pid;
}
