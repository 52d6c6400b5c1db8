// SPDX-License-Identifier: GPL-2.0
/*
 * Boot console on standard error, for stderr=1 and earlyprintk: shows what
 * happens before the real console is there, which takes over from it.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <linux/string.h>
#include <host/file.h>
#include <um/console.h>
#include <um/option.h>

static void stderr_write(struct console *co, const char *s, unsigned int count)
{
	os_stderr_write(s, count);
	um_console_took(true);
}

/* The one that takes over may be null. */
static int stderr_exit(struct console *co)
{
	um_console_took(false);
	return 0;
}

static struct console stderr_console = {
	.name = "stderr",
	.write = stderr_write,
	.exit = stderr_exit,
	.flags = CON_PRINTBUFFER | CON_BOOT | CON_ANYTIME,
	.index = -1,
};

static int __init stderr_console_start(void)
{
	if (!console_is_registered(&stderr_console))
		register_console(&stderr_console);
	return 0;
}

static int __init stderr_param(char *value)
{
	return value && !strcmp(value, "1") ? stderr_console_start() : 0;
}
early_param("stderr", stderr_param);

static int __init earlyprintk_param(char *value)
{
	return stderr_console_start();
}
early_param("earlyprintk", earlyprintk_param);

/* The kernel's own command line carries both: the work is done above. */

static int stderr_option(const char *value)
{
	if (strcmp(value, "0") && strcmp(value, "1"))
		return um_option_error("stderr=%s: expected stderr=0 or stderr=1",
				       value);
	return 0;
}

static const char stderr_help[] =
"stderr=<0|1>\n"
"    With 1, kernel messages go to standard error from the first one on,\n"
"    until the real console takes over. The default is 0.\n";

UM_OPTION(stderr, "stderr=", UM_OPT_KEEP, stderr_option, stderr_help);

static int earlyprintk_option(const char *value)
{
	return 0;
}

UM_OPTION(earlyprintk, "earlyprintk", UM_OPT_EXACT | UM_OPT_KEEP,
	  earlyprintk_option, "earlyprintk\n    The same as stderr=1.\n");
