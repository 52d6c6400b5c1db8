// SPDX-License-Identifier: GPL-2.0
/*
 * The ptrace backend. In a nutshell:
 *
 *  - A guest address space has one guest thread, which is traced, and a mapper,
 *    which is not, and changes its mappings (common/guest_mm_host.h).
 *  - run() loads general registers, resumes the thread with PTRACE_SYSEMU and
 *    waits: the host stops it at each system call, which it never executes,
 *    and at each signal a fault raises. It is never resumed in another way once
 *    it has run guest code.
 *  - Vector state stays in the thread until the kernel asks for it.
 *
 * All ptrace requests come from the one thread that is the tracer, vCPU 0,
 * with interrupts disabled; so nothing here needs a lock.
 */
#include <cpuid.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/audit.h>
#include <linux/futex.h>

#include "../common/mapper_host.h"
#include "../common/process_host.h"
#include "../common/spawn_host.h"
#include "../stub/stub_layout.h"
#include "os-Linux/affinity_internal.h"
#include "os-Linux/exit.h"
#include "os-Linux/sys.h"
#include "os-Linux/this_vcpu.h"
#include "os-Linux/vcpu_internal.h"
#include "ptrace_host.h"

/* Of <linux/ptrace.h>, which cannot be included beside <sys/ptrace.h>. */
enum {
	REQUEST_SYSEMU = 31,
	REQUEST_SYSEMU_SINGLESTEP = 32,
	REGSET_XSTATE = 0x202,
};

enum {
	XSTATE_SIZE_MAX = 64 * 1024,
	/* The leaf of CPUID that tells of state, and the number of AMX's tiles. */
	CPUID_XSTATE = 0xd,
	XSTATE_TILES = 18,
	/* At how many signals that are pending we look. */
	PENDING_MAX = 8,
	SYSCALL_STOP = SIGTRAP | 0x80,
	SIGSET_SIZE = 8,
	/* si_code of a SIGSYS that a filter makes. */
	SECCOMP_CODE = 1,
	/* As a number that no system call has. */
	NO_CALL = 0xffff,
};

_Static_assert(sizeof(struct guest_regs) == sizeof(struct user_regs_struct),
	       "guest_regs is the general register set");
_Static_assert(offsetof(struct guest_regs, orig_ax) ==
	       offsetof(struct user_regs_struct, orig_rax), "register layout");
_Static_assert(offsetof(struct guest_regs, fs_base) ==
	       offsetof(struct user_regs_struct, fs_base), "register layout");

static guest_va_t host_clock;
/* What the host's calls take, and what of it a program can use. */
static size_t regset_size, xstate_size;
static unsigned char xstate_initial[XSTATE_SIZE_MAX];

static int guest_pid(const struct guest_mm *mm)
{
	return mm->slot[0].thread.pid;
}

/* --- stops --------------------------------------------------------------- */

static int wait_stop(struct guest_mm *mm, int *status)
{
	int ret;

	do {
		ret = sys_wait4(guest_pid(mm), status, __WALL);
	} while (ret == -EINTR);
	if (ret == guest_pid(mm) && WIFSTOPPED(*status))
		return 0;
	/* It is reaped, and its number may be another's soon. */
	mm->slot[0].thread.pid = 0;
	return ret < 0 ? ret : -ESRCH;
}

static bool is_event(int status, int event)
{
	return status >> 16 == event;
}

/* Made by the processor, if the host's kernel says so. */
static bool is_fault(int signo)
{
	return signo == SIGSEGV || signo == SIGBUS || signo == SIGFPE ||
	       signo == SIGILL || signo == SIGTRAP;
}

/* We take turns with the process: have it where we are. */
static void seat_guest(struct guest_mm *mm)
{
	struct guest_slot *part = &mm->slot[0];
	int core = affinity_seat();

	if (core != part->core && core >= 0 &&
	    !affinity_move(part->thread.pid, core))
		part->core = core;
}

