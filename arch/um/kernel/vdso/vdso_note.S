/* SPDX-License-Identifier: GPL-2.0 */
/* The kernel's version, for the guest's dynamic loader. */
#include <linux/build-salt.h>
#include <linux/elfnote.h>
#include <linux/version.h>

ELFNOTE_START(Linux, 0, "a")
	.long LINUX_VERSION_CODE
ELFNOTE_END

BUILD_SALT

	.section .note.GNU-stack, "", @progbits
