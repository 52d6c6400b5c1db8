// SPDX-License-Identifier: GPL-2.0
/*
 * The consoles: /dev/tty0 to /dev/tty15 over channels of the host, chosen by
 * con= and con<n>=, and the console of printk on one of them (console=tty0).
 * Flow: options note texts -> console_initcall opens the channels, so that
 * messages come out from then on -> device_initcall makes the ttys.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <linux/major.h>
#include <linux/tty.h>
#include <linux/tty_driver.h>
#include <um/option.h>
#include <um/sandbox_option.h>
#include "../mgmt/config_registry.h"
#include "line.h"
#include "line_config.h"
#include "line_option.h"

enum {
	CON_LINES = 16,
};

/* ---- options ---- */

static const char *con_specs[CON_LINES];

static struct line_options con_options = {
	.name = "con",
	.nr = CON_LINES,
	.each = con_specs,
};

static int con_option(const char *rest)
{
	return line_option_take(&con_options, rest);
}

static const char con_help[] =
"con=<channel>[,<output channel>]\n"
"con<n>=<channel>[,<output channel>]\n"
"    Connect the consoles, /dev/tty0 to /dev/tty15 in the guest. con<n>= is\n"
"    for one of them, con= for all that have none of their own. With two\n"
"    channels, input comes from the first, output goes to the second.\n"
"        fd:<number>  a descriptor UML was started with; a terminal is put\n"
"                     into raw mode, its keys (Ctrl-C too) go to the guest\n"
"        null         no input, output vanishes\n"
"        pts          a new pseudo terminal; the kernel log tells its name\n"
"        pts:<link>   the same, with a symbolic link to it\n"
"        tty:<path>   a terminal of the host; /dev/tty8 alone is one, too\n"
"        port:<n>     a TCP port for telnet or netcat, from this host only;\n"
"                     port:<address>:<n> listens at that address\n"
"        unix:<path>  a Unix stream socket which is listened at\n"
"        file:<path>  no input, output is added to a file\n"
"        xterm        a window, when the guest opens the console\n"
"        none         no such console\n"
"    Without these, con0 is " CONFIG_CON_ZERO_CHAN " and the others are "
	CONFIG_CON_CHAN ".\n"
"    Example: con0=fd:0,fd:1 con1=pts con=null\n";

UM_OPTION(con, "con", UM_OPT_NUMBERED, con_option, con_help);

static const char *con_spec(unsigned int n)
{
	const char *asked = line_option_spec(&con_options, n);

	return asked ?: n ? CONFIG_CON_CHAN : CONFIG_CON_ZERO_CHAN;
}

static void __init con_sandbox(void)
{
	unsigned int n;

	for (n = 0; n < CON_LINES; n++)
		line_option_sandbox(con_spec(n));
}
UM_SANDBOX_NEEDS(con_sandbox);

/* ---- lines ---- */

static struct line con_lines[CON_LINES];

static struct line_class con_class = {
	.option = "con",
	.title = "Virtual console",
	.driver_name = "console",
	.dev_name = "tty",
	.major = TTY_MAJOR,
	.minor_start = 0,
	.type = TTY_DRIVER_TYPE_CONSOLE,
	.nr = CON_LINES,
	.lines = con_lines,
};

/* A console which cannot be had as asked for is silent, but it is there. */
static void __init con_connect(unsigned int n)
{
	const char *spec = con_spec(n);
	char why[CHAN_ERROR_MAX];

	if (!line_config(&con_class, n, spec, why, sizeof(why)))
		return;
	pr_err("con%u=%s: %s, using null\n", n, spec, why);
	line_config(&con_class, n, "null", why, sizeof(why));
}

/* ---- printk ---- */

static void con_write(struct console *co, const char *s, unsigned int count)
{
	line_console_write(&con_lines[co->index], s, count);
}

static struct tty_driver *con_device(struct console *co, int *index)
{
	*index = co->index;
	return con_class.driver;
}

static int con_setup(struct console *co, char *options)
{
	return co->index >= 0 && co->index < CON_LINES ? 0 : -ENODEV;
}

static struct console con_console = {
	.name = "tty",
	.write = con_write,
	.device = con_device,
	.setup = con_setup,
	.flags = CON_PRINTBUFFER | CON_ANYTIME,
	.index = -1,
};

static int __init con_init_early(void)
{
	unsigned int i;

	line_class_init(&con_class);
	for (i = 0; i < CON_LINES; i++)
		con_connect(i);
	register_console(&con_console);
	return 0;
}
console_initcall(con_init_early);

/* ---- the configuration registry ---- */

static int con_registry_config(char *str, char **err)
{
	return line_registry_config(&con_class, str, err);
}

static int con_registry_query(const char *id, char *buf, size_t len)
{
	return line_registry_query(&con_class, id, buf, len);
}

static int con_registry_remove(const char *id, char **err)
{
	return line_registry_remove(&con_class, id, err);
}

static int con_registry_list(char *buf, size_t len)
{
	return line_registry_list(&con_class, buf, len);
}

static const struct um_config_ops con_registry_ops = {
	.name = "con",
	.config = con_registry_config,
	.query = con_registry_query,
	.remove = con_registry_remove,
	.list = con_registry_list,
};

static int __init con_init(void)
{
	int err = line_class_register(&con_class);

	return err ?: um_config_register(&con_registry_ops);
}
device_initcall(con_init);