/* --- address spaces ------------------------------------------------------ */

/* A wait for a process that was killed comes back by itself. */
static void on_death(struct host_child *c, unsigned int cpu)
{
	(void)c;
	(void)cpu;
}

/*
 * Become the tracer of a new thread, which waits for that, and let it go on to
 * its breakpoint: it has not run guest code yet.
 */
static int trace(struct guest_mm *mm)
{
	const unsigned long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD;
	struct stub_rule *rule = &mm->orders->rule[0];
	const uint64_t none = 0;
	int status, err;

	err = sys_ptrace(PTRACE_SEIZE, guest_pid(mm), NULL, (void *)options);
	if (err)
		return err;
	__atomic_store_n(&rule->trap, 1, __ATOMIC_RELEASE);
	sys_futex(&rule->trap, FUTEX_WAKE, 1, NULL);
	for (;;) {
		err = wait_stop(mm, &status);
		if (err || WSTOPSIG(status) == SIGTRAP)
			break;
		/* What others sent. */
		sys_ptrace(PTRACE_CONT, guest_pid(mm), NULL, NULL);
	}
	return err ?: sys_ptrace(PTRACE_SETSIGMASK, guest_pid(mm),
				 (void *)SIGSET_SIZE, (void *)&none);
}

static int ptrace_mm_attach(struct guest_mm *mm)
{
	struct guest_slot *part = &mm->slot[0];
	int err;

	if (part->ready)
		return 0;
	part->thread.on_death = on_death;
	err = process_slot(mm, 0);
	if (!err)
		err = process_thread(mm, 0);
	if (!err)
		err = trace(mm);
	part->ready = !err;
	return err;
}

/* --- running ------------------------------------------------------------- */

static int fault_event(struct guest_mm *mm, int sig, struct guest_event *ev)
{
	siginfo_t si;
	int err;

	err = sys_ptrace(PTRACE_GETSIGINFO, guest_pid(mm), NULL, &si);
	if (err)
		return err;
	ev->kind = GUEST_EVENT_FAULT;
	ev->signo = sig;
	ev->code = si.si_code;
	ev->addr = (__u64)si.si_addr;
	ev->error_known = false;
	return 0;
}

/*
 * The host tells of calls which 32-bit code would make, too: their numbers are
 * others. One has no number here.
 */
static int call_event(struct guest_mm *mm, struct guest_regs *regs,
		      struct guest_event *ev)
{
	struct __ptrace_syscall_info info = { };
	int n;

	ev->kind = GUEST_EVENT_SYSCALL;
	n = sys_ptrace(PTRACE_GET_SYSCALL_INFO, guest_pid(mm),
		       (void *)sizeof(info), &info);
	if (n < 0)
		return n;
	if (info.arch != AUDIT_ARCH_X86_64)
		regs->orig_ax = NO_CALL;
	return 0;
}

/* The filter refused a call which the host would have made without asking us. */
static bool is_refused_call(struct guest_mm *mm)
{
	siginfo_t si;

	return !sys_ptrace(PTRACE_GETSIGINFO, guest_pid(mm), NULL, &si) &&
	       si.si_code == SECCOMP_CODE;
}

static int decode_stop(struct guest_mm *mm, int status, struct guest_regs *regs,
		       struct guest_event *ev)
{
	int sig = WSTOPSIG(status);

	if (sig == SYSCALL_STOP)
		return call_event(mm, regs, ev);
	if (is_event(status, PTRACE_EVENT_STOP)) {
		ev->kind = GUEST_EVENT_KICK;
		return 0;
	}
	if (is_fault(sig))
		return fault_event(mm, sig, ev);
	if (sig == SIGSYS && is_refused_call(mm)) {
		ev->kind = GUEST_EVENT_SYSCALL;
		regs->orig_ax = regs->ax;
		regs->ax = -ENOSYS;
		return 0;
	}
	/* Sent by somebody on the host: not the guest's business. */
	ev->kind = GUEST_EVENT_KICK;
	return 0;
}

