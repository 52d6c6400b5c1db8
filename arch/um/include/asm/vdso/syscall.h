/* SPDX-License-Identifier: GPL-2.0 */
/* System calls of vDSO code, for what it cannot answer by itself. */
#ifndef __ASM_UM_VDSO_SYSCALL_H
#define __ASM_UM_VDSO_SYSCALL_H

#ifndef __ASSEMBLY__

static __always_inline long vdso_syscall3(long nr, long a, long b, long c)
{
	long ret;

	asm volatile("syscall"
		     : "=a" (ret)
		     : "a" (nr), "D" (a), "S" (b), "d" (c)
		     : "rcx", "r11", "memory");
	return ret;
}

#endif
#endif
