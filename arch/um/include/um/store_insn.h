/* SPDX-License-Identifier: GPL-2.0 */
/* Does an instruction write to memory? */
#ifndef UM_STORE_INSN_H
#define UM_STORE_INSN_H

#include <linux/types.h>

enum {
	/* No x86 instruction is longer. */
	UM_INSN_MAX = 15,
};

/**
 * um_insn_stores() - guess whether an instruction writes to memory
 * @insn: its bytes
 * @len: how many are known
 *
 * Right for what compilers and libc make; "no" for what it does not know.
 */
bool um_insn_stores(const unsigned char *insn, size_t len);

#endif
