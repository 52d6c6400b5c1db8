// SPDX-License-Identifier: GPL-2.0
/*
 * The last resort for messages: when the kernel panics and no console ever
 * showed one of them (all are null, or the panic came before them), the log
 * goes to standard error.
 */
#include <linux/kmsg_dump.h>
#include <host/file.h>
#include <um/console.h>

static bool console_took;

void um_console_took(bool took)
{
	console_took = took;
}

void um_panic_dump(void)
{
	static char line[1024];
	struct kmsg_dump_iter iter;
	size_t len;

	if (console_took)
		return;
	kmsg_dump_rewind(&iter);
	while (kmsg_dump_get_line(&iter, false, line, sizeof(line), &len))
		os_stderr_write(line, len);
}
