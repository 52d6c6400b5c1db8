// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of the kernel itself: fix-ups and WARN go on, anything else is an
 * oops. The first look is taken in the host's signal handler, on its own
 * stack; an oops is then made to happen on the task's kernel stack, where the
 * task can end.
 */
#include <linux/bug.h>
#include <linux/module.h>
#include <linux/extable.h>
#include <linux/kdebug.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/uaccess.h>
#include <asm/extable.h>
#include <linux/reboot.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <asm/stacktrace.h>
#include <host/proc.h>
#include <host/upcall.h>
#include <um/boot.h>

enum {
	/* Below the interrupted stack pointer: its red zone, and alignment. */
	STACK_GAP = 256,
	EMERGENCY_STACK_SIZE = 16384,
	UD2_LENGTH = 2,
};

/* What a fault looked like, on its way to the task's own stack. */
struct kernel_fault {
	struct pt_regs regs;
	int signo;
	unsigned long addr;
};

/* Used when a kernel stack has overflowed. */
static char emergency_stack[EMERGENCY_STACK_SIZE] __aligned(16);

static int die_count;

void show_regs(struct pt_regs *regs)
{
	show_regs_print_info(KERN_DEFAULT);
	pr_info("IP: %pS (%016lx) SP: %016lx FLAGS: %08lx\n",
		(void *)regs->ip, regs->ip, regs->sp, regs->flags);
	pr_info("AX: %016lx BX: %016lx CX: %016lx DX: %016lx\n",
		regs->ax, regs->bx, regs->cx, regs->dx);
	pr_info("SI: %016lx DI: %016lx BP: %016lx R8: %016lx\n",
		regs->si, regs->di, regs->bp, regs->r8);
	pr_info("R9: %016lx R10:%016lx R11:%016lx R12:%016lx\n",
		regs->r9, regs->r10, regs->r11, regs->r12);
	pr_info("R13:%016lx R14:%016lx R15:%016lx\n",
		regs->r13, regs->r14, regs->r15);
	if (!user_mode(regs))
		um_show_trace(regs, KERN_DEFAULT);
}

static const char *fault_name(int signo, unsigned long addr)
{
	switch (signo) {
	case SIGSEGV:
		return addr < PAGE_SIZE ? "NULL pointer dereference" :
					  "bad memory access";
	case SIGBUS:
		return "bus error";
	case SIGILL:
		return "invalid opcode";
	case SIGFPE:
		return "divide error";
	default:
		return "trap";
	}
}

static void __noreturn oops(struct kernel_fault *fault)
{
	struct pt_regs *regs = &fault->regs;

	oops_enter();
	console_verbose();
	bust_spinlocks(1);
	pr_emerg("Oops: %s at %016lx [#%d]\n",
		 fault_name(fault->signo, fault->addr), fault->addr,
		 ++die_count);
	print_modules();
	show_regs(regs);
	bust_spinlocks(0);
	notify_die(DIE_OOPS, "oops", regs, 0, 0, fault->signo);
	add_taint(TAINT_DIE, LOCKDEP_NOW_UNRELIABLE);
	oops_exit();

	if (in_interrupt())
		panic("Fatal exception in interrupt");
	if (panic_on_oops)
		panic("Fatal exception");
	make_task_dead(SIGSEGV);
}

int is_valid_bugaddr(unsigned long addr)
{
	return core_kernel_text(addr) || is_module_text_address(addr);
}

/* Let the fault handler return into oops(), on a stack that can take it. */
static void divert_to_oops(struct guest_regs *regs, int signo, __u64 addr)
{
	unsigned long sp = regs->sp - STACK_GAP;
	struct kernel_fault *fault;

	if (sp < (unsigned long)task_stack_page(current) + 2 * sizeof(*fault) ||
	    sp > (unsigned long)task_stack_page(current) + THREAD_SIZE)
		sp = (unsigned long)emergency_stack + EMERGENCY_STACK_SIZE;

	fault = (void *)((sp - sizeof(*fault)) & ~15UL);
	memcpy(&fault->regs, regs, sizeof(fault->regs));
	fault->regs.cs = 0;
	fault->signo = signo;
	fault->addr = addr;

	regs->di = (unsigned long)fault;
	regs->ip = (unsigned long)oops;
	/* As after a call: a return address would be here. */
	regs->sp = (unsigned long)fault - sizeof(long);
	regs->bp = 0;
}

void upcall_host_fault(struct guest_regs *regs, int signo, __u64 addr)
{
	const struct exception_table_entry *fix;

	fix = search_exception_tables(regs->ip);
	if (fix) {
		regs->ip = fix->fixup;
		return;
	}

	if (signo == SIGBUS && virt_addr_valid((void *)addr))
		os_die("the host has no memory left for guest RAM (mem=%luM in %s); free some, or use a smaller mem=",
		       um_ram_size >> 20, um_ram_place);

	if (signo == SIGILL) {
		struct pt_regs frame;

		memcpy(&frame, regs, sizeof(frame));
		frame.cs = 0;
		if (report_bug(regs->ip, &frame) == BUG_TRAP_TYPE_WARN) {
			regs->ip += UD2_LENGTH;
			return;
		}
	}
	divert_to_oops(regs, signo, addr);
}
