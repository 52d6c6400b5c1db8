// SPDX-License-Identifier: GPL-2.0
/*
 * A module whose initialisation makes a call of the host (call=) from the
 * kernel's world, by the bare instruction, as whoever has taken over the kernel
 * can; on the CPU cpu=. It tells the result. What the calls are about is what the
 * other parameters say.
 */
#include <linux/fcntl.h>
#include <linux/in.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/ptrace.h>
#include <linux/signal.h>
#include <linux/smp.h>
#include <linux/socket.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/un.h>
#include <asm/termbits.h>
#include <asm/ioctls.h>
#include <asm/unistd.h>

enum {
	FILE_MODE = 0600,
	RING_ENTRIES = 8,
	RING_PARAMS_BYTES = 120,
	PIDS_LOOKED_AT = 300,
	WALL = 0x40000000,
};

static char *call = "";
module_param(call, charp, 0);
MODULE_PARM_DESC(call, "which call");
static char *path = "";
module_param(path, charp, 0);
MODULE_PARM_DESC(path, "a file, program or socket of the host");
static int pid;
module_param(pid, int, 0);
MODULE_PARM_DESC(pid, "a process of the host");
static unsigned long address;
module_param(address, ulong, 0);
MODULE_PARM_DESC(address, "in that process");
static unsigned int port;
module_param(port, uint, 0);
MODULE_PARM_DESC(port, "a TCP port of the host");
static int cpu;
module_param(cpu, int, 0);
MODULE_PARM_DESC(cpu, "where to make it");

/* The host's struct user_regs_struct, as words. */
enum {
	REG_AX = 10,
	REG_DX = 12,
	REG_SI = 13,
	REG_DI = 14,
	REG_ORIG_AX = 15,
	REG_IP = 16,
	REGS = 27,
	SYSCALL_BYTES = 2,
};

static long host_call(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 asm("r10") = d;
	register long r8 asm("r8") = e;
	register long r9 asm("r9") = f;
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10), "r" (r8),
		       "r" (r9)
		     : "rcx", "r11", "memory");
	return ret;
}

static long open_file(void)
{
	return host_call(__NR_openat, AT_FDCWD, (long)path, O_RDONLY, 0, 0, 0);
}

static long write_file(void)
{
	long fd = host_call(__NR_openat, AT_FDCWD, (long)path,
			    O_WRONLY | O_CREAT, FILE_MODE, 0, 0);

	if (fd < 0)
		return fd;
	return host_call(__NR_write, fd, (long)"out", 3, 0, 0, 0);
}

static long execute(void)
{
	char *const argv[] = { "sh", "-c", "echo a shell of the host; exit 7", NULL };
	char *const envp[] = { NULL };

	return host_call(__NR_execve, (long)path, (long)argv, (long)envp, 0, 0, 0);
}

static long execute_memory(void)
{
	long fd = host_call(__NR_memfd_create, (long)"hostcall", 0, 0, 0, 0, 0);

	if (fd >= 0)
		host_call(__NR_close, fd, 0, 0, 0, 0, 0);
	return fd;
}

/* The child ends at once. */
static long fork_process(void)
{
	long child = host_call(__NR_clone, SIGCHLD, 0, 0, 0, 0, 0);

	if (!child)
		host_call(__NR_exit_group, 0, 0, 0, 0, 0, 0);
	return child;
}

static long connect_tcp(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	long fd = host_call(__NR_socket, AF_INET, SOCK_STREAM, 0, 0, 0, 0);

	if (fd < 0)
		return fd;
	return host_call(__NR_connect, fd, (long)&to, sizeof(to), 0, 0, 0);
}

/* One call that connects and sends. */
static long fast_open(void)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	long fd = host_call(__NR_socket, AF_INET, SOCK_STREAM, 0, 0, 0, 0);

	if (fd < 0)
		return fd;
	return host_call(__NR_sendto, fd, (long)"out", 3, MSG_FASTOPEN, (long)&to,
			 sizeof(to));
}

static long bind_tcp(void)
{
	struct sockaddr_in at = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	long fd = host_call(__NR_socket, AF_INET, SOCK_STREAM, 0, 0, 0, 0);

	if (fd < 0)
		return fd;
	return host_call(__NR_bind, fd, (long)&at, sizeof(at), 0, 0, 0);
}

static long make_udp(void)
{
	return host_call(__NR_socket, AF_INET, SOCK_DGRAM, 0, 0, 0, 0);
}

static long connect_unix(void)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	long fd = host_call(__NR_socket, AF_UNIX, SOCK_STREAM, 0, 0, 0, 0);

	if (fd < 0)
		return fd;
	strscpy(to.sun_path, path);
	return host_call(__NR_connect, fd, (long)&to, sizeof(to), 0, 0, 0);
}

