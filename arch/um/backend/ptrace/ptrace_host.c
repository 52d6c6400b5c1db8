// SPDX-License-Identifier: GPL-2.0
/*
 * The ptrace backend. In a nutshell:
 *
 *  - A guest address space is one traced host process running the stub.
 *  - run() loads general registers, resumes the process with PTRACE_SYSEMU and
 *    waits: the host stops it at each system call, which it never executes,
 *    and at each signal a fault raises.
 *  - mm_apply() puts map operations into the process's data page, points the
 *    process at the stub's code and waits for its breakpoint.
 *  - Vector state stays in the process until the kernel asks for it.
 *  - A process whose address space ended is emptied and kept for the next one;
 *    when none is left, the template (the first process) forks.
 *
 * All ptrace requests come from the one thread that is the tracer, vCPU 0,
 * with interrupts disabled; so nothing here needs a lock.
 */
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <linux/futex.h>

#include "../common/spawn_host.h"
#include "../stub/stub_layout.h"
#include "os-Linux/affinity_internal.h"
#include "os-Linux/exit.h"
#include "os-Linux/heap.h"
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
	/* How many idle processes are kept. */
	POOL_MAX = 64,
	XSTATE_SIZE_MAX = 64 * 1024,
	/* At how many signals that are pending we look. */
	PENDING_MAX = 8,
	SYSCALL_STOP = SIGTRAP | 0x80,
};

_Static_assert(sizeof(struct guest_regs) == sizeof(struct user_regs_struct),
	       "guest_regs is the general register set");
_Static_assert(offsetof(struct guest_regs, orig_ax) ==
	       offsetof(struct user_regs_struct, orig_rax), "register layout");
_Static_assert(offsetof(struct guest_regs, fs_base) ==
	       offsetof(struct user_regs_struct, fs_base), "register layout");

/**
 * struct guest_mm - a guest process
 * @pid: its host pid
 * @lost: it died behind our back
 * @core: the host core it is kept on, -1 if on none
 * @index: number of its data page
 * @page: the data page
 * @next: in the pool, or in the list of free structures
 * @next_all: in the list of all, for the exit
 */
struct guest_mm {
	int pid;
	bool lost;
	int core;
	unsigned int index;
	struct stub_page *page;
	struct guest_mm *next;
	struct guest_mm *next_all;
};

static struct guest_mm *template;
static struct guest_mm *all;
static struct guest_mm *pool;
static unsigned int pool_nr;
/* Structures, with their data pages, whose process is gone. */
static struct guest_mm *unused;
static unsigned int data_pages;

/* Registers of a stub at its breakpoint: what every process starts from. */
static struct guest_regs stub_regs;
static size_t xstate_size;
static unsigned char xstate_initial[XSTATE_SIZE_MAX];

/* --- stops --------------------------------------------------------------- */

