/* SPDX-License-Identifier: GPL-2.0 */
/* What drivers/mgmt needs of the kernel's <linux/errno.h>, out of libc. */
#include <asm/errno.h>
