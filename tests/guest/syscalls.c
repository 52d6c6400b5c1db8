// SPDX-License-Identifier: GPL-2.0
/*
 * The system call path itself: unknown numbers, six arguments, registers preserved, results
 * and errno, bad pointers for many calls, copies across a page border into nothing, strings
 * that end in nothing, process_vm_readv, both vsyscall-free ways to ask the time.
 * Not here: what the calls do for their living.
 */
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/utsname.h>

#include "util.h"

#define BAD ((void *)0x10)
#define NON_CANONICAL ((void *)0x8000000000000000)
#define KERNEL_ADDR ((void *)0xffffffff81000000)

static void test_numbers(void)
{
	static const long unknown[] = { 1000, 4096, 0x40000000, 0x7fffffff, -1, -2, 400 };

	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		ok_eq(raw0(unknown[i]), -ENOSYS, "system call %ld gives ENOSYS", unknown[i]);
	/* Only the lower half of rax counts on this architecture. */
	ok_eq(raw0(SYS_getpid | 0x5L << 32), getpid(), "the upper half of rax does not count");
}

static void test_arguments(void)
{
	char *p, *q;
	int fd = tmp_file(4 * PAGE);

	need(pwrite(fd, "third", 5, 2 * PAGE) == 5);
	q = map_anon(PAGE);
	munmap(q, PAGE);
	/* mmap uses all six: each must have its effect. */
	p = (char *)raw6(SYS_mmap, (long)q, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 2 * PAGE);
	ok(p == q && !memcmp(p, "third", 5) && fault_of(do_write, p) == SIGSEGV &&
	   fault_of(do_read, p + PAGE - 1) == 0, "all six arguments reach mmap");
	munmap(p, PAGE);
	close(fd);
	ok_eq(raw6(SYS_mmap, 0, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 1), -EINVAL,
	      "an odd sixth argument gives EINVAL");
}

/* All registers but rax, rcx, r11 and rsp, loaded and stored around one call. */
u64 call_in[13], call_out[13], call_result;
void call_with_regs(void);

asm(".macro each_reg what\n"
	"	\\what %rbx, 0\n"
	"	\\what %rdx, 1\n"
	"	\\what %rsi, 2\n"
	"	\\what %rdi, 3\n"
	"	\\what %rbp, 4\n"
	"	\\what %r8, 5\n"
	"	\\what %r9, 6\n"
	"	\\what %r10, 7\n"
	"	\\what %r12, 8\n"
	"	\\what %r13, 9\n"
	"	\\what %r14, 10\n"
	"	\\what %r15, 11\n"
	".endm\n"
	".macro load_reg reg, i\n"
	"	mov call_in + 8 * \\i(%rip), \\reg\n"
	".endm\n"
	".macro store_reg reg, i\n"
	"	mov \\reg, call_out + 8 * \\i(%rip)\n"
	".endm\n"
	"	.text\n"
	"call_with_regs:\n"
	"	push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
	"	each_reg load_reg\n"
	"	mov $110, %eax\n"
	"	mov %rsp, call_in + 96(%rip)\n"
	"	syscall\n"
	"	mov %rax, call_result(%rip)\n"
	"	mov %rsp, call_out + 96(%rip)\n"
	"	each_reg store_reg\n"
	"	pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
	"	ret\n");

static void test_registers(void)
{
	for (int i = 0; i < 12; i++)
		call_in[i] = 0x8101010101010101 * (i + 1);
	call_with_regs();
	ok(!memcmp(call_in, call_out, sizeof(call_in)),
	   "a system call leaves all but rax, rcx and r11 as they were");
	ok_eq(call_result, getppid(), "and has its result in rax");
}

/* --- bad pointers --------------------------------------------------------- */

static int pipe_fds[2];
static int file_fd, dir_fd;

