/* SPDX-License-Identifier: GPL-2.0 */
/* What options need of <linux/init.h>: a section which the linker can find. */
#ifndef OPTION_SHIM_INIT_H
#define OPTION_SHIM_INIT_H

#include <linux/types.h>

#define __init
#define __initdata
#define __ro_after_init
#define __used			__attribute__((used))
#define __aligned(n)		__attribute__((aligned(n)))
#define __printf(a, b)		__attribute__((format(printf, a, b)))
/* Whatever its name in the kernel. */
#define __section(name)		__attribute__((section("um_options")))
#define __um_options_start	__start_um_options
#define __um_options_end	__stop_um_options

#endif
