// SPDX-License-Identifier: GPL-2.0
/*
 * seccomp inside the guest: strict mode; filters that return an error, raise SIGSYS with
 * its details, kill, log, ask a tracer, ask a supervisor; what a filter sees (number,
 * architecture, arguments in full, instruction pointer); inheritance and stacking.
 * Not here: the host's seccomp, by which a backend may run guests.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/user.h>

#include "util.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_HIGH(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field) + 4)
#define JUMP_NE(value, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, (skip))
#define RET(value) BPF_STMT(BPF_RET | BPF_K, (value))

static int install(struct sock_filter *insns, int n, int flags)
{
	struct sock_fprog prog = { .len = n, .filter = insns };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	return raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &prog);
}

/* A filter for one system call; all others are allowed. */
static int filter_one(int nr, u32 action, int flags)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		JUMP_NE(nr, 1),
		RET(action),
		RET(SECCOMP_RET_ALLOW),
	};

	return install(insns, ARRAY_SIZE(insns), flags);
}

static int strict_child(void *arg)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
		return 1;
	if (arg)
		raw0(SYS_getppid);
	raw1(SYS_exit, 5);
	return 1;
}

static int still_filtered(void *arg)
{
	(void)arg;
	return raw0(SYS_getppid) == -123 ? 0 : 1;
}

static int errno_child(void *arg)
{
	(void)arg;
	if (prctl(PR_GET_SECCOMP) != 0)
		return 1;
	if (filter_one(SYS_getppid, SECCOMP_RET_ERRNO | 123, 0))
		return 2;
	if (prctl(PR_GET_SECCOMP) != 2)
		return 3;
	if (raw0(SYS_getppid) != -123)
		return 4;
	if (raw0(SYS_getpid) <= 0 || raw0(1234) != -ENOSYS)
		return 5;
	/* The child of a filtered process is filtered. */
	return exited_with(run_child(still_filtered, NULL), 0) ? 0 : 6;
}

static int zero_child(void *arg)
{
	(void)arg;
	if (filter_one(SYS_getppid, SECCOMP_RET_ERRNO, 0))
		return 1;
	return raw0(SYS_getppid) == 0 ? 0 : 2;
}

/* --- SIGSYS --------------------------------------------------------------- */

static siginfo_t sys_info;
static greg_t sys_regs[NGREG];
static int sys_count;

static void on_sys(int sig, siginfo_t *info, void *ucontext)
{
	greg_t *gregs = ((ucontext_t *)ucontext)->uc_mcontext.gregs;

	(void)sig;
	sys_info = *info;
	memcpy(sys_regs, gregs, sizeof(sys_regs));
	sys_count++;
	gregs[REG_RAX] = 4321;
}

extern const char trapped_call_end[];
long trapped_call(void);

asm("	.text\n"
	"trapped_call: mov $110, %eax; mov $17, %edi; mov $18, %esi\n"
	"	syscall\n"
	"trapped_call_end: ret\n");

static int trap_child(void *arg)
{
	(void)arg;
	on_signal(SIGSYS, on_sys, 0);
	if (filter_one(SYS_getppid, SECCOMP_RET_TRAP | 77, 0))
		return 1;
	if (trapped_call() != 4321)
		return 2;
	if (sys_count != 1 || sys_info.si_signo != SIGSYS || sys_info.si_code != SYS_SECCOMP)
		return 3;
	if (sys_info.si_syscall != SYS_getppid || sys_info.si_arch != AUDIT_ARCH_X86_64)
		return 4;
	if (sys_info.si_call_addr != trapped_call_end || sys_info.si_errno != 77)
		return 5;
	if (sys_regs[REG_RIP] != (greg_t)trapped_call_end || sys_regs[REG_RAX] != SYS_getppid)
		return 6;
	if (sys_regs[REG_RDI] != 17 || sys_regs[REG_RSI] != 18)
		return 7;
	return 0;
}

static int trap_default_child(void *arg)
{
	(void)arg;
	if (filter_one(SYS_getppid, SECCOMP_RET_TRAP, 0))
		return 1;
	raw0(SYS_getppid);
	return 2;
}

static int kill_child(void *arg)
{
	u32 action = (long)arg;

	if (filter_one(SYS_getppid, action, 0))
		return 1;
	raw0(SYS_getppid);
	return 2;
}

static int log_child(void *arg)
{
	(void)arg;
	if (filter_one(SYS_getppid, SECCOMP_RET_LOG, 0))
		return 1;
	return raw0(SYS_getppid) > 0 ? 0 : 2;
}

/* --- what the filter sees ------------------------------------------------- */

