// SPDX-License-Identifier: GPL-2.0
/*
 * vCPUs on the host: the signals which are their interrupts, and faults of
 * kernel code.
 *
 * Signals: SIGALRM is the vCPU's timer, SIGIO a kick by another thread; both
 * may nest and run on the kernel stack they interrupt, because the kernel may
 * switch tasks inside them. Faults, and others' questions what it does, run on
 * an alternate stack, keep these two away, and never switch.
 * Not here: how vCPUs other than the first come to be (vcpu_start.c), and what
 * they do when they have nothing to do (vcpu_idle.c).
 */
#include <stddef.h>
#include <asm/prctl.h>
#include <sys/ucontext.h>

#include <host/backend.h>
#include <host/proc.h>
#include <host/upcall.h>
#include <host/vcpu.h>
#include "proc_internal.h"
#include "signal_internal.h"
#include "sys.h"
#include "this_vcpu.h"
#include "vcpu_internal.h"

enum {
	FAULT_STACK_SIZE = 256 * 1024,
	NAP_MAX_NS = 10 * 1000 * 1000,
	/* The first takes 20 us, and what the host adds: 50 us. */
	NAP_DOUBLINGS = 9,
};

struct um_vcpu os_vcpus[UM_VCPUS_MAX];

static char fault_stack[UM_VCPUS_MAX][FAULT_STACK_SIZE]
	__attribute__((aligned(64)));
static void (*guest_kick)(struct guest_mm *mm);

void vcpu_set_guest_kick(void (*kick)(struct guest_mm *mm))
{
	guest_kick = kick;
}

const uint64_t vcpu_irq_signals =
	1ULL << (OS_SIGNAL_TIMER - 1) | 1ULL << (OS_SIGNAL_KICK - 1);

static stack_t fault_stack_of(const struct um_vcpu *v)
{
	return (stack_t) {
		.ss_sp = fault_stack[v->cpu], .ss_size = FAULT_STACK_SIZE,
	};
}

/*
 * If a kick comes with it, the host runs the kick's handler first. The task can
 * go on elsewhere from there, and take this handler along: then the vCPU whose
 * timer it was does not know yet.
 */
static void on_timer(struct um_vcpu *owner)
{
	__u32 before = __atomic_fetch_or(&owner->pending, VCPU_IRQ_TIMER,
					 __ATOMIC_SEQ_CST);

	if (owner != this_vcpu() && !before)
		os_vcpu_kick(owner, 0);
}

static void on_interrupt(int sig, siginfo_t *si, void *ctx)
{
	const greg_t *g = ((ucontext_t *)ctx)->uc_mcontext.gregs;
	const struct um_vcpu *v;

	/* Somebody else may send one, too. */
	if (sig == OS_SIGNAL_TIMER && si->si_code == SI_TIMER)
		on_timer(si->si_value.sival_ptr);
	signal_may_move(ctx);
	if (vcpu_irqs_get()) {
		/* Nothing moves us from here now. */
		v = this_vcpu();
		if (v->guest)
			guest_kick(v->guest);
	} else if (this_vcpu()->pending) {
		upcall_interrupt(g[REG_RIP], g[REG_RSP], g[REG_RBP]);
	}
}

static void gregs_to_regs(struct guest_regs *r, const greg_t *g)
{
	*r = (struct guest_regs) {
		.r8 = g[REG_R8], .r9 = g[REG_R9], .r10 = g[REG_R10],
		.r11 = g[REG_R11], .r12 = g[REG_R12], .r13 = g[REG_R13],
		.r14 = g[REG_R14], .r15 = g[REG_R15],
		.di = g[REG_RDI], .si = g[REG_RSI], .bp = g[REG_RBP],
		.bx = g[REG_RBX], .dx = g[REG_RDX], .ax = g[REG_RAX],
		.cx = g[REG_RCX], .sp = g[REG_RSP], .ip = g[REG_RIP],
		.flags = g[REG_EFL],
	};
}

