// SPDX-License-Identifier: GPL-2.0
/*
 * Second step of the confinement: the system calls that the running kernel
 * needs, as a seccomp filter on all threads. The lists are what os-Linux/, the
 * backends and the drivers call once devices are open, and what libc calls for
 * them. All else fails with EPERM.
 *
 * Guest processes were forked from a template that was there before, so the
 * filter is not theirs; the main process makes none itself. Those of a backend
 * that gives them no filter get a weaker one, which everything passes but the
 * calls by which a kernel that drives them could leave the first step's bounds:
 * os_sandbox_filter_guests(). Which files, ports
 * and processes a call may be about is the first step's business (sandbox.c):
 * a filter sees numbers, not what pointers point to.
 *
 * Flow: build() writes the program: calls to be looked into first, each a few
 * instructions that end it, then the others, one comparison each. The host remembers
 * those which are always allowed and does not run the program for them.
 */
#include <stddef.h>
#include <asm/termbits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <linux/sched.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <host/sandbox.h>
#include "sandbox_internal.h"
#include "sys.h"

#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#endif

enum {
	INSNS_MAX = 512,
	SOCKET_TYPE_MASK = 0xf,
	X32_CALL = 0x40000000,
};

/* Always allowed: nothing in their arguments would make a difference. */
static const __u16 allowed[] = {
	/* Descriptors; what they are for was settled when they were opened. */
	SYS_read, SYS_write, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64,
	SYS_preadv, SYS_pwritev, SYS_preadv2, SYS_pwritev2, SYS_lseek,
	SYS_close, SYS_fstat, SYS_ftruncate, SYS_fallocate, SYS_fdatasync,
	SYS_fsync, SYS_poll, SYS_ppoll, SYS_epoll_ctl, SYS_epoll_wait,
	SYS_epoll_pwait, SYS_eventfd2,
	/* Only to run what the ring's own restrictions let pass (ubd_ring_host.c). */
	SYS_io_uring_enter,
	/* Names: Landlock's business. */
	SYS_openat, SYS_newfstatat, SYS_readlink, SYS_symlink, SYS_unlink,
	SYS_unlinkat, SYS_rmdir,
	/* Sockets, once there is one. There is no connect(). */
	SYS_bind, SYS_listen, SYS_accept4, SYS_recvfrom, SYS_recvmsg,
	SYS_setsockopt,
	/* Memory. */
	SYS_mmap, SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise, SYS_brk,
	/* Time. */
	SYS_nanosleep, SYS_clock_nanosleep, SYS_clock_gettime, SYS_gettimeofday,
	SYS_timer_create, SYS_timer_settime, SYS_timer_delete,
	/* Signals and threads; Landlock says which processes get some. */
	SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_sigaltstack,
	SYS_kill, SYS_tgkill, SYS_futex, SYS_set_robust_list, SYS_rseq,
	SYS_arch_prctl, SYS_restart_syscall, SYS_wait4, SYS_waitid, SYS_exit,
	SYS_exit_group,
	/* Cores. */
	SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_setaffinity,
	SYS_getcpu,
	/* Small questions. */
	SYS_getpid, SYS_gettid, SYS_getppid, SYS_getpgid, SYS_getrandom,
	SYS_getrusage, SYS_uname,
};

/*
 * Requests of ioctl(), those of each guest system call first. Not among them:
 * what puts keys into a terminal's input.
 */
static const __u32 requests[] = {
	SECCOMP_IOCTL_NOTIF_RECV, SECCOMP_IOCTL_NOTIF_SEND,
	TCGETS, TCSETS, TCGETS2, TCSETS2, TIOCGWINSZ, TIOCGPGRP, TIOCSPTLCK,
	TIOCGPTN, TIOCGPTPEER, SIOCOUTQ, BLKGETSIZE64, BLKDISCARD, BLKZEROOUT,
	SECCOMP_IOCTL_NOTIF_ID_VALID, SECCOMP_IOCTL_NOTIF_SET_FLAGS,
};

/* Not among them: what has the host send signals. */
static const __u32 fcntls[] = {
	F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL,
	F_SETLK, F_SETLKW, F_GETLK, F_OFD_SETLK, F_OFD_SETLKW, F_OFD_GETLK,
};

/*
 * Of processes that are traced already: more cannot become so. The first are
 * those of each guest system call.
 */
