/* SPDX-License-Identifier: GPL-2.0 */
/* ARRAY_SIZE() is in the shim of <linux/kernel.h>. */
