/* SPDX-License-Identifier: GPL-2.0 */
/* Guest programs are x86-64 ELF. */
#ifndef __ASM_UM_ELF_H
#define __ASM_UM_ELF_H

#include <asm/ptrace.h>
#include <asm/processor.h>

#define ELF_CLASS	ELFCLASS64
#define ELF_DATA	ELFDATA2LSB
#define ELF_ARCH	EM_X86_64
#define ELF_PLATFORM	"x86_64"

#define elf_check_arch(x)	((x)->e_machine == EM_X86_64)

/* Relocations of modules. */
#define R_X86_64_NONE	0
#define R_X86_64_64	1
#define R_X86_64_PC32	2
#define R_X86_64_PLT32	4
#define R_X86_64_32	10
#define R_X86_64_32S	11
#define R_X86_64_PC64	24

typedef unsigned long elf_greg_t;

#define ELF_NGREG	(sizeof(struct pt_regs) / sizeof(elf_greg_t))
typedef elf_greg_t elf_gregset_t[ELF_NGREG];

/* The legacy area of the XSAVE format, 512 bytes. */
typedef struct {
	unsigned char area[512];
} elf_fpregset_t;

#define CORE_DUMP_USE_REGSET
#define ELF_EXEC_PAGESIZE	PAGE_SIZE
#define ELF_ET_DYN_BASE		(TASK_SIZE / 3 * 2)

/* In pages: where the stack begins varies by 16 GB, as on x86-64. */
#define STACK_RND_MASK		0x3fffffUL

#define ELF_PLAT_INIT(regs, load_addr)	\
	memset(regs, 0, offsetof(struct pt_regs, ip))

#define SET_PERSONALITY(ex)	\
	set_personality((current->personality & ~PER_MASK) | PER_LINUX)

/* Which instructions the host's processor has is what guests may use. */
extern unsigned long um_elf_hwcap, um_elf_hwcap2;
#define ELF_HWCAP	um_elf_hwcap
#define ELF_HWCAP2	um_elf_hwcap2

/* The vDSO; and the size of a signal frame, as the host's vector state has it. */
#define ARCH_DLINFO						\
do {								\
	if (current->mm->context.vdso)				\
		NEW_AUX_ENT(AT_SYSINFO_EHDR,			\
			    current->mm->context.vdso);		\
	NEW_AUX_ENT(AT_MINSIGSTKSZ, um_sigframe_size());	\
} while (0)

unsigned long um_sigframe_size(void);

#define ARCH_HAS_SETUP_ADDITIONAL_PAGES 1
struct linux_binprm;
int arch_setup_additional_pages(struct linux_binprm *bprm, int uses_interp);

#endif