/* Error 100: all as it should be; 101: architecture, 102: arguments, 103: rip is wrong. */
static int data_child(void *arg)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		JUMP_NE(SYS_lseek, 26),
		LOAD(arch),
		JUMP_NE(AUDIT_ARCH_X86_64, 21),
		LOAD(args[0]),
		JUMP_NE(0x11111111, 20),
		LOAD_HIGH(args[0]),
		JUMP_NE(0xaaaaaaaa, 18),
		LOAD(args[1]),
		JUMP_NE(0x22222222, 16),
		LOAD_HIGH(args[1]),
		JUMP_NE(0xbbbbbbbb, 14),
		LOAD(args[2]),
		JUMP_NE(0x33333333, 12),
		LOAD_HIGH(args[3]),
		JUMP_NE(0xdddddddd, 10),
		LOAD(args[4]),
		JUMP_NE(0x55555555, 8),
		LOAD_HIGH(args[5]),
		JUMP_NE(0xffffffff, 6),
		LOAD(instruction_pointer),
		JUMP_NE((u32)(uintptr_t)arg, 5),
		LOAD_HIGH(instruction_pointer),
		JUMP_NE((u32)((uintptr_t)arg >> 32), 3),
		RET(SECCOMP_RET_ERRNO | 100),
		RET(SECCOMP_RET_ERRNO | 101),
		RET(SECCOMP_RET_ERRNO | 102),
		RET(SECCOMP_RET_ERRNO | 103),
		RET(SECCOMP_RET_ALLOW),
	};

	return install(insns, ARRAY_SIZE(insns), 0) ? 1 : 0;
}

extern const char seen_call_end[];
long seen_call(void);

asm("	.text\n"
	"seen_call: mov $8, %eax\n"
	"	mov $0xaaaaaaaa11111111, %rdi; mov $0xbbbbbbbb22222222, %rsi\n"
	"	mov $0xcccccccc33333333, %rdx; mov $0xdddddddd44444444, %r10\n"
	"	mov $0xeeeeeeee55555555, %r8; mov $0xffffffff66666666, %r9\n"
	"	syscall\n"
	"seen_call_end: ret\n");

static int seen_child(void *arg)
{
	(void)arg;
	if (data_child((void *)seen_call_end))
		return 1;
	return -seen_call();
}

/* The strictest of several filters wins. */
static int stacked_child(void *arg)
{
	(void)arg;
	if (filter_one(SYS_getppid, SECCOMP_RET_ERRNO | 1, 0) ||
	    filter_one(SYS_getuid, SECCOMP_RET_ERRNO | 2, 0) ||
	    filter_one(SYS_getppid, SECCOMP_RET_LOG, 0))
		return 1;
	return raw0(SYS_getppid) == -1 && raw0(SYS_getuid) == -2 && raw0(SYS_getgid) >= 0 ? 0 : 2;
}

static int invalid_child(void *arg)
{
	struct sock_filter bad[] = { { 0xffff, 0, 0, 0 } };
	struct sock_filter no_ret[] = { LOAD(nr) };
	struct sock_filter far[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, sizeof(struct seccomp_data)), RET(0),
	};

	(void)arg;
	if (install(bad, 1, 0) != -EINVAL || install(no_ret, 1, 0) != -EINVAL)
		return 1;
	if (install(far, 2, 0) != -EINVAL)
		return 2;
	if (raw3(SYS_seccomp, 99, 0, 0) != -EINVAL)
		return 3;
	if (raw3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, 8) != -EFAULT)
		return 4;
	return prctl(PR_GET_SECCOMP) == 0 ? 0 : 5;
}

/* --- tracer --------------------------------------------------------------- */

static int traced_child(void *arg)
{
	(void)arg;
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	raw2(SYS_kill, getpid(), SIGSTOP);
	if (filter_one(SYS_getppid, SECCOMP_RET_TRACE | 99, 0))
		return 1;
	return raw0(SYS_getppid) == 555 ? 0 : 2;
}

static void test_trace(void)
{
	struct user_regs_struct regs;
	unsigned long msg = 0;
	pid_t pid = fork_child();
	int status;

	if (pid == 0)
		_exit(traced_child(NULL));
	need(WIFSTOPPED(wait_status(pid)));
	need(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACESECCOMP) == 0);
	need(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	status = wait_status(pid);
	ok_eq(status >> 8, SIGTRAP | PTRACE_EVENT_SECCOMP << 8, "RET_TRACE stops for the tracer");
	need(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &msg) == 0);
	ok_eq(msg, 99, "with the filter's data");
	need(ptrace(PTRACE_GETREGS, pid, NULL, &regs) == 0);
	ok_eq(regs.orig_rax, SYS_getppid, "before the call is made");
	regs.orig_rax = -1;
	regs.rax = 555;
	need(ptrace(PTRACE_SETREGS, pid, NULL, &regs) == 0);
	need(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	ok(exited_with(wait_status(pid), 0), "the tracer can skip it and give the result");
	/* Without a tracer the call fails with ENOSYS. */
	pid = fork_child();
	if (pid == 0)
		_exit(filter_one(SYS_getppid, SECCOMP_RET_TRACE, 0) ||
		      raw0(SYS_getppid) != -ENOSYS);
	ok(exited_with(wait_status(pid), 0), "without a tracer RET_TRACE gives ENOSYS");
}

