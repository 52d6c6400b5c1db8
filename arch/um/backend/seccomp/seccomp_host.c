// SPDX-License-Identifier: GPL-2.0
/*
 * The seccomp backend. In a nutshell:
 *
 *  - A guest address space has a guest thread for each vCPU that runs it, with a
 *    slot (slot_host.h), and a mapper, which changes its mappings
 *    (common/guest_mm_host.h).
 *  - A filter turns the guest's system calls into signals; so are faults. The
 *    stub's signal handler waits for the kernel, which finds the registers in
 *    the signal frame (frame_host.h). No host call looks into the process.
 *  - With one vCPU, and where the host can do it, many calls come without a
 *    signal: the host tells of them and the thread waits for the result
 *    (notice_host.h). Then only the arguments are known; for the other
 *    registers the thread is recalled to the stub.
 *  - Map operations that can wait go to the mapper when the guest goes on; the
 *    mapper then gives the guest its turn.
 *
 * Context: vCPUs with interrupts disabled; the kernel lets one vCPU at a time
 * do things to one guest_mm, except that each runs its own slot.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <host/proc.h>
#include "../common/mapper_host.h"
#include "../common/process_host.h"
#include "../common/spawn_host.h"
#include "../stub/stub_layout.h"
#include "frame_host.h"
#include "notice_host.h"
#include "os-Linux/exit.h"
#include "os-Linux/heap.h"
#include "os-Linux/sys.h"
#include "os-Linux/this_vcpu.h"
#include "os-Linux/vcpu_internal.h"
#include "seccomp_backend_host.h"
#include "slot_host.h"
#include "spin_host.h"

static unsigned int ncpus;
static __u32 rule_flags;
static guest_va_t host_clock;

/* Perhaps a thread waits for an answer. */
static bool some_notice;

static struct stub_slot *slot_of(const struct guest_mm *mm, unsigned int cpu)
{
	return mm->slot[cpu].backend;
}

/* --- address spaces -------------------------------------------------------- */

static void on_death(struct host_child *c, unsigned int cpu)
{
	(void)cpu;
	slot_lost(c->owner);
}

static int new_slot(struct guest_mm *mm, unsigned int cpu)
{
	struct stub_slot *slot = heap_zalloc(sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	slot->page = mm->slot[cpu].page;
	slot->rule = &mm->orders->rule[cpu];
	slot->thread = &mm->slot[cpu].thread;
	slot->thread->owner = slot;
	slot->thread->on_death = on_death;
	slot->va = STUB_DATA + (__u64)cpu * STUB_DATA_SIZE;
	mm->slot[cpu].backend = slot;
	return 0;
}

static int seccomp_mm_attach(struct guest_mm *mm)
{
	const unsigned int cpu = this_vcpu()->cpu;
	struct guest_slot *part = &mm->slot[cpu];
	int err;

	if (part->ready)
		return 0;
	err = process_slot(mm, cpu);
	if (!err && !part->backend)
		err = new_slot(mm, cpu);
	if (err)
		return err;
	slot_begin(part->backend);
	slot_of(mm, cpu)->rule->flags = rule_flags;
	err = frame_fresh(part->backend);
	if (!err)
		err = process_thread(mm, cpu);
	part->ready = !err;
	return err;
}

/* --- running -------------------------------------------------------------- */

/* Hosts that do not let programs write the bases have a call for it. */
static void set_bases(struct stub_slot *slot, const struct guest_regs *regs)
{
	const __u64 want[2] = { regs->fs_base, regs->gs_base };
	const __u32 set[2] = { STUB_SETS_FS, STUB_SETS_GS };
	__u32 flags = rule_flags;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		if (slot->bases[i] == want[i])
			continue;
		slot->bases[i] = want[i];
		flags |= set[i];
	}
	slot->rule->flags = flags;
}

static int prepare(struct stub_slot *slot, const struct guest_regs *regs,
		   bool step)
{
	int err = frame_put(slot, regs, step);

	if (!err && !(rule_flags & STUB_HAS_FSGSBASE))
		set_bases(slot, regs);
	return err;
}

static int complete(struct stub_slot *slot, struct guest_regs *regs)
{
	int err;

	if (!slot->partial)
		return 0;
	slot->partial = false;
	err = slot_recall(slot);
	return err ?: frame_rest(slot, regs);
}

