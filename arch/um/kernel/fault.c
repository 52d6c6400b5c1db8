// SPDX-License-Identifier: GPL-2.0
/*
 * Faults of guests: page faults are resolved by generic memory management,
 * everything else becomes the signal a program gets on real hardware.
 *
 * The host tells where an access failed but, under ptrace, not what kind it
 * was. Two things decide: what the host had mapped there (the host bits of
 * the page-table entry), and a look at the instruction (cpu/store_insn.c).
 * A wrong guess "read" costs one more fault, which is then known to be a
 * write; a guess "write" is only believed where writing is allowed.
 * Flow: guest_loop.c -> here -> generic mm -> mm/map_sync.c.
 */
#include <linux/extable.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <um/guest_loop.h>
#include <um/guest_mem.h>
#include <um/map_sync.h>
#include <um/store_insn.h>

/* Bits of the x86 page-fault error code. */
enum {
	PF_PRESENT = 1,
	PF_WRITE = 2,
	PF_USER = 4,
	PF_FETCH = 16,
};

/* x86 exception numbers, shown in signal frames. */
enum {
	TRAP_DIVIDE = 0,
	TRAP_DEBUG = 1,
	TRAP_BREAKPOINT = 3,
	TRAP_INVALID_OPCODE = 6,
	TRAP_PROTECTION = 13,
	TRAP_PAGE_FAULT = 14,
	TRAP_FLOAT = 16,
	TRAP_ALIGNMENT = 17,
	TRAP_SIMD_FLOAT = 19,
};

enum access { ACCESS_READ, ACCESS_MAYBE_WRITE, ACCESS_WRITE, ACCESS_FETCH };

static bool insn_is_store(struct pt_regs *regs)
{
	unsigned char insn[UM_INSN_MAX];
	size_t n = um_guest_peek(regs->ip, insn, sizeof(insn));

	return um_insn_stores(insn, n);
}

static enum access classify(struct pt_regs *regs, unsigned long addr,
			    unsigned long slot)
{
	bool mapped = slot & _PAGE_HOST;
	bool fetchable = mapped && (slot & _PAGE_HOST_EXEC);

	/* Where the instruction pointer is and nothing can be executed. */
	if ((addr & PAGE_MASK) == (regs->ip & PAGE_MASK) && !fetchable)
		return ACCESS_FETCH;
	if (!mapped)
		return insn_is_store(regs) ? ACCESS_MAYBE_WRITE : ACCESS_READ;
	/* An instruction which goes on in a page that cannot be executed. */
	if (!fetchable && offset_in_page(addr) == 0 &&
	    addr - regs->ip < UM_INSN_MAX && !insn_is_store(regs))
		return ACCESS_FETCH;
	return (slot & _PAGE_HOST_WRITE) ? ACCESS_READ : ACCESS_WRITE;
}

static enum access access_of(struct pt_regs *regs, const struct guest_event *ev,
			     unsigned long slot)
{
	if (!ev->error_known)
		return classify(regs, ev->addr, slot);
	if (ev->error & PF_FETCH)
		return ACCESS_FETCH;
	return (ev->error & PF_WRITE) ? ACCESS_WRITE : ACCESS_READ;
}

static bool vma_allows(struct vm_area_struct *vma, enum access access)
{
	switch (access) {
	case ACCESS_WRITE:
	case ACCESS_MAYBE_WRITE:
		return vma->vm_flags & VM_WRITE;
	case ACCESS_FETCH:
		return vma->vm_flags & VM_EXEC;
	default:
		return vma->vm_flags & (VM_READ | VM_EXEC | VM_WRITE);
	}
}

static void send_fault(struct pt_regs *regs, int sig, int code,
		       unsigned long addr, enum access access, bool present)
{
	struct thread_struct *thread = &current->thread;

	thread->trap_nr = TRAP_PAGE_FAULT;
	thread->cr2 = addr;
	thread->error_code = PF_USER | (present ? PF_PRESENT : 0) |
			     (access == ACCESS_WRITE ||
			      access == ACCESS_MAYBE_WRITE ? PF_WRITE : 0) |
			     (access == ACCESS_FETCH ? PF_FETCH : 0);
	force_sig_fault(sig, code, (void __user *)addr);
}

static unsigned int fault_flags(enum access access)
{
	unsigned int flags = FAULT_FLAG_DEFAULT | FAULT_FLAG_USER;

	if (access == ACCESS_WRITE || access == ACCESS_MAYBE_WRITE)
		flags |= FAULT_FLAG_WRITE;
	if (access == ACCESS_FETCH)
		flags |= FAULT_FLAG_INSTRUCTION;
	return flags;
}

