// SPDX-License-Identifier: GPL-2.0
/*
 * The command line: each argument is offered to the port's own options
 * (UM_OPTION, anywhere in the port), and what none takes is the kernel's.
 * Runs before the kernel proper: no printk, no allocation, one thread.
 */
#include <linux/ctype.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <asm/setup.h>
#include <generated/utsrelease.h>
#include <host/file.h>
#include <host/proc.h>
#include <um/boot.h>
#include <um/option.h>

enum {
	MESSAGE_MAX = 512,
};

char um_command_line[COMMAND_LINE_SIZE] __initdata = CONFIG_CMDLINE;
struct um_boot_wishes um_boot_wishes __initdata;

int um_option_error(const char *fmt, ...)
{
	char msg[MESSAGE_MAX];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vscnprintf(msg, sizeof(msg) - 1, fmt, ap);
	va_end(ap);
	msg[n++] = '\n';
	os_stderr_write("linux: ", strlen("linux: "));
	os_stderr_write(msg, n);
	return -EINVAL;
}

const char *um_error_text(int err)
{
	const char *limit = os_limit_reason(err);

	if (limit)
		return limit;
	switch (-err) {
	case ENOENT:
		return "no such file or directory";
	case EACCES:
	case EPERM:
		return "permission denied";
	case ENOMEM:
		return "not enough memory";
	case ENOSPC:
		return "no space left";
	case EFBIG:
		return "too big for its file system or limits";
	case ENOTDIR:
		return "not a directory";
	case EINVAL:
		return "not possible for this kind of file";
	default:
		return "see errno(3)";
	}
}

static void __init add_to_command_line(const char *arg)
{
	size_t len = strlen(um_command_line);

	if (len + 1 + strlen(arg) + 1 > sizeof(um_command_line)) {
		um_option_error("the command line is too long at \"%.40s\": at most %zu characters in all",
				arg, sizeof(um_command_line) - 1);
		os_exit(OS_EXIT_FAILURE);
	}
	if (len)
		um_command_line[len++] = ' ';
	strscpy(um_command_line + len, arg, sizeof(um_command_line) - len);
}

static bool __init option_fits(const struct um_option *o, const char *arg)
{
	size_t len = str_has_prefix(arg, o->name);

	if (!len)
		return false;
	if (o->flags & UM_OPT_EXACT)
		return !arg[len];
	if (o->flags & UM_OPT_NUMBERED)
		return arg[len] == '=' || isdigit(arg[len]);
	return true;
}

static const struct um_option *__init find_option(const char *arg)
{
	const struct um_option *o;

	for (o = __um_options_start; o < __um_options_end; o++)
		if (option_fits(o, arg))
			return o;
	return NULL;
}

/* Our options end, as the kernel's do, at "--": the rest is for init. */
static int __init options_end(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		;
	return i;
}

static void __init take_option(const char *arg)
{
	const struct um_option *o = find_option(arg);

	um_boot_see(arg);
	if (o && o->parse && o->parse(arg + strlen(o->name)))
		os_exit(OS_EXIT_FAILURE);
}

static void __init pass_on(const char *arg)
{
	const struct um_option *o = find_option(arg);

	if (!o || (o->flags & UM_OPT_KEEP))
		add_to_command_line(um_boot_rewrite(arg));
}

void __init um_options_parse(int argc, char **argv)
{
	int end = options_end(argc, argv);
	/* The way some scripts pass an empty first argument. */
	int first = argc > 1 && argv[1][0] == ' ' ? 2 : 1;
	int i;

	for (i = first; i < end; i++)
		take_option(argv[i]);
	um_boot_defaults(add_to_command_line);
	for (i = first; i < end; i++)
		if (argv[i][0])
			pass_on(argv[i]);
	for (; i < argc; i++)
		add_to_command_line(argv[i]);
}

static void __init print(const char *text)
{
	os_stdout_write(text, strlen(text));
}

/* The one whose name comes next after that of @last in the alphabet. */
static const struct um_option *__init
next_by_name(const struct um_option *last)
{
	const struct um_option *o, *next = NULL;

	for (o = __um_options_start; o < __um_options_end; o++)
		if ((!last || strcmp(o->name, last->name) > 0) &&
		    (!next || strcmp(o->name, next->name) < 0))
			next = o;
	return next;
}

static int __init show_help(const char *value)
{
	const struct um_option *o = NULL;

	print("User Mode Linux " UTS_RELEASE "\n\n"
	      "usage: linux [option | kernel parameter]...\n\n"
	      "With no arguments a small rescue system starts. To boot a disk image:\n"
	      "  linux mem=256M ubd0=root.img root=/dev/ubd0\n\n"
	      "Options (all others are parameters of the kernel or of init):\n\n");
	while ((o = next_by_name(o))) {
		if (!o->help)
			continue;
		print(o->help);
		print("\n");
	}
	os_exit(OS_EXIT_OK);
}

UM_OPTION(help, "--help", UM_OPT_EXACT, show_help,
"--help\n"
"    Print this text and exit.\n");

static int __init show_version(const char *value)
{
	print(UTS_RELEASE "\n");
	os_exit(OS_EXIT_OK);
}

UM_OPTION(version, "--version", UM_OPT_EXACT, show_version,
"--version\n"
"    Print the release of the kernel and exit.\n");

static int __init show_config(const char *value)
{
	const char *const *line;

	for (line = um_showconfig_lines; *line; line++)
		print(*line);
	os_exit(OS_EXIT_OK);
}

UM_OPTION(showconfig, "--showconfig", UM_OPT_EXACT, show_config,
"--showconfig\n"
"    Print the configuration this kernel was built with and exit.\n");