/*
 * Nothing but the result of its call is news to the guest. What was not mapped
 * before can wait for another stop, or a fault.
 */
static bool can_answer(const struct guest_mm *mm, const struct stub_slot *slot,
		       const struct guest_regs *regs, bool step)
{
	return slot->partial && slot->stop == SLOT_CALLS && !step &&
	       regs->ip == slot->call.ip && !mapper_takes(mm);
}

static int give(struct guest_mm *mm, struct stub_slot *slot,
		struct guest_regs *regs, bool step)
{
	int err;

	if (can_answer(mm, slot, regs, step)) {
		err = slot_answer(slot, regs->ax);
		if (!err) {
			slot->partial = false;
			return 0;
		}
	}
	err = complete(slot, regs);
	/* One that was to settle may still be on its way to the stub. */
	if (!err)
		err = slot_recall(slot);
	if (!err)
		err = prepare(slot, regs, step);
	if (!err)
		err = slot_give(slot, mm, step ? SLOT_TELL_BY_FUTEX :
						 SLOT_TELL_BEST);
	return err;
}

/* What the host did not map is found out by the kernel; all else is the end. */
static int run_failed(struct guest_mm *mm, struct stub_slot *slot, int err,
		      struct guest_event *ev)
{
	if (err == -ESRCH || mm->mapper.lost || slot->thread->lost) {
		ev->kind = GUEST_EVENT_DIED;
		ev->signo = SIGKILL;
		return 0;
	}
	if (err == -EFAULT)
		return err;
	ev->kind = GUEST_EVENT_MAP_FAILED;
	ev->code = err;
	return 0;
}

static int seccomp_run(struct guest_mm *mm, struct guest_regs *regs, bool step,
		       struct guest_event *ev)
{
	struct um_vcpu *v = this_vcpu();
	struct stub_slot *slot = slot_of(mm, v->cpu);
	int err = 0;

	/* From here on, an interrupt kicks the guest. */
	v->guest = mm;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (v->pending) {
		v->guest = NULL;
		ev->kind = GUEST_EVENT_KICK;
		return 0;
	}
	child_watch(slot->thread);
	err = give(mm, slot, regs, step);
	if (!err) {
		/* A kick before it ran was put off, or was taken for a recall. */
		if (v->pending)
			slot_kick(slot);
		err = slot_await(slot, mm);
	}
	child_watch(NULL);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	v->guest = NULL;
	if (err)
		return run_failed(mm, slot, err, ev);
	slot->old = false;
	some_notice |= slot->notices;
	if (slot->stop == SLOT_CALLS) {
		frame_of_call(&slot->call, regs);
		slot->partial = true;
		ev->kind = GUEST_EVENT_SYSCALL;
		return 0;
	}
	return frame_get(slot, regs, step, ev);
}

static void seccomp_kick(struct guest_mm *mm)
{
	slot_kick(slot_of(mm, this_vcpu()->cpu));
}

static int seccomp_regs_complete(struct guest_mm *mm, struct guest_regs *regs)
{
	const struct guest_slot *part = &mm->slot[this_vcpu()->cpu];

	/* There is none if this vCPU has not run it. */
	return part->ready ? complete(part->backend, regs) : 0;
}

/*
 * A thread that waits for an answer cannot be frozen on the host, with its
 * container or when the machine is suspended. That is all right while its call
 * is served, but it may be one that takes hours.
 */
static bool seccomp_settle(enum um_settle which)
{
	struct guest_mm *mm;
	struct stub_slot *slot;

	if (!some_notice || which == UM_SETTLE_NONE)
		return some_notice;
	some_notice = false;
	for (mm = process_all(); mm; mm = mm->next_all) {
		slot = slot_of(mm, 0);
		if (!mm->slot[0].ready ||
		    (slot->stop != SLOT_CALLS && slot->stop != SLOT_NOTICE))
			continue;
		if (which == UM_SETTLE_ALL || slot->old) {
			slot_settle(slot);
		} else {
			slot->old = true;
			some_notice = true;
		}
	}
	return some_notice;
}

static int seccomp_fp_get(struct guest_mm *mm, unsigned int cpu, void *buf)
{
	struct stub_slot *slot = slot_of(mm, cpu);

	return slot_recall(slot) ?: frame_fp_get(slot, buf);
}

static int seccomp_fp_set(struct guest_mm *mm, const void *buf)
{
	struct stub_slot *slot = slot_of(mm, this_vcpu()->cpu);

	return slot_recall(slot) ?: frame_fp_set(slot, buf);
}