static const __u32 tracings[] = {
	PTRACE_SYSEMU, PTRACE_GETREGS, PTRACE_SETREGS, PTRACE_GETSIGINFO,
	PTRACE_PEEKSIGINFO, PTRACE_CONT, PTRACE_KILL, PTRACE_SINGLESTEP, PTRACE_SYSCALL,
	PTRACE_PEEKTEXT, PTRACE_PEEKDATA, PTRACE_PEEKUSR, PTRACE_POKETEXT,
	PTRACE_POKEDATA, PTRACE_POKEUSR, PTRACE_GETREGSET, PTRACE_SETREGSET,
	PTRACE_SETSIGINFO, PTRACE_GETEVENTMSG, PTRACE_INTERRUPT,
	PTRACE_LISTEN, PTRACE_SYSEMU_SINGLESTEP, PTRACE_GETSIGMASK, PTRACE_SETSIGMASK,
};

static const __u32 prctls[] = { PR_SET_NAME };

/*
 * Refused to guest processes, and so to the main process: ways to other
 * processes and services of the host that Landlock does not know, and parts of
 * the host's kernel which nobody needs.
 */
static const __u16 forbidden[] = {
	SYS_connect, SYS_sendmmsg, SYS_io_uring_setup, SYS_io_uring_register,
	SYS_execve, SYS_unshare, SYS_setns, SYS_mount, SYS_umount2,
	SYS_pivot_root, SYS_open_tree, SYS_move_mount, SYS_fsopen, SYS_fsconfig,
	SYS_fsmount, SYS_fspick, SYS_chroot, SYS_bpf, SYS_perf_event_open,
	SYS_userfaultfd, SYS_add_key, SYS_request_key, SYS_keyctl,
	SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load,
	SYS_kexec_file_load, SYS_process_vm_readv, SYS_process_vm_writev,
	SYS_pidfd_open, SYS_pidfd_getfd, SYS_kcmp, SYS_msgget, SYS_semget,
	SYS_shmget, SYS_mq_open, SYS_open_by_handle_at, SYS_io_setup,
};

static const __u32 forbidden_requests[] = { TIOCSTI, TIOCLINUX };

static struct sock_filter insns[INSNS_MAX];
static unsigned int nr;

/* ---- writing the program ---- */

static void emit(__u16 code, __u32 k, __u8 jt, __u8 jf)
{
	/* The lists above are constant, and fit: os_sandbox_seal() looks. */
	if (nr < INSNS_MAX)
		insns[nr] = (struct sock_filter) { code, jt, jf, k };
	nr++;
}

static void load(__u32 offset)
{
	emit(BPF_LD | BPF_W | BPF_ABS, offset, 0, 0);
}

/* The lower half of an argument, which is all of it for an int. */
static void load_arg(unsigned int n)
{
	load(offsetof(struct seccomp_data, args) + n * sizeof(__u64));
}

static void load_arg_high(unsigned int n)
{
	load(offsetof(struct seccomp_data, args) + n * sizeof(__u64) +
	     sizeof(__u32));
}

static void load_nr(void)
{
	load(offsetof(struct seccomp_data, nr));
}

static void answer(__u32 what)
{
	emit(BPF_RET | BPF_K, what, 0, 0);
}

static void refuse(int err)
{
	answer(SECCOMP_RET_ERRNO | err);
}

static void allow(void)
{
	answer(SECCOMP_RET_ALLOW);
}

/* What follows, up to end_call(), is for this call only. */
static unsigned int begin_call(__u32 call)
{
	load_nr();
	emit(BPF_JMP | BPF_JEQ | BPF_K, call, 0, 0);
	return nr - 1;
}

static void end_call(unsigned int begin)
{
	if (begin < INSNS_MAX)
		insns[begin].jf = nr - begin - 1;
}