/* --- supervisor ----------------------------------------------------------- */

static void send_fd(int sock, int fd)
{
	char c = 'f', control[CMSG_SPACE(sizeof(int))] = "";
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(int));
	if (sendmsg(sock, &msg, 0) != 1)
		_exit(70);
}

static int receive_fd(int sock)
{
	char c, control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = { &c, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control,
		.msg_controllen = sizeof(control),
	};
	int fd = -1;

	if (recvmsg(sock, &msg, 0) == 1 && CMSG_FIRSTHDR(&msg))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(int));
	return fd;
}

static void test_notify(void)
{
	struct seccomp_notif_sizes sizes;
	struct seccomp_notif req = { 0 };
	struct seccomp_notif_resp resp = { 0 };
	int socks[2], fd;
	pid_t pid;

	if (raw3(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) < 0) {
		tap_skip("user notification", "kernel without SECCOMP_GET_NOTIF_SIZES");
		return;
	}
	ok(sizes.seccomp_notif == sizeof(req) && sizes.seccomp_notif_resp == sizeof(resp) &&
	   sizes.seccomp_data == sizeof(struct seccomp_data),
	   "sizes of the notification structures");
	need(socketpair(AF_UNIX, SOCK_STREAM, 0, socks) == 0);
	pid = fork_child();
	if (pid == 0) {
		fd = filter_one(SYS_getppid, SECCOMP_RET_USER_NOTIF,
				SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (fd < 0)
			_exit(71);
		send_fd(socks[1], fd);
		close(fd);
		_exit(raw1(SYS_getppid, 0x1234) == 12345 && raw0(SYS_getppid) == -EXDEV ? 0 : 1);
	}
	fd = receive_fd(socks[0]);
	need(fd >= 0);
	need(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &req) == 0);
	ok(req.pid == (u32)pid && req.data.nr == SYS_getppid && req.data.args[0] == 0x1234,
	   "a notification tells process, call and arguments");
	resp.id = req.id;
	resp.val = 12345;
	ok(ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &req.id) == 0, "its ID is valid");
	need(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp) == 0);
	memset(&req, 0, sizeof(req));
	need(ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &req) == 0);
	resp.id = req.id;
	resp.val = 0;
	resp.error = -EXDEV;
	need(ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &resp) == 0);
	ok(exited_with(wait_status(pid), 0), "value and error of the supervisor reach the call");
	close(fd);
	close(socks[0]);
	close(socks[1]);
}

int main(void)
{
	if (prctl(PR_GET_SECCOMP) != 0) {
		tap_skip("seccomp", errno == EINVAL ? "kernel without CONFIG_SECCOMP" :
			 "a filter is in force already");
		return tap_done();
	}
	ok(exited_with(run_child(strict_child, NULL), 5), "strict mode allows exit");
	ok(killed_by(run_child(strict_child, (void *)1L), SIGKILL),
	   "strict mode kills for the rest");
	ok(exited_with(run_child(errno_child, NULL), 0), "RET_ERRNO, also in children");
	ok(exited_with(run_child(zero_child, NULL), 0), "RET_ERRNO 0 gives success without a call");
	ok(exited_with(run_child(trap_child, NULL), 0), "RET_TRAP: SIGSYS with all its details");
	ok(killed_by(run_child(trap_default_child, NULL), SIGSYS),
	   "SIGSYS without a handler kills");
	ok(killed_by(run_child(kill_child, (void *)(long)SECCOMP_RET_KILL_PROCESS), SIGSYS),
	   "RET_KILL_PROCESS");
	ok(killed_by(run_child(kill_child, (void *)(long)SECCOMP_RET_KILL_THREAD), SIGSYS),
	   "RET_KILL_THREAD");
	ok(exited_with(run_child(log_child, NULL), 0), "RET_LOG allows");
	ok(exited_with(run_child(seen_child, NULL), 100),
	   "a filter sees number, architecture, arguments and rip in full");
	ok(exited_with(run_child(stacked_child, NULL), 0), "the strictest of stacked filters wins");
	ok(exited_with(run_child(invalid_child, NULL), 0), "invalid filters are refused");
	test_trace();
	test_notify();
	return tap_done();
}
