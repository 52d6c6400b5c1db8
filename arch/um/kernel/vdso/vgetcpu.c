// SPDX-License-Identifier: GPL-2.0
/*
 * vDSO: on which CPU a task runs. Where there is only one, that is known.
 * With more of them it is a system call: the processor's own answer (RDPID)
 * names a CPU of the host, and nothing which a guest can read changes when it
 * is moved to another vCPU. (libc asks its rseq area first, which costs none.)
 * This is guest code.
 */
#include <linux/compiler.h>
#include <linux/getcpu.h>
#include <linux/types.h>
#include <asm/unistd.h>
#include <asm/vdso.h>
#include <asm/vdso/syscall.h>

long __vdso_getcpu(unsigned int *cpu, unsigned int *node,
		   struct getcpu_cache *unused);
long getcpu(unsigned int *cpu, unsigned int *node, struct getcpu_cache *unused)
	__weak __alias(__vdso_getcpu);

long __vdso_getcpu(unsigned int *cpu, unsigned int *node,
		   struct getcpu_cache *unused)
{
	if (!um_vdso_data.single_cpu)
		return vdso_syscall3(__NR_getcpu, (long)cpu, (long)node, 0);
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}