static void test_efault(void *bad, const char *kind)
{
	const struct {
		const char *name;
		long result;
	} calls[] = {
		{ "read", (raw3(SYS_write, pipe_fds[1],
				"x", 1), raw3(SYS_read, pipe_fds[0], bad, 1)) },
		{ "write", raw3(SYS_write, pipe_fds[1], bad, 1) },
		{ "pread64", raw4(SYS_pread64, file_fd, bad, 16, 0) },
		{ "pwrite64", raw4(SYS_pwrite64, file_fd, bad, 16, 0) },
		{ "readv", raw3(SYS_readv, file_fd, bad, 1) },
		{ "writev", raw3(SYS_writev, file_fd, bad, 1) },
		{ "open", raw2(SYS_open, bad, O_RDONLY) },
		{ "openat", raw3(SYS_openat, AT_FDCWD, bad, O_RDONLY) },
		{ "stat, path", raw2(SYS_stat, bad, &calls) },
		{ "stat, buffer", raw2(SYS_stat, "/", bad) },
		{ "fstat", raw2(SYS_fstat, file_fd, bad) },
		{ "statfs", raw2(SYS_statfs, "/", bad) },
		{ "getdents64", raw3(SYS_getdents64, dir_fd, bad, 4096) },
		{ "getcwd", raw2(SYS_getcwd, bad, 4096) },
		{ "readlink", raw3(SYS_readlink, "/proc/self/exe", bad, 100) },
		{ "pipe", raw1(SYS_pipe, bad) },
		{ "poll", raw3(SYS_poll, bad, 1, 0) },
		{ "select", raw6(SYS_select, 1, (long)bad, 0, 0, 0, 0) },
		{ "nanosleep", raw2(SYS_nanosleep, bad, 0) },
		{ "clock_gettime", raw2(SYS_clock_gettime, CLOCK_MONOTONIC, bad) },
		{ "clock_getres", raw2(SYS_clock_getres, CLOCK_MONOTONIC, bad) },
		{ "gettimeofday", raw2(SYS_gettimeofday, bad, 0) },
		{ "time", raw1(SYS_time, bad) },
		{ "times", raw1(SYS_times, bad) },
		{ "uname", raw1(SYS_uname, bad) },
		{ "sysinfo", raw1(SYS_sysinfo, bad) },
		{ "getrlimit", raw2(SYS_getrlimit, RLIMIT_NOFILE, bad) },
		{ "setrlimit", raw2(SYS_setrlimit, RLIMIT_NOFILE, bad) },
		{ "getrusage", raw2(SYS_getrusage, RUSAGE_SELF, bad) },
		{ "getitimer", raw2(SYS_getitimer, ITIMER_REAL, bad) },
		{ "rt_sigaction", raw4(SYS_rt_sigaction, SIGUSR1, bad, 0, 8) },
		{ "rt_sigaction, old", raw4(SYS_rt_sigaction, SIGUSR1, 0, bad, 8) },
		{ "rt_sigprocmask", raw4(SYS_rt_sigprocmask, SIG_BLOCK, bad, 0, 8) },
		{ "rt_sigpending", raw2(SYS_rt_sigpending, bad, 8) },
		{ "rt_sigsuspend", raw2(SYS_rt_sigsuspend, bad, 8) },
		{ "sigaltstack", raw2(SYS_sigaltstack, bad, 0) },
		{ "execve", raw3(SYS_execve, bad, 0, 0) },
		{ "chdir", raw1(SYS_chdir, bad) },
		{ "unlink", raw1(SYS_unlink, bad) },
		{ "rename", raw2(SYS_rename, bad, "/tmp/x") },
		{ "mkdir", raw2(SYS_mkdir, bad, 0700) },
		{ "getgroups", getgroups(0, NULL) ? raw2(SYS_getgroups, 64, bad) : -EFAULT },
		{ "getresuid", raw3(SYS_getresuid, bad, bad, bad) },
		{ "socketpair", raw4(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, bad) },
		{ "sched_getaffinity", raw3(SYS_sched_getaffinity, 0, 128, bad) },
		{ "sched_setparam", raw2(SYS_sched_setparam, 0, bad) },
		{ "get_robust_list", raw3(SYS_get_robust_list, 0, bad, bad) },
		{ "getrandom", raw3(SYS_getrandom, bad, 16, 0) },
		{ "prlimit64", raw4(SYS_prlimit64, 0, RLIMIT_CORE, 0, bad) },
	};
	int wrong = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (calls[i].result == -EFAULT)
			continue;
		tap_note("%s gave %ld for %s", calls[i].name, calls[i].result, kind);
		wrong++;
	}
	ok_eq(wrong, 0, "%zu calls give EFAULT for %s", ARRAY_SIZE(calls), kind);
}

