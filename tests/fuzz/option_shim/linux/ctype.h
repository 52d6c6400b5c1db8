/* SPDX-License-Identifier: GPL-2.0 */
/* What options need of <linux/ctype.h>; any byte is welcome. */
#define isdigit(c)	((c) >= '0' && (c) <= '9')
