/* SPDX-License-Identifier: GPL-2.0 */
/* As libc has it, which includes this. */
#include <asm/errno.h>
