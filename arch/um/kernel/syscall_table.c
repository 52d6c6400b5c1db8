// SPDX-License-Identifier: GPL-2.0
/*
 * The table of system calls, generated from the generic tree's list for
 * x86-64. On its own, because here all calls have the same prototype.
 */
#include <linux/cache.h>
#include <linux/linkage.h>
#include <asm/syscall.h>
#include <asm/unistd.h>

/* Local descriptor tables, I/O ports, shadow stacks: guests have none. */
#define sys_modify_ldt		sys_ni_syscall
#define sys_iopl		sys_ni_syscall
#define sys_ioperm		sys_ni_syscall
#define sys_map_shadow_stack	sys_ni_syscall

#define __SYSCALL_NORETURN __SYSCALL
#define __SYSCALL(_nr, sym)						\
	asmlinkage long sym(unsigned long, unsigned long, unsigned long,	\
			    unsigned long, unsigned long, unsigned long);
#include <asm/syscall_table_64.h>
#undef __SYSCALL

#define __SYSCALL(nr, sym) [nr] = sym,
const sys_call_ptr_t sys_call_table[NR_syscalls] ____cacheline_aligned = {
	[0 ... NR_syscalls - 1] = sys_ni_syscall,
#include <asm/syscall_table_64.h>
};
