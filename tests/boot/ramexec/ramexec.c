// SPDX-License-Identifier: GPL-2.0
/*
 * A module whose initialisation writes an instruction (a return) into a page
 * of guest RAM, which is no module's code, and calls it in the kernel's world.
 * It says so if it comes back; it should not.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/module.h>

enum { OPCODE_RET = 0xc3 };

static int __init ramexec_init(void)
{
	u8 *code = (u8 *)__get_free_page(GFP_KERNEL);

	if (!code)
		return -ENOMEM;
	code[0] = OPCODE_RET;
	pr_info("ramexec: about to execute guest RAM at %lx\n",
		(unsigned long)code);
	((void (*)(void))code)();
	pr_info("ramexec: guest RAM was executed\n");
	free_page((unsigned long)code);
	return -EINVAL;
}
module_init(ramexec_init);

MODULE_DESCRIPTION("Execute guest RAM in the kernel's world");
MODULE_LICENSE("GPL");
