/* SPDX-License-Identifier: GPL-2.0 */
/* What the pure code of drivers/mgmt needs of <linux/kernel.h>, out of libc. */
#ifndef MGMT_SHIM_KERNEL_H
#define MGMT_SHIM_KERNEL_H

#include "../../chan_shim/linux/kernel.h"

#define min(a, b)	((a) < (b) ? (a) : (b))

#endif