/*
 * Our interrupt is told before a fault that came first. That one is for the guest
 * which has made it, and no other may run in its process before. What somebody
 * on the host sent can wait.
 */
static bool owes_fault(struct guest_mm *mm)
{
	struct __ptrace_peeksiginfo_args args = { .nr = PENDING_MAX };
	siginfo_t si[PENDING_MAX];
	int i, n;

	n = sys_ptrace(PTRACE_PEEKSIGINFO, guest_pid(mm), &args, si);
	for (i = 0; i < n; i++)
		if (is_fault(si[i].si_signo) && si[i].si_code > 0)
			return true;
	return false;
}

static int run_to_stop(struct guest_mm *mm, bool step, int *status)
{
	int err;

	do {
		err = sys_ptrace(step ? REQUEST_SYSEMU_SINGLESTEP :
					REQUEST_SYSEMU, guest_pid(mm), NULL, NULL);
		if (!err)
			err = wait_stop(mm, status);
	} while (!err && is_event(*status, PTRACE_EVENT_STOP) &&
		 owes_fault(mm));
	return err;
}

static int ptrace_run(struct guest_mm *mm, struct guest_regs *regs, bool step,
		      struct guest_event *ev)
{
	struct um_vcpu *v = this_vcpu();
	int err, status = 0;

	/* From here on, an interrupt kicks the guest. */
	v->guest = mm;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (v->pending) {
		v->guest = NULL;
		ev->kind = GUEST_EVENT_KICK;
		return 0;
	}

	if (mapper_owes(mm)) {
		err = mapper_sync(mm);
		if (err < 0) {
			v->guest = NULL;
			ev->kind = GUEST_EVENT_MAP_FAILED;
			ev->code = err;
			return err == -ESRCH ? err : 0;
		}
	}
	seat_guest(mm);
	/* The host must not think it has a system call to restart. */
	regs->orig_ax = -1;
	err = sys_ptrace(PTRACE_SETREGS, guest_pid(mm), NULL, regs);
	if (!err)
		err = run_to_stop(mm, step, &status);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	v->guest = NULL;
	if (!err)
		err = sys_ptrace(PTRACE_GETREGS, guest_pid(mm), NULL, regs);
	if (!err)
		err = decode_stop(mm, status, regs, ev);
	if (err && WIFSIGNALED(status)) {
		ev->kind = GUEST_EVENT_DIED;
		ev->signo = WTERMSIG(status);
		return 0;
	}
	return err;
}

/* If the process has stopped meanwhile, its next stop comes at once. */
static void ptrace_kick(struct guest_mm *mm)
{
	sys_ptrace(PTRACE_INTERRUPT, guest_pid(mm), NULL, NULL);
}

/* --- vector state -------------------------------------------------------- */

static size_t ptrace_fp_size(void)
{
	return xstate_size;
}

static int ptrace_fp_get(struct guest_mm *mm, unsigned int cpu, void *buf)
{
	struct iovec iov = { .iov_base = buf, .iov_len = xstate_size };

	return sys_ptrace(PTRACE_GETREGSET, guest_pid(mm), (void *)REGSET_XSTATE, &iov);
}

static int ptrace_fp_set(struct guest_mm *mm, const void *buf)
{
	static unsigned char whole[XSTATE_SIZE_MAX];
	struct iovec iov = { .iov_base = whole, .iov_len = regset_size };

	__builtin_memcpy(whole, buf, xstate_size);
	return sys_ptrace(PTRACE_SETREGSET, guest_pid(mm), (void *)REGSET_XSTATE, &iov);
}

/* They always are complete. */
static int ptrace_regs_complete(struct guest_mm *mm, struct guest_regs *regs)
{
	(void)mm;
	(void)regs;
	return 0;
}