/* --- page borders --------------------------------------------------------- */

static void test_borders(void)
{
	char *p = map_anon(2 * PAGE), *end = p + PAGE, buf[64];
	struct iovec iov[2] = { { p, 10 }, { end, 10 } };
	int file = tmp_file(0);
	ssize_t n;

	need(munmap(end, PAGE) == 0);
	memset(p, 'b', PAGE);

	n = write(file, end - 10, 20);
	ok(n == 10 || (n == -1 && errno == EFAULT), "write of half a buffer: the half, or EFAULT");
	n = n < 0 ? 0 : n;
	ok_eq(lseek(file, 0, SEEK_CUR), n, "and the file has just that");
	need(ftruncate(file, 0) == 0);
	need(pwrite(file, "0123456789abcdefghij", 20, 0) == 20);
	n = pread(file, end - 10, 20, 0);
	ok((n == 10 || (n == -1 && errno == EFAULT)) && !memcmp(end - 10,
								"0123456789", n > 0 ? n : 0),
	   "read into half a buffer: the half, or EFAULT");
	ok_eq(pread(file, end - 10, 10, 10), 10, "a buffer that ends with the page");
	ok(!memcmp(end - 10, "abcdefghij", 10), "is filled to its last byte");
	ok(write(pipe_fds[1], end, 1) == -1 && errno == EFAULT, "nothing mapped: EFAULT");
	n = writev(file, iov, 2);
	ok(n == 10 || (n == -1 && errno == EFAULT), "writev with a bad second part");

	/* Strings. */
	memcpy(end - 5, "/tmp", 5);
	ok_eq(raw3(SYS_access, end - 5, F_OK, 0), 0, "a path that ends with the page");
	memcpy(end - 4, "/tmp", 4);
	ok_eq(raw3(SYS_access, end - 4, F_OK, 0), -EFAULT, "a path without end before the hole");
	memset(p, 'x', PAGE);
	p[0] = '/';
	ok_eq(raw3(SYS_access, p, F_OK, 0), -ENAMETOOLONG, "PATH_MAX bytes of path without end");
	p[4095] = 0;
	ok_eq(raw3(SYS_access, p, F_OK, 0), -ENAMETOOLONG, "a name that is too long");

	/* Structures that cross into the hole, or into a read-only page. */
	ok_eq(raw2(SYS_fstat, file, end - 8), -EFAULT, "a structure that crosses into the hole");
	ok_eq(raw2(SYS_clock_gettime, CLOCK_MONOTONIC, end - 16), 0, "one that just fits");
	need(mprotect(p, PAGE, PROT_READ) == 0);
	ok_eq(raw2(SYS_fstat, file, p), -EFAULT, "the kernel does not write to a read-only page");
	ok_eq(raw3(SYS_write, file, p, 4), 4, "but reads from it");
	need(mprotect(p, PAGE, PROT_NONE) == 0);
	ok_eq(raw3(SYS_write, pipe_fds[1], p, 4), -EFAULT, "nor does it read from PROT_NONE");
	need(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0);
	need(pread(file, buf, 4, 0) == 4);
	munmap(p, PAGE);
	close(file);
}

/* Large copies over many pages that were never touched. */
static void test_large_copies(void)
{
	size_t size = 64 * PAGE;
	char *a = map_anon(size), *b = map_anon(size);
	int file = tmp_file(0);
	bool good = true;

	for (size_t i = 0; i < size; i++)
		a[i] = i * 7 + (i >> 12);
	need(write(file, a, size) == (ssize_t)size);
	ok(pread(file, b, size, 0) == (ssize_t)size && !memcmp(a, b, size),
	   "256 KiB read into pages never touched");
	for (int i = 0; i < 100; i++) {
		size_t at = rnd(size - 9000), to = rnd(size - 9000), len = rnd(9000);

		need(pread(file, b + to, len, at) == (ssize_t)len);
		good = good && !memcmp(a + at, b + to, len);
	}
	ok(good, "100 reads at odd places and of odd lengths");
	munmap(a, size);
	munmap(b, size);
	close(file);
}

