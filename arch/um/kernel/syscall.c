// SPDX-License-Identifier: GPL-2.0
/*
 * System calls of guests: dispatch, and the calls which are the port's own.
 * The table is in syscall_table.c.
 * Entry and exit work (tracing, filters, audit) is generic entry code.
 */
#include <linux/linkage.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/syscalls.h>
#include <asm/syscall.h>
#include <uapi/asm/prctl.h>
#include <um/guest_loop.h>

void um_guest_syscall(struct pt_regs *regs, long nr)
{
	if (nr == -1L)
		return;

	if (unlikely((unsigned long)nr >= NR_syscalls)) {
		regs->ax = -ENOSYS;
		return;
	}
	nr = array_index_nospec(nr, NR_syscalls);
	regs->ax = sys_call_table[nr](regs->di, regs->si, regs->dx,
				      regs->r10, regs->r8, regs->r9);
}

SYSCALL_DEFINE6(mmap, unsigned long, addr, unsigned long, len,
		unsigned long, prot, unsigned long, flags,
		unsigned long, fd, unsigned long, off)
{
	if (offset_in_page(off))
		return -EINVAL;
	return ksys_mmap_pgoff(addr, len, prot, flags, fd, off >> PAGE_SHIFT);
}

long do_arch_prctl_64(struct task_struct *task, int option,
		      unsigned long addr)
{
	struct pt_regs *regs = task_pt_regs(task);

	switch (option) {
	case ARCH_SET_FS:
	case ARCH_SET_GS:
		if (addr >= TASK_SIZE_MAX)
			return -EPERM;
		if (option == ARCH_SET_FS)
			regs->fs_base = addr;
		else
			regs->gs_base = addr;
		return 0;
	case ARCH_GET_FS:
		return put_user(regs->fs_base, (unsigned long __user *)addr);
	case ARCH_GET_GS:
		return put_user(regs->gs_base, (unsigned long __user *)addr);
	default:
		return -EINVAL;
	}
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, addr)
{
	return do_arch_prctl_64(current, option, addr);
}
