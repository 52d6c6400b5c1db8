// SPDX-License-Identifier: GPL-2.0
/*
 * The serial lines: /dev/ttyS0 to /dev/ttyS63 over channels of the host,
 * chosen by ssl= and ssl<n>=, and the console of printk on one of them
 * (console=ttyS0). What a UART has beside bytes (speed, modem lines) they do
 * not have.
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
	SSL_LINES = 64,
	/* Minor numbers of TTY_MAJOR below are those of consoles. */
	SSL_MINOR = 64,
};

/* ---- options ---- */

static const char *ssl_specs[SSL_LINES];

static struct line_options ssl_options = {
	.name = "ssl",
	.nr = SSL_LINES,
	.each = ssl_specs,
};

static int ssl_option(const char *rest)
{
	return line_option_take(&ssl_options, rest);
}

UM_OPTION(ssl, "ssl", UM_OPT_NUMBERED, ssl_option,
"ssl=<channel>[,<output channel>]\n"
"ssl<n>=<channel>[,<output channel>]\n"
"    Connect the serial lines, /dev/ttyS0 to /dev/ttyS63 in the guest, as con=\n"
"    does consoles. Without these, they are " CONFIG_SSL_CHAN ".\n");

static struct line ssl_lines[SSL_LINES];

static struct line_class ssl_class = {
	.option = "ssl",
	.title = "Serial line",
	.driver_name = "serial",
	.dev_name = "ttyS",
	.major = TTY_MAJOR,
	.minor_start = SSL_MINOR,
	.type = TTY_DRIVER_TYPE_SERIAL,
	.subtype = SERIAL_TYPE_NORMAL,
	.nr = SSL_LINES,
	.lines = ssl_lines,
};

static int ssl_non_raw_option(const char *value)
{
	ssl_class.cooked = true;
	return 0;
}

UM_OPTION(ssl_non_raw, "ssl-non-raw", UM_OPT_EXACT, ssl_non_raw_option,
"ssl-non-raw\n"
"    Terminals of the host which serial lines are connected to keep their\n"
"    modes; otherwise they are put into raw mode.\n");

/* ---- printk ---- */

static void ssl_write(struct console *co, const char *s, unsigned int count)
{
	line_console_write(&ssl_lines[co->index], s, count);
}

static struct tty_driver *ssl_device(struct console *co, int *index)
{
	*index = co->index;
	return ssl_class.driver;
}

static int ssl_setup(struct console *co, char *options)
{
	return co->index >= 0 && co->index < SSL_LINES ? 0 : -ENODEV;
}

static struct console ssl_console = {
	.name = "ttyS",
	.write = ssl_write,
	.device = ssl_device,
	.setup = ssl_setup,
	.flags = CON_PRINTBUFFER | CON_ANYTIME,
	.index = -1,
};

/* ---- the configuration registry ---- */

static int ssl_registry_config(char *str, char **err)
{
	return line_registry_config(&ssl_class, str, err);
}

static int ssl_registry_query(const char *id, char *buf, size_t len)
{
	return line_registry_query(&ssl_class, id, buf, len);
}

static int ssl_registry_remove(const char *id, char **err)
{
	return line_registry_remove(&ssl_class, id, err);
}

static int ssl_registry_list(char *buf, size_t len)
{
	return line_registry_list(&ssl_class, buf, len);
}

static const struct um_config_ops ssl_registry_ops = {
	.name = "ssl",
	.config = ssl_registry_config,
	.query = ssl_registry_query,
	.remove = ssl_registry_remove,
	.list = ssl_registry_list,
};

/* ---- start ---- */

static const char *ssl_spec(unsigned int n)
{
	return line_option_spec(&ssl_options, n) ?: CONFIG_SSL_CHAN;
}

static void __init ssl_sandbox(void)
{
	unsigned int n;

	for (n = 0; n < SSL_LINES; n++)
		line_option_sandbox(ssl_spec(n));
}
UM_SANDBOX_NEEDS(ssl_sandbox);

/* A line which cannot be had as asked for is silent, but it is there. */
static void __init ssl_connect(unsigned int n)
{
	const char *spec = ssl_spec(n);
	char why[CHAN_ERROR_MAX];

	if (!line_config(&ssl_class, n, spec, why, sizeof(why)))
		return;
	pr_err("ssl%u=%s: %s, using null\n", n, spec, why);
	line_config(&ssl_class, n, "null", why, sizeof(why));
}

static int __init ssl_init_early(void)
{
	unsigned int i;

	line_class_init(&ssl_class);
	for (i = 0; i < SSL_LINES; i++)
		ssl_connect(i);
	register_console(&ssl_console);
	return 0;
}
console_initcall(ssl_init_early);

static int __init ssl_init(void)
{
	int err = line_class_register(&ssl_class);

	return err ?: um_config_register(&ssl_registry_ops);
}
device_initcall(ssl_init);
