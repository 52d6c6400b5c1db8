/* SPDX-License-Identifier: GPL-2.0 */
/* As in uapi/asm-generic/setup.h. */
#define COMMAND_LINE_SIZE	512