static int wait_stop(struct guest_mm *mm, int *status)
{
	int ret;

	do {
		ret = sys_wait4(mm->pid, status, __WALL);
	} while (ret == -EINTR);
	if (ret == mm->pid && WIFSTOPPED(*status))
		return 0;
	mm->lost = true;
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

/* Stops on the way to a breakpoint which do not matter: kicks, signals of others. */
static bool is_passing_stop(int status)
{
	return status >> 16 || !is_fault(WSTOPSIG(status));
}

/* Resume, until the stub's breakpoint. */
static int run_to_breakpoint(struct guest_mm *mm)
{
	int status, err;

	do {
		err = sys_ptrace(PTRACE_CONT, mm->pid, NULL, NULL);
		if (err) {
			mm->lost = true;
			return err;
		}
		err = wait_stop(mm, &status);
		if (err)
			return err;
	} while (is_passing_stop(status));
	return WSTOPSIG(status) == SIGTRAP ? 0 : -EFAULT;
}

/* We take turns with the process: have it where we are. */
static void seat_guest(struct guest_mm *mm)
{
	int core = affinity_seat();

	if (core != mm->core && core >= 0 && !affinity_move(mm->pid, core))
		mm->core = core;
}

static int enter_stub(struct guest_mm *mm, __u64 entry, __u64 arg)
{
	struct guest_regs regs = stub_regs;
	int err;

	seat_guest(mm);
	regs.ip = entry;
	regs.di = arg;
	regs.orig_ax = -1;
	err = sys_ptrace(PTRACE_SETREGS, mm->pid, NULL, &regs);
	if (err) {
		mm->lost = true;
		return err;
	}
	return run_to_breakpoint(mm);
}

/* --- map operations ------------------------------------------------------ */

static int ptrace_mm_apply(struct guest_mm *mm, const struct map_op *ops,
			   unsigned int nr, bool now)
{
	struct stub_page *page = mm->page;
	unsigned int i, n;
	int err;

	while (nr) {
		n = nr < STUB_OPS_MAX ? nr : STUB_OPS_MAX;
		for (i = 0; i < n; i++)
			page->op[i] = ops[i];
		page->nr = n;
		err = enter_stub(mm, page->entry_apply, 0);
		if (err)
			return err;
		if (page->err)
			return page->err < 0 && page->err > -4096 ? page->err :
								    -EIO;
		ops += n;
		nr -= n;
	}
	return 0;
}

/* --- processes ----------------------------------------------------------- */

static int new_structure(struct guest_mm **ret)
{
	struct guest_mm *mm = unused;
	int err;

	if (mm) {
		unused = mm->next;
	} else {
		mm = heap_zalloc(sizeof(*mm));
		if (!mm)
			return -ENOMEM;
		mm->index = data_pages;
		err = spawn_host_page(mm->index, &mm->page);
		if (err) {
			heap_free(mm);
			return err;
		}
		data_pages++;
		mm->next_all = all;
		all = mm;
	}
	mm->pid = 0;
	mm->lost = false;
	mm->core = -1;
	*ret = mm;
	return 0;
}

static void release_structure(struct guest_mm *mm)
{
	mm->pid = 0;
	mm->next = unused;
	unused = mm;
}

/* Let the template fork: its child is a new, empty guest process. */
static int fork_template(struct guest_mm *mm)
{
	struct guest_regs regs;
	int err, status;

	err = enter_stub(template, template->page->entry_clone,
			 (__u64)mm->index * STUB_DATA_SIZE);
	if (!err)
		err = sys_ptrace(PTRACE_GETREGS, template->pid, NULL, &regs);
	if (err)
		return err;
	if ((__s64)regs.ax <= 0)
		return regs.ax ? (int)regs.ax : -EAGAIN;

	/* Attached by the fork, it first stops where it begins. */
	mm->pid = regs.ax;
	mm->core = template->core;
	mm->page->entry_apply = template->page->entry_apply;
	mm->page->entry_clone = template->page->entry_clone;
	err = wait_stop(mm, &status);
	return err ?: run_to_breakpoint(mm);
}

static int ptrace_mm_create(struct guest_mm **ret)
{
	struct guest_mm *mm = pool;
	int err;

	if (mm) {
		pool = mm->next;
		pool_nr--;
		*ret = mm;
		return 0;
	}
	err = new_structure(&mm);
	if (err)
		return err;
	err = fork_template(mm);
	if (err) {
		release_structure(mm);
		return err;
	}
	*ret = mm;
	return 0;
}

/* There is one vCPU. */
static int ptrace_mm_attach(struct guest_mm *mm)
{
	return 0;
}

/* What the host says has stopped has stopped. */
static void ptrace_mm_hold(struct guest_mm *mm)
{
}

static void end_process(struct guest_mm *mm)
{
	int status;

	if (!mm->lost) {
		sys_kill(mm->pid, SIGKILL);
		while (!wait_stop(mm, &status))
			;
	}
	release_structure(mm);
}

static void ptrace_mm_destroy(struct guest_mm *mm)
{
	static const struct map_op everything = {
		.kind = MAP_OP_UNMAP, .va = 0, .len = UM_GUEST_TOP,
	};

	if (!mm)
		return;
	if (mm->lost || pool_nr >= POOL_MAX ||
	    ptrace_mm_apply(mm, &everything, 1, true)) {
		end_process(mm);
		return;
	}
	mm->next = pool;
	pool = mm;
	pool_nr++;
}

/* --- running ------------------------------------------------------------- */

static int fault_event(struct guest_mm *mm, int sig, struct guest_event *ev)
{
	siginfo_t si;
	int err;

	err = sys_ptrace(PTRACE_GETSIGINFO, mm->pid, NULL, &si);
	if (err)
		return err;
	ev->kind = GUEST_EVENT_FAULT;
	ev->signo = sig;
	ev->code = si.si_code;
	ev->addr = (__u64)si.si_addr;
	ev->error_known = false;
	return 0;
}

static int decode_stop(struct guest_mm *mm, int status, struct guest_event *ev)
{
	int sig = WSTOPSIG(status);

	if (sig == SYSCALL_STOP) {
		ev->kind = GUEST_EVENT_SYSCALL;
		return 0;
	}
	if (is_event(status, PTRACE_EVENT_STOP)) {
		ev->kind = GUEST_EVENT_KICK;
		return 0;
	}
	if (is_fault(sig))
		return fault_event(mm, sig, ev);
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

	n = sys_ptrace(PTRACE_PEEKSIGINFO, mm->pid, &args, si);
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
					REQUEST_SYSEMU, mm->pid, NULL, NULL);
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

	seat_guest(mm);
	/* The host must not think it has a system call to restart. */
	regs->orig_ax = -1;
	err = sys_ptrace(PTRACE_SETREGS, mm->pid, NULL, regs);
	if (!err)
		err = run_to_stop(mm, step, &status);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	v->guest = NULL;
	if (!err)
		err = sys_ptrace(PTRACE_GETREGS, mm->pid, NULL, regs);
	if (!err)
		err = decode_stop(mm, status, ev);
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
	sys_ptrace(PTRACE_INTERRUPT, mm->pid, NULL, NULL);
}