static void allow_if_equal(__u32 value)
{
	emit(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	allow();
}


static void refuse_if_equal(__u32 value, int err)
{
	emit(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
	refuse(err);
}

static void refuse_unless_equal(__u32 value, int err)
{
	emit(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
	refuse(err);
}

static void refuse_if_any(__u32 bits, int err)
{
	emit(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1);
	refuse(err);
}

static void mask(__u32 bits)
{
	emit(BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
}

/* ---- the calls that are looked into ---- */

/* Allowed if its argument @arg is one of these. */
static void build_choice(__u32 call, unsigned int arg, const __u32 *values,
			 unsigned int count)
{
	unsigned int begin = begin_call(call), i;

	load_arg(arg);
	for (i = 0; i < count; i++)
		allow_if_equal(values[i]);
	refuse(EPERM);
	end_call(begin);
}

/* Sharing all that is in @shared, and no namespaces of its own. */
static void build_clone(__u32 shared)
{
	unsigned int begin = begin_call(SYS_clone);

	load_arg(0);
	refuse_if_any(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
		      CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
		      CLONE_NEWNET, EPERM);
	mask(shared);
	refuse_unless_equal(shared, EPERM);
	allow();
	end_call(begin);

	/* Its flags are in memory. libc then goes back to the older one. */
	begin = begin_call(SYS_clone3);
	refuse(ENOSYS);
	end_call(begin);
}

/* Unix sockets, and TCP where a channel listens at a port. */
static void build_socket(void)
{
	unsigned int begin = begin_call(SYS_socket);

	load_arg(0);
	allow_if_equal(AF_UNIX);
	if (sandbox_wants_tcp()) {
		emit(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 2, 0);
		emit(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 1, 0);
		refuse(EPERM);
		load_arg(2);
		/* Protocol 0: that of a stream is TCP, which Landlock knows. */
		refuse_unless_equal(0, EPERM);
		load_arg(1);
		mask(SOCKET_TYPE_MASK);
		allow_if_equal(SOCK_STREAM);
	}
	refuse(EPERM);
	end_call(begin);
}

/* MSG_FASTOPEN connects, past Landlock. */
static void build_send(__u32 call, unsigned int flags_arg)
{
	unsigned int begin = begin_call(call);

	load_arg(flags_arg);
	refuse_if_any(MSG_FASTOPEN, EPERM);
	allow();
	end_call(begin);
}

/* Limits are asked for, of ourselves; never set. */
static void build_prlimit(void)
{
	unsigned int begin = begin_call(SYS_prlimit64);

	load_arg(0);
	refuse_unless_equal(0, EPERM);
	load_arg(2);
	refuse_unless_equal(0, EPERM);
	load_arg_high(2);
	refuse_unless_equal(0, EPERM);
	allow();
	end_call(begin);
}

static void build_head(void)
{
	load(offsetof(struct seccomp_data, arch));
	emit(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
	answer(SECCOMP_RET_KILL_PROCESS);
}

#define COUNT(list)	(sizeof(list) / sizeof((list)[0]))

static void build(void)
{
	unsigned int i;

	build_head();
	build_choice(SYS_ioctl, 1, requests, COUNT(requests));
	build_choice(SYS_ptrace, 0, tracings, COUNT(tracings));
	build_choice(SYS_fcntl, 1, fcntls, COUNT(fcntls));
	build_choice(SYS_prctl, 0, prctls, COUNT(prctls));
	build_send(SYS_sendto, 3);
	build_send(SYS_sendmsg, 2);
	/* A thread of ours in all respects, and nothing else. */
	build_clone(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
		    CLONE_THREAD);
	build_socket();
	build_prlimit();
	load_nr();
	for (i = 0; i < COUNT(allowed); i++)
		allow_if_equal(allowed[i]);
	refuse(EPERM);
}

static void build_for_guests(void)
{
	unsigned int begin, i;

	build_head();
	load_nr();
	for (i = 0; i < COUNT(forbidden); i++)
		refuse_if_equal(forbidden[i], EPERM);
	/* Numbers of x32 would be those calls once more. */
	emit(BPF_JMP | BPF_JSET | BPF_K, X32_CALL, 0, 1);
	refuse(EPERM);
	begin = begin_call(SYS_ioctl);
	load_arg(1);
	for (i = 0; i < COUNT(forbidden_requests); i++)
		refuse_if_equal(forbidden_requests[i], EPERM);
	allow();
	end_call(begin);
	build_send(SYS_sendto, 3);
	build_send(SYS_sendmsg, 2);
	build_clone(0);
	build_socket();
	allow();
}

/* Return: 0 or -errno. */
static int install(void)
{
	struct sock_fprog prog;
	int err;

	if (nr > INSNS_MAX)
		return -E2BIG;
	prog = (struct sock_fprog) { .len = nr, .filter = insns };
	err = sys_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
		       SECCOMP_FILTER_FLAG_TSYNC, &prog);
	/* A thread with a filter of its own: there is none. */
	return err > 0 ? -ESRCH : err;
}

int os_sandbox_filter_guests(void)
{
	nr = 0;
	build_for_guests();
	return install();
}

int os_sandbox_seal(void)
{
	nr = 0;
	build();
	return install();
}