static void test_process_vm(void)
{
	char *page = map_anon(2 * PAGE), buf[32] = "";
	struct iovec local = { buf, 20 }, remote = { page + PAGE - 10, 20 };
	pid_t pid;
	ssize_t n;

	memcpy(page + PAGE - 10, "0123456789abcdefghij", 20);
	pid = fork_child();
	if (pid == 0) {
		page[PAGE - 10] = 'C';
		page[PAGE] = 'D';
		raw2(SYS_kill, getpid(), SIGSTOP);
		_exit(page[PAGE - 1] == 'X' && page[PAGE] == 'Y' ? 0 : 1);
	}
	need(waitpid(pid, NULL, WUNTRACED) == pid);
	n = process_vm_readv(pid, &local, 1, &remote, 1, 0);
	if (n < 0 && errno == ENOSYS) {
		tap_skip("process_vm_readv", "kernel without CONFIG_CROSS_MEMORY_ATTACH");
	} else {
		ok(n == 20 && !memcmp(buf, "C123456789Dbcdefghij", 20),
		   "process_vm_readv sees the child's");
		buf[0] = 'X';
		buf[1] = 'Y';
		local.iov_len = 2;
		remote = (struct iovec){ page + PAGE - 1, 2 };
		ok_eq(process_vm_writev(pid, &local, 1, &remote, 1, 0), 2, "process_vm_writev");
		ok(page[PAGE - 1] == '9', "does not touch the parent's");
		remote.iov_base = BAD;
		ok(process_vm_readv(pid, &local, 1, &remote, 1, 0) == -1 && errno == EFAULT,
		   "a hole gives EFAULT");
		kill(pid, SIGCONT);
		ok(exited_with(wait_status(pid), 0), "the child has what was written");
		munmap(page, 2 * PAGE);
		return;
	}
	kill(pid, SIGKILL);
	wait_status(pid);
	munmap(page, 2 * PAGE);
}

static void test_identity(void)
{
	struct utsname uts;
	unsigned int cpu = 9999, node = 9999;

	ok(uname(&uts) == 0 && !strcmp(uts.sysname, "Linux") && !strcmp(uts.machine, "x86_64"),
	   "uname says Linux on x86_64");
	ok(raw3(SYS_getcpu, &cpu, &node, 0) == 0 && (long)cpu < sysconf(_SC_NPROCESSORS_CONF),
	   "getcpu tells a CPU that exists");
	ok_eq(sched_getcpu() >= 0, 1, "and so does libc");
	ok(gettid() == getpid() && getppid() > 0, "thread, process and parent IDs");
	ok_eq(sysconf(_SC_PAGESIZE), PAGE, "pages have 4096 bytes");
}

/* Thousands of calls in a row: none gets lost, none is made twice. */
static void test_many(void)
{
	u64 value = 0, sum = 0;
	int good = 0;

	for (u64 i = 0; i < 3000; i++) {
		if (write(pipe_fds[1], &i, 8) != 8 || read(pipe_fds[0], &value, 8) != 8)
			break;
		good += value == i;
		sum += value;
	}
	ok(good == 3000 && sum == 3000UL * 2999 / 2, "6000 calls through a pipe, each made once");
}

int main(void)
{
	need(pipe(pipe_fds) == 0);
	file_fd = tmp_file(PAGE);
	dir_fd = open("/", O_RDONLY | O_DIRECTORY);
	need(dir_fd >= 0);
	fault_init();
	test_numbers();
	test_arguments();
	test_registers();
	test_many();
	test_efault(BAD, "an unmapped address");
	test_efault(NON_CANONICAL, "a non-canonical address");
	test_efault(KERNEL_ADDR, "a kernel address");
	need(close(pipe_fds[0]) == 0 && close(pipe_fds[1]) == 0 && pipe(pipe_fds) == 0);
	test_borders();
	test_large_copies();
	test_process_vm();
	test_identity();
	return tap_done();
}