/* --- vector state -------------------------------------------------------- */

static size_t ptrace_fp_size(void)
{
	return xstate_size;
}

static int ptrace_fp_get(struct guest_mm *mm, unsigned int cpu, void *buf)
{
	struct iovec iov = { .iov_base = buf, .iov_len = xstate_size };

	return sys_ptrace(PTRACE_GETREGSET, mm->pid, (void *)REGSET_XSTATE, &iov);
}

static int ptrace_fp_set(struct guest_mm *mm, const void *buf)
{
	struct iovec iov = { .iov_base = (void *)buf, .iov_len = xstate_size };

	return sys_ptrace(PTRACE_SETREGSET, mm->pid, (void *)REGSET_XSTATE, &iov);
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
	return template->page->host_clock;
}

static void ptrace_fp_init(void *buf)
{
	__builtin_memcpy(buf, xstate_initial, xstate_size);
}

/* The size, and a program's first state, are those of the fresh template. */
static int learn_xstate(void)
{
	struct iovec iov = {
		.iov_base = xstate_initial, .iov_len = sizeof(xstate_initial),
	};
	int err;

	err = sys_ptrace(PTRACE_GETREGSET, template->pid, (void *)REGSET_XSTATE,
			 &iov);
	xstate_size = iov.iov_len;
	return err;
}

/* --- start and end ------------------------------------------------------- */

/*
 * The child asks to be traced: that is allowed or not as for the stub. (A
 * program with capabilities of its own could not seize a fork of itself.)
 */
static int ptrace_probe(const char **why)
{
	int pid, status = 0;

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
	const unsigned long options = PTRACE_O_EXITKILL |
				      PTRACE_O_TRACESYSGOOD |
				      PTRACE_O_TRACEFORK;
	int err, status;

	err = spawn_host_init();
	if (!err)
		err = new_structure(&template);
	if (err)
		return err;
	template->pid = spawn_host_first(p->ram_fd, -1);
	if (template->pid < 0)
		return template->pid;
	err = sys_ptrace(PTRACE_SEIZE, template->pid, NULL, (void *)options);
	if (err)
		return err;

	__atomic_store_n(&template->page->go, 1, __ATOMIC_RELEASE);
	/* Another process waits: not a private futex. */
	sys_futex(&template->page->go, FUTEX_WAKE, 1, NULL);
	err = wait_stop(template, &status);
	if (err)
		return err;
	if (WSTOPSIG(status) != SIGTRAP ||
	    template->page->version != STUB_VERSION)
		return -EPROTO;
	err = sys_ptrace(PTRACE_GETREGS, template->pid, NULL, &stub_regs);
	if (!err)
		err = learn_xstate();
	if (err)
		return err;

	vcpu_set_guest_kick(ptrace_kick);
	os_at_exit(ptrace_host_backend.exit);
	return 0;
}

static const char *ptrace_about(void)
{
	return "";
}

static void ptrace_exit(void)
{
	struct guest_mm *mm;

	for (mm = all; mm; mm = mm->next_all)
		if (mm->pid > 0 && !mm->lost)
			sys_kill(mm->pid, SIGKILL);
}

const struct um_backend ptrace_host_backend = {
	.name = "ptrace",
	/* Only the thread that attached to a process may trace it. */
	.max_cpus = 1,
	.probe = ptrace_probe,
	.init = ptrace_init,
	.about = ptrace_about,
	.exit = ptrace_exit,
	.mm_create = ptrace_mm_create,
	.mm_destroy = ptrace_mm_destroy,
	.mm_attach = ptrace_mm_attach,
	.mm_hold = ptrace_mm_hold,
	.mm_apply = ptrace_mm_apply,
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