static long trace(void)
{
	long ret = host_call(__NR_ptrace, PTRACE_ATTACH, pid, 0, 0, 0, 0);

	if (!ret)
		host_call(__NR_wait4, pid, 0, 0, 0, 0, 0);
	if (!ret)
		host_call(__NR_ptrace, PTRACE_DETACH, pid, 0, 0, 0, 0);
	return ret;
}

static long write_memory(void)
{
	struct iovec from = { .iov_base = (void __user *)"out", .iov_len = 3 };
	struct iovec to = { .iov_base = (void __user *)address, .iov_len = 3 };

	return host_call(__NR_process_vm_writev, pid, (long)&from, 1, (long)&to, 1, 0);
}

static long signal_process(void)
{
	return host_call(__NR_kill, pid, SIGTERM, 0, 0, 0, 0);
}

static long make_ring(void)
{
	static char params[RING_PARAMS_BYTES];

	return host_call(__NR_io_uring_setup, RING_ENTRIES, (long)params, 0, 0, 0, 0);
}

/*
 * Through the guest process of the program that loads this module: it is stopped
 * behind a system call instruction. With the ptrace backend that is ours to drive.
 */
static long call_in_guest(long nr, long a, long b, long c)
{
	unsigned long old[REGS], regs[REGS];
	long own = host_call(__NR_getpid, 0, 0, 0, 0, 0, 0), guest, ret = -ESRCH;
	int step;

	for (guest = own + 1; guest < own + PIDS_LOOKED_AT; guest++) {
		ret = host_call(__NR_ptrace, PTRACE_GETREGS, guest, 0, (long)old, 0, 0);
		if (!ret && (old[REG_ORIG_AX] == __NR_finit_module ||
			     old[REG_ORIG_AX] == __NR_init_module))
			break;
		ret = -ESRCH;
	}
	if (ret)
		return ret;
	memcpy(regs, old, sizeof(regs));
	regs[REG_IP] -= SYSCALL_BYTES;
	regs[REG_AX] = nr;
	regs[REG_ORIG_AX] = -1;
	regs[REG_DI] = a;
	regs[REG_SI] = b;
	regs[REG_DX] = c;
	host_call(__NR_ptrace, PTRACE_SETREGS, guest, 0, (long)regs, 0, 0);
	/* The first step ends the call it is stopped in, the second makes ours. */
	for (step = 0; step < 2; step++) {
		host_call(__NR_ptrace, PTRACE_SINGLESTEP, guest, 0, 0, 0, 0);
		host_call(__NR_wait4, guest, 0, WALL, 0, 0, 0);
	}
	host_call(__NR_ptrace, PTRACE_GETREGS, guest, 0, (long)regs, 0, 0);
	host_call(__NR_ptrace, PTRACE_SETREGS, guest, 0, (long)old, 0, 0);
	return regs[REG_AX];
}

static long socket_in_guest(void)
{
	return call_in_guest(__NR_socket, AF_INET, SOCK_DGRAM, 0);
}

/* No address: EFAULT tells that it would have been looked at. */
static long connect_in_guest(void)
{
	long fd = call_in_guest(__NR_socket, AF_UNIX, SOCK_STREAM, 0), ret;

	if (fd < 0)
		return fd;
	ret = call_in_guest(__NR_connect, fd, 0, sizeof(struct sockaddr_un));
	return ret == -EFAULT ? 0 : ret;
}

static long ring_in_guest(void)
{
	long ret = call_in_guest(__NR_io_uring_setup, RING_ENTRIES, 0, 0);

	return ret == -EFAULT ? 0 : ret;
}

/* As if it had been typed where the program was started. */
static long type_key(void)
{
	return host_call(__NR_ioctl, 0, TIOCSTI, (long)"\n", 0, 0, 0);
}

static const struct {
	const char *name;
	long (*fn)(void);
} calls[] = {
	{ "open", open_file },
	{ "write", write_file },
	{ "execute", execute },
	{ "memfd", execute_memory },
	{ "fork", fork_process },
	{ "tcp", connect_tcp },
	{ "fastopen", fast_open },
	{ "bind", bind_tcp },
	{ "udp", make_udp },
	{ "unix", connect_unix },
	{ "trace", trace },
	{ "memory", write_memory },
	{ "signal", signal_process },
	{ "ring", make_ring },
	{ "key", type_key },
	{ "guest-udp", socket_in_guest },
	{ "guest-unix", connect_in_guest },
	{ "guest-ring", ring_in_guest },
};

static void make_call(void *result)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(calls); i++)
		if (!strcmp(call, calls[i].name))
			*(long *)result = calls[i].fn();
}

static int __init hostcall_init(void)
{
	long result = -ENOENT;
	int err;

	err = smp_call_function_single(cpu, make_call, &result, 1);
	if (err)
		return err;
	pr_info("hostcall: %s on cpu %d: %ld\n", call, cpu, result);
	return -ECANCELED;
}
module_init(hostcall_init);

MODULE_DESCRIPTION("Make calls of the host from the kernel's world");
MODULE_LICENSE("GPL");
