/* SPDX-License-Identifier: GPL-2.0 */
/* What chan_parse.c needs of the kernel's <linux/string.h>, out of libc. */
#include <string.h>