static bool ptrace_settle(enum um_settle which)
{
	(void)which;
	return false;
}

static guest_va_t ptrace_host_clock(void)
{
	return host_clock;
}

static void ptrace_fp_init(void *buf)
{
	__builtin_memcpy(buf, xstate_initial, xstate_size);
}

/*
 * Bytes of state without that which a program has to ask the host for (the tiles
 * of AMX): the guest's host process never did. It comes last.
 */
static size_t usable_size(size_t whole)
{
	unsigned int size, offset, c, d;

	if (__get_cpuid_count(CPUID_XSTATE, XSTATE_TILES, &size, &offset, &c, &d) &&
	    size && offset < whole)
		return offset;
	return whole;
}

/* The size, and a program's first state, are those of a fresh thread. */
static int learn_xstate(struct guest_mm *mm)
{
	struct iovec iov = {
		.iov_base = xstate_initial, .iov_len = sizeof(xstate_initial),
	};
	int err;

	err = sys_ptrace(PTRACE_GETREGSET, guest_pid(mm), (void *)REGSET_XSTATE,
			 &iov);
	regset_size = iov.iov_len;
	xstate_size = usable_size(regset_size);
	return err;
}

/* An address space, for a moment. That it can be had shows that all works. */
static int try_guest(void)
{
	struct guest_mm *mm;
	int err;

	err = process_take(&mm);
	if (err)
		return err;
	err = ptrace_mm_attach(mm);
	if (!err)
		err = learn_xstate(mm);
	process_empty(mm);
	process_give_back(mm);
	return err;
}

/* --- start and end ------------------------------------------------------- */

/*
 * The child asks to be traced: that is allowed or not as for the stub. (A
 * program with capabilities of its own could not seize a fork of itself.)
 */
static int ptrace_probe(const char **why)
{
	int pid, status = 0, err = spawn_host_probe(why);

	if (err)
		return err;
	pid = sys_call(SYS_fork);
	if (pid < 0) {
		*why = "cannot fork";
		return pid;
	}
	if (!pid)
		sys_call(SYS_exit_group,
			 -sys_ptrace(PTRACE_TRACEME, 0, NULL, NULL));

	while (sys_wait4(pid, &status, __WALL) == -EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	*why = "tracing a child process is forbidden here (PTRACE_TRACEME)";
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

static int ptrace_init(const struct um_backend_params *p)
{
	const struct process_params params = {
		.mode = STUB_MODE_PTRACE, .ram_fd = p->ram_fd, .socket = -1,
		.ncpus = 1,
	};
	struct stub_page *page;
	int err;

	err = process_start(&params, &page);
	if (!err)
		err = process_ready();
	if (!err)
		err = process_forget_slot();
	if (!err)
		err = try_guest();
	if (err) {
		process_stop();
		return err;
	}
	host_clock = page->host_clock;
	vcpu_set_guest_kick(ptrace_kick);
	os_at_exit(process_exit);
	return 0;
}

static const char *ptrace_about(void)
{
	return "";
}

const struct um_backend ptrace_host_backend = {
	.name = "ptrace",
	/* Only the thread that attached to a process may trace it. */
	.max_cpus = 1,
	.probe = ptrace_probe,
	.init = ptrace_init,
	.about = ptrace_about,
	.exit = process_exit,
	.mm_create = process_take,
	.mm_destroy = process_give_back,
	.mm_attach = ptrace_mm_attach,
	.mm_empty = process_empty,
	.mm_apply = mapper_apply,
	.run = ptrace_run,
	.regs_complete = ptrace_regs_complete,
	.fp_size = ptrace_fp_size,
	.fp_get = ptrace_fp_get,
	.fp_set = ptrace_fp_set,
	.fp_init = ptrace_fp_init,
	.host_clock = ptrace_host_clock,
	.kick = ptrace_kick,
	.settle = ptrace_settle,
};
