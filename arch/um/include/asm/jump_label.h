/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Branches that are instructions: five bytes which are either a no-operation
 * or a jump, and an entry in a table that says where they are.
 */
#ifndef __ASM_UM_JUMP_LABEL_H
#define __ASM_UM_JUMP_LABEL_H

#include <linux/types.h>

#define JUMP_LABEL_NOP_SIZE	5

/* struct jump_entry of generic code, its fields relative to themselves. */
#define UM_JUMP_TABLE_ENTRY			\
	".pushsection __jump_table, \"aw\"\n\t"	\
	".balign 8\n\t"				\
	".long 1b - .\n\t"			\
	".long %l[taken] - .\n\t"		\
	".quad %c0 + %c1 - .\n\t"		\
	".popsection\n\t"

static __always_inline bool arch_static_branch(struct static_key *const key,
					       const bool branch)
{
	asm goto("1:\n\t"
		 ".byte 0x0f, 0x1f, 0x44, 0x00, 0x00\n\t"
		 UM_JUMP_TABLE_ENTRY
		 : : "i" (key), "i" (branch) : : taken);
	return false;
taken:
	return true;
}

static __always_inline bool arch_static_branch_jump(struct static_key *const key,
						    const bool branch)
{
	asm goto("1:\n\t"
		 ".byte 0xe9\n\t"
		 ".long %l[taken] - (. + 4)\n\t"
		 UM_JUMP_TABLE_ENTRY
		 : : "i" (key), "i" (branch) : : taken);
	return false;
taken:
	return true;
}

#endif