static void fault_error(struct pt_regs *regs, vm_fault_t fault,
			unsigned long addr, enum access access)
{
	if (fault & VM_FAULT_OOM)
		pagefault_out_of_memory();
	else if (fault & VM_FAULT_SIGSEGV)
		send_fault(regs, SIGSEGV, SEGV_MAPERR, addr, access, false);
	else
		send_fault(regs, SIGBUS, BUS_ADRERR, addr, access, false);
}

static void page_fault(struct pt_regs *regs, const struct guest_event *ev)
{
	struct mm_struct *mm = current->mm;
	unsigned long addr = ev->addr, slot;
	struct vm_area_struct *vma;
	enum access access;
	vm_fault_t fault;
	unsigned int flags;

	/* What the host had mapped when it failed, unless others changed it. */
	um_guest_walk_begin();
	slot = addr < TASK_SIZE ? um_guest_slot(mm, addr) : 0;
	um_guest_walk_end();
	local_irq_enable();
	access = access_of(regs, ev, slot);
	if (addr >= TASK_SIZE) {
		send_fault(regs, SIGSEGV, SEGV_MAPERR, addr, access, false);
		return;
	}
	if (unlikely(um_map_hopeless())) {
		/* It was a fault before this one, we do not know which. */
		pr_warn_ratelimited("%s[%d]: the host refuses to map what it has (vm.mmap_min_addr?)\n",
				    current->comm, task_pid_nr(current));
		force_sig(SIGBUS);
		return;
	}
	flags = fault_flags(access);

	/* The page table allows it already: only the host did not know. */
	if (um_slot_allows(slot, flags)) {
		um_map_around(mm, addr);
		return;
	}
	perf_sw_event(PERF_COUNT_SW_PAGE_FAULTS, 1, regs, addr);
retry:
	vma = lock_mm_and_find_vma(mm, addr, regs);
	if (!vma) {
		send_fault(regs, SIGSEGV, SEGV_MAPERR, addr, access, false);
		return;
	}
	if (!vma_allows(vma, access) && access == ACCESS_MAYBE_WRITE) {
		access = ACCESS_READ;
		flags &= ~FAULT_FLAG_WRITE;
		/* Once the host maps it, the next fault tells which it is. */
		if (um_slot_allows(slot, flags)) {
			mmap_read_unlock(mm);
			um_map_around(mm, addr);
			return;
		}
	}
	if (!vma_allows(vma, access)) {
		mmap_read_unlock(mm);
		send_fault(regs, SIGSEGV, SEGV_ACCERR, addr, access,
			   slot & _PAGE_HOST);
		return;
	}

	fault = handle_mm_fault(vma, addr, flags, regs);
	if (fault_signal_pending(fault, regs))
		return;
	if (fault & VM_FAULT_COMPLETED)
		return;
	if (fault & VM_FAULT_RETRY) {
		flags |= FAULT_FLAG_TRIED;
		goto retry;
	}
	mmap_read_unlock(mm);
	if (unlikely(fault & VM_FAULT_ERROR))
		fault_error(regs, fault, addr, access);
}

/* The old floating-point unit has its opcodes, and wait, for itself. */
static bool at_x87_insn(struct pt_regs *regs)
{
	unsigned char op;

	return um_guest_peek(regs->ip, &op, 1) == 1 &&
	       ((op & 0xf8) == 0xd8 || op == 0x9b);
}

static unsigned long trap_number(struct pt_regs *regs, int signo, int code)
{
	switch (signo) {
	case SIGFPE:
		if (code == FPE_INTDIV)
			return TRAP_DIVIDE;
		return at_x87_insn(regs) ? TRAP_FLOAT : TRAP_SIMD_FLOAT;
	case SIGILL:
		return TRAP_INVALID_OPCODE;
	case SIGTRAP:
		return code == SI_KERNEL ? TRAP_BREAKPOINT : TRAP_DEBUG;
	case SIGBUS:
		return TRAP_ALIGNMENT;
	default:
		return TRAP_PROTECTION;
	}
}

void um_guest_fault(struct pt_regs *regs, const struct guest_event *ev)
{
	struct thread_struct *thread = &current->thread;

	if (ev->signo == SIGSEGV && ev->code != SI_KERNEL) {
		page_fault(regs, ev);
		return;
	}
	local_irq_enable();

	thread->trap_nr = trap_number(regs, ev->signo, ev->code);
	thread->error_code = 0;
	/* The host names no address for these: neither do we. */
	if (ev->code == SI_KERNEL)
		force_sig(ev->signo);
	else
		force_sig_fault(ev->signo, ev->code, (void __user *)ev->addr);
}