static guest_va_t seccomp_host_clock(void)
{
	return host_clock;
}

/* --- start and end --------------------------------------------------------- */

static int try_filter(void)
{
	static struct sock_filter program[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { .len = 1, .filter = program };
	int err;

	err = sys_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return err ?: sys_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog);
}

static int seccomp_probe(const char **why)
{
	__u32 trap = SECCOMP_RET_TRAP;
	int pid, status = 0, err = spawn_host_probe(why);

	if (err)
		return err;
	if (sys_call(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &trap)) {
		*why = "the host's kernel has no seccomp filters that trap";
		return -ENOSYS;
	}
	pid = sys_call(SYS_fork);
	if (pid < 0) {
		*why = "cannot fork";
		return pid;
	}
	if (!pid)
		sys_call(SYS_exit_group, -try_filter());
	while (sys_wait4(pid, &status, __WALL) == -EINTR)
		;
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	*why = "installing a seccomp filter is forbidden here";
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EPERM;
}

/* Have the template send its listener. Mappers keep it, to answer for us. */
static int take_listener(struct stub_page *page, int socket)
{
	struct guest_mm *template = process_template();
	struct stub_call call = {
		.nr = SYS_close, .arg = { STUB_FD_SOCKET },
	};
	int err;

	if (page->notices) {
		notice_message(page, page->listener, &call);
		mapper_order(template, &call);
		call = (struct stub_call) {
			.nr = SYS_close, .arg = { STUB_FD_SOCKET },
		};
	}
	mapper_order(template, &call);
	err = mapper_sync(template);
	if (!err && page->notices)
		err = notice_open(socket, page->ip_notice, page->listener);
	return err;
}

/* The template's first stop shows what a frame is. */
static int learn(struct stub_page *page)
{
	struct stub_slot slot = { .page = page, .va = STUB_DATA };

	return page->signo == SIGTRAP ? frame_learn(&slot) : -EPROTO;
}

static int start(const struct um_backend_params *p, const int sockets[2])
{
	const struct process_params params = {
		.mode = STUB_MODE_SECCOMP, .ram_fd = p->ram_fd,
		.socket = sockets[1], .ncpus = ncpus,
		/* A listener hears all threads, so only one vCPU can listen. */
		.notices = p->notices && ncpus == 1,
	};
	struct stub_page *page;
	int err;

	err = process_start(&params, &page);
	if (!err && page->err)
		err = page->err < 0 && page->err > -4096 ? page->err : -EPROTO;
	if (!err)
		err = learn(page);
	if (!err)
		err = process_ready();
	if (!err)
		err = take_listener(page, sockets[0]);
	if (!err)
		err = process_forget_slot();
	if (!err)
		host_clock = page->host_clock;
	return err;
}

static int seccomp_init(const struct um_backend_params *p)
{
	int err, sockets[2];

	ncpus = p->ncpus;
	if (p->fsgsbase)
		rule_flags = STUB_HAS_FSGSBASE;
	spin_init(p->spin);
	err = sys_call(SYS_socketpair, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0,
		       sockets);
	if (err)
		return err;
	err = start(p, sockets);
	sys_close(sockets[0]);
	sys_close(sockets[1]);
	if (err) {
		process_stop();
		return err;
	}
	vcpu_set_guest_kick(seccomp_kick);
	os_at_exit(process_exit);
	return 0;
}

static const char *seccomp_about(void)
{
	return notice_ready() ? ", calls by notices" : "";
}

const struct um_backend seccomp_host_backend = {
	.name = "seccomp",
	.max_cpus = STUB_SLOTS,
	.probe = seccomp_probe,
	.init = seccomp_init,
	.about = seccomp_about,
	.exit = process_exit,
	.mm_create = process_take,
	.mm_destroy = process_give_back,
	.mm_attach = seccomp_mm_attach,
	.mm_empty = process_empty,
	.mm_apply = mapper_apply,
	.run = seccomp_run,
	.regs_complete = seccomp_regs_complete,
	.fp_size = frame_fp_size,
	.fp_get = seccomp_fp_get,
	.fp_set = seccomp_fp_set,
	.fp_init = frame_fp_init,
	.kick = seccomp_kick,
	.settle = seccomp_settle,
	.host_clock = seccomp_host_clock,
};
