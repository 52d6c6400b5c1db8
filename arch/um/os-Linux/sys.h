/* SPDX-License-Identifier: GPL-2.0 */
/*
 * System calls of the host, in the kernel's error language: the result is
 * >= 0 or -errno, EINTR is retried where that is safe. libc's errno variable
 * is never involved: a signal handler may run the kernel, which may switch to
 * another task in the middle of host code, and each has its own result.
 *
 * This is also where tests inject failures: with SYS_FAULT_INJECTION defined,
 * sys_fault_hook() sees each call and may answer in the host's stead. A test
 * which has to know what is asked for defines sys_fault_serve() as well.
 */
#ifndef UM_OS_LINUX_SYS_H
#define UM_OS_LINUX_SYS_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <time.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#ifdef SYS_FAULT_INJECTION
/*
 * Returns true to skip the call and use *ret as its result. Calls made on
 * behalf of the test itself should let everything pass.
 */
bool sys_fault_hook(long nr, long *ret);

/* The same with the call's arguments; asked after sys_fault_hook(), if there is one. */
bool sys_fault_serve(long nr, const long *args, long *ret) __attribute__((__weak__));
#endif

static inline long sys_raw6(long nr, long a, long b, long c, long d, long e,
			    long f)
{
	long ret;

#ifdef SYS_FAULT_INJECTION
	const long args[] = { a, b, c, d, e, f };

	if (sys_fault_hook(nr, &ret) || (sys_fault_serve && sys_fault_serve(nr, args, &ret)))
		return ret;
#endif
	/* Only now: a call would not keep them. */
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;

	__asm__ volatile("syscall"
			 : "=a" (ret)
			 : "a" (nr), "D" (a), "S" (b), "d" (c), "r" (r10),
			   "r" (r8), "r" (r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define SYS_PICK(_1, _2, _3, _4, _5, _6, _7, n, ...)	n
#define SYS_ARG0(nr)				sys_raw6(nr, 0, 0, 0, 0, 0, 0)
#define SYS_ARG1(nr, a)				sys_raw6(nr, (long)(a), 0, 0, 0, 0, 0)
#define SYS_ARG2(nr, a, b)			sys_raw6(nr, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS_ARG3(nr, a, b, c)			\
	sys_raw6(nr, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS_ARG4(nr, a, b, c, d)		\
	sys_raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS_ARG5(nr, a, b, c, d, e)		\
	sys_raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS_ARG6(nr, a, b, c, d, e, f)		\
	sys_raw6(nr, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

/* One call, not retried. */
#define sys_call(...)							\
	SYS_PICK(__VA_ARGS__, SYS_ARG6, SYS_ARG5, SYS_ARG4, SYS_ARG3,	\
		 SYS_ARG2, SYS_ARG1, SYS_ARG0)(__VA_ARGS__)

/* The same call again as long as a signal interrupts it. */
#define sys_retry(...) ({						\
	long __ret;							\
	do {								\
		__ret = sys_call(__VA_ARGS__);				\
	} while (__ret == -EINTR);					\
	__ret;								\
})

static inline int sys_open(const char *path, int flags, mode_t mode)
{
	return sys_retry(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode);
}

static inline int sys_openat(int dir, const char *path, int flags)
{
	return sys_retry(SYS_openat, dir, path, flags | O_CLOEXEC, 0);
}

static inline int sys_close(int fd)
{
	return sys_call(SYS_close, fd);
}

static inline ssize_t sys_read(int fd, void *buf, size_t len)
{
	return sys_retry(SYS_read, fd, buf, len);
}

static inline ssize_t sys_write(int fd, const void *buf, size_t len)
{
	return sys_retry(SYS_write, fd, buf, len);
}

static inline ssize_t sys_pread(int fd, void *buf, size_t len, uint64_t off)
{
	return sys_retry(SYS_pread64, fd, buf, len, off);
}

static inline ssize_t sys_pwrite(int fd, const void *buf, size_t len,
				 uint64_t off)
{
	return sys_retry(SYS_pwrite64, fd, buf, len, off);
}

static inline ssize_t sys_preadv(int fd, const struct iovec *iov, int n,
				 uint64_t off)
{
	return sys_retry(SYS_preadv, fd, iov, n, off, 0);
}

static inline ssize_t sys_pwritev(int fd, const struct iovec *iov, int n,
				  uint64_t off)
{
	return sys_retry(SYS_pwritev, fd, iov, n, off, 0);
}

static inline int sys_fdatasync(int fd)
{
	return sys_retry(SYS_fdatasync, fd);
}

static inline int sys_fsync(int fd)
{
	return sys_retry(SYS_fsync, fd);
}

/* Of the whole file. */
static inline int sys_fadvise(int fd, int advice)
{
	return sys_call(SYS_fadvise64, fd, 0, 0, advice);
}

static inline int sys_fallocate(int fd, int mode, uint64_t off, uint64_t len)
{
	return sys_retry(SYS_fallocate, fd, mode, off, len);
}

static inline int sys_ftruncate(int fd, uint64_t len)
{
	return sys_retry(SYS_ftruncate, fd, len);
}

static inline int sys_fstat(int fd, struct stat *st)
{
	return sys_call(SYS_fstat, fd, st);
}

static inline int sys_fstatat(int dir, const char *path, struct stat *st,
			      int flags)
{
	return sys_call(SYS_newfstatat, dir, path, st, flags);
}

static inline int sys_fcntl(int fd, int cmd, long arg)
{
	return sys_retry(SYS_fcntl, fd, cmd, arg);
}

static inline int sys_ioctl(int fd, unsigned long req, void *arg)
{
	return sys_retry(SYS_ioctl, fd, req, arg);
}

static inline int sys_unlink(const char *path)
{
	return sys_call(SYS_unlink, path);
}

static inline int sys_unlinkat(int dir, const char *path, int flags)
{
	return sys_call(SYS_unlinkat, dir, path, flags);
}

static inline int sys_mkdir(const char *path, mode_t mode)
{
	return sys_call(SYS_mkdir, path, mode);
}

static inline int sys_rmdir(const char *path)
{
	return sys_call(SYS_rmdir, path);
}

/* Return: 0 and the address in *ret, or -errno. */
static inline int sys_mmap(void *va, size_t len, int prot, int flags, int fd,
			   uint64_t off, void **ret)
{
	long addr = sys_call(SYS_mmap, va, len, prot, flags, fd, off);

	if (addr < 0 && addr > -4096)
		return addr;
	*ret = (void *)addr;
	return 0;
}

static inline int sys_munmap(void *va, size_t len)
{
	return sys_call(SYS_munmap, va, len);
}

static inline int sys_mprotect(void *va, size_t len, int prot)
{
	return sys_call(SYS_mprotect, va, len, prot);
}

static inline int sys_madvise(void *va, size_t len, int advice)
{
	return sys_call(SYS_madvise, va, len, advice);
}

/*
 * Whether the file can be executed has to be said since Linux 6.3, where
 * vm.memfd_noexec asks for it, and cannot be said before.
 */
enum sys_memfd { SYS_MEMFD_DATA = 8, SYS_MEMFD_PROGRAM = 16 };

static inline int sys_memfd_create(const char *name, unsigned int flags,
				   enum sys_memfd kind)
{
	int fd = sys_call(SYS_memfd_create, name, flags | kind);

	if (fd == -EINVAL)
		fd = sys_call(SYS_memfd_create, name, flags);
	return fd;
}

static inline int sys_tgkill(int pid, int tid, int sig)
{
	return sys_call(SYS_tgkill, pid, tid, sig);
}

static inline int sys_kill(int pid, int sig)
{
	return sys_call(SYS_kill, pid, sig);
}

static inline int sys_getpid(void)
{
	return sys_call(SYS_getpid);
}

static inline int sys_gettid(void)
{
	return sys_call(SYS_gettid);
}

/* Signal masks are one word: 64 signals. */
static inline int sys_sigmask(int how, const uint64_t *set, uint64_t *old)
{
	return sys_call(SYS_rt_sigprocmask, how, set, old, sizeof(*set));
}

static inline int sys_wait4(int pid, int *status, int options)
{
	return sys_call(SYS_wait4, pid, status, options, NULL);
}

static inline int sys_ptrace(long req, int pid, void *addr, void *data)
{
	return sys_call(SYS_ptrace, req, pid, addr, data);
}

static inline int sys_epoll_create(void)
{
	return sys_call(SYS_epoll_create1, EPOLL_CLOEXEC);
}

static inline int sys_epoll_ctl(int ep, int op, int fd, struct epoll_event *ev)
{
	return sys_call(SYS_epoll_ctl, ep, op, fd, ev);
}

/* Not retried: being interrupted is what an idle vCPU waits for. */
static inline int sys_epoll_pwait(int ep, struct epoll_event *ev, int max,
				  int timeout_ms, const uint64_t *mask)
{
	return sys_call(SYS_epoll_pwait, ep, ev, max, timeout_ms, mask,
			sizeof(*mask));
}

static inline int sys_futex(uint32_t *word, int op, uint32_t val,
			    const struct timespec *timeout)
{
	return sys_call(SYS_futex, word, op, val, timeout, NULL, 0);
}

static inline ssize_t sys_getrandom(void *buf, size_t len, unsigned int flags)
{
	return sys_retry(SYS_getrandom, buf, len, flags);
}

static inline ssize_t sys_readlink(const char *path, char *buf, size_t len)
{
	return sys_call(SYS_readlink, path, buf, len);
}

#endif