/* What upcall_host_fault() may change. */
static void regs_to_gregs(greg_t *g, const struct guest_regs *r)
{
	g[REG_RDI] = r->di;
	g[REG_RBP] = r->bp;
	g[REG_RSP] = r->sp;
	g[REG_RIP] = r->ip;
}

static void on_fault(int sig, siginfo_t *si, void *ctx)
{
	greg_t *g = ((ucontext_t *)ctx)->uc_mcontext.gregs;
	struct guest_regs regs;
	__u32 irqs;

	/* Sent by somebody, and no fault of ours: we are to go. */
	if (si->si_code <= 0)
		proc_die_by_signal(sig);

	irqs = vcpu_irqs_hold();
	gregs_to_regs(&regs, g);
	upcall_host_fault(&regs, sig, (__u64)si->si_addr);
	regs_to_gregs(g, &regs);
	vcpu_irqs_release(irqs);
}

/*
 * Comes even when the kernel has interrupts disabled. If nobody there has asked,
 * it says nothing.
 */
static void on_backtrace(int sig, siginfo_t *si, void *ctx)
{
	struct guest_regs regs;
	__u32 irqs;

	irqs = vcpu_irqs_hold();
	gregs_to_regs(&regs, ((ucontext_t *)ctx)->uc_mcontext.gregs);
	upcall_backtrace(&regs);
	vcpu_irqs_release(irqs);
}

static int set_handlers(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP };
	unsigned int i;
	int err;

	err = signal_handle(OS_SIGNAL_TIMER, on_interrupt,
			    SA_NODEFER | SA_RESTART, 0);
	if (!err)
		err = signal_handle(OS_SIGNAL_KICK, on_interrupt,
				    SA_NODEFER | SA_RESTART, 0);
	if (!err)
		err = signal_handle(OS_SIGNAL_BACKTRACE, on_backtrace,
				    SA_ONSTACK | SA_RESTART, vcpu_irq_signals);
	for (i = 0; !err && i < sizeof(faults) / sizeof(faults[0]); i++)
		err = signal_handle(faults[i], on_fault,
				    SA_NODEFER | SA_ONSTACK, vcpu_irq_signals);
	return err ?: signal_requests_init();
}

int vcpu_become(struct um_vcpu *v)
{
	stack_t st = fault_stack_of(v);
	uint64_t all = ~0ULL;
	int err;

	v->self = v;
	v->tid = sys_gettid();
	v->irqs_off = 1;
	err = sys_call(SYS_arch_prctl, ARCH_SET_GS, v);
	if (!err)
		err = sys_call(SYS_sigaltstack, &st, NULL);
	/* Whoever started us may have blocked what we live on. */
	if (!err)
		err = sys_sigmask(SIG_UNBLOCK, &all, NULL);
	return err;
}

int os_vcpu_boot(void)
{
	int err = set_handlers();

	return err ?: vcpu_become(&os_vcpus[0]);
}

void os_vcpu_nap(unsigned int turn)
{
	struct timespec nap = { .tv_nsec = NAP_MAX_NS };

	if (turn < NAP_DOUBLINGS)
		nap.tv_nsec = NAP_MAX_NS >> (NAP_DOUBLINGS - turn);
	sys_call(SYS_nanosleep, &nap, NULL);
}

void os_vcpu_kick(struct um_vcpu *v, __u32 bits)
{
	/* Whoever left a bit before has sent a signal for it. */
	if (bits && __atomic_fetch_or(&v->pending, bits, __ATOMIC_SEQ_CST))
		return;
	sys_tgkill(sys_getpid(), v->tid, OS_SIGNAL_KICK);
}

void os_vcpu_backtrace(const struct um_vcpu *v)
{
	sys_tgkill(sys_getpid(), v->tid, OS_SIGNAL_BACKTRACE);
}
