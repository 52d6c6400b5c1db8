// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz target: the command line, with all options whose parsers need no
 * running kernel. An input is words, one a line. Beyond memory: a refusal is
 * one line on standard error that begins with the program's name, a line that
 * is accepted says nothing, and what is noted makes sense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <asm/setup.h>
#include <host/file.h>
#include <host/mem.h>
#include <host/proc.h>
#include <um/boot.h>
#include <um/option.h>
#include <line_option.h>
#include <mconsole.h>
#include <watchdog.h>
#include "fuzz.h"

enum {
	WORDS_MAX = 64,
	CONSOLES = 16,
	MESSAGE_MAX = 512,
};

const char *const um_showconfig_lines[] = { "CONFIG_UML=y\n", NULL };

static jmp_buf ended;
static int status;
static char said[2 * MESSAGE_MAX];
static size_t said_len, printed;

void os_exit(int code)
{
	status = code;
	longjmp(ended, 1);
}

void os_die(const char *fmt, ...)
{
	abort();
}

const char *os_limit_reason(int err)
{
	return NULL;
}

int os_stderr_write(const char *buf, size_t len)
{
	fuzz_expect(said_len + len < sizeof(said), buf);
	memcpy(said + said_len, buf, len);
	said_len += len;
	return 0;
}

int os_stdout_write(const char *buf, size_t len)
{
	printed += len;
	return 0;
}

int os_ram_create(void *va, __u64 size, const char **place)
{
	return 0;
}

int os_mem_reserve(void *va, __u64 len)
{
	return 0;
}

void um_boot_default_disk(void)
{
	um_boot_wishes.disk = true;
}

/* As in stdio_console.c. */
static const char *specs[CONSOLES];
static struct line_options lines = {
	.name = "con", .nr = CONSOLES, .each = specs,
};

static int con_option(const char *rest)
{
	return line_option_take(&lines, rest);
}

UM_OPTION(con, "con", UM_OPT_NUMBERED, con_option, "con=\n");

/* The words of a text, which is cut up; returns their number. */
static int split(char *text, char **argv)
{
	int argc = 0;

	argv[argc++] = "linux";
	while (text && argc < WORDS_MAX)
		argv[argc++] = strsep(&text, "\n");
	argv[argc] = NULL;
	return argc;
}

static void forget(void)
{
	um_command_line[0] = '\0';
	memset(&um_boot_wishes, 0, sizeof(um_boot_wishes));
	memset(specs, 0, sizeof(specs));
	lines.all = NULL;
	mconsole_notify_path = NULL;
	um_watchdog_reboots = false;
	memset(said, 0, sizeof(said));
	said_len = 0;
	printed = 0;
	status = -1;
}

static void check_accepted(void)
{
	const struct um_boot_wishes *w = &um_boot_wishes;

	fuzz_expect(!said_len && !printed, said);
	fuzz_expect(strlen(um_command_line) < COMMAND_LINE_SIZE, "");
	fuzz_expect(w->root || w->console || strstr(um_command_line, "console=tty0"),
		    um_command_line);
	fuzz_expect(!w->umid || (*w->umid && !strchr(w->umid, '/') &&
				 w->umid[0] != '.'), w->umid);
	fuzz_expect(!w->uml_dir || *w->uml_dir, "uml_dir");
	fuzz_expect(!w->ram_size || w->ram_size >= 16 << 20, "mem");
	fuzz_expect(!mconsole_notify_path || *mconsole_notify_path, "mconsole");
	for (int i = 0; i < CONSOLES; i++)
		fuzz_expect(!specs[i] || specs[i][-1] == '=', "con");
}

static void check_refused(void)
{
	fuzz_expect(!strncmp(said, "linux: ", strlen("linux: ")), said);
	fuzz_expect(said_len <= MESSAGE_MAX + strlen("linux: "), said);
	fuzz_expect(strchr(said, '\n') == said + said_len - 1, said);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[WORDS_MAX + 1];
	int argc;

	memcpy(text, data, size);
	text[size] = '\0';
	argc = split(text, argv);
	forget();
	if (!setjmp(ended)) {
		um_options_parse(argc, argv);
		check_accepted();
	} else if (status == OS_EXIT_OK) {
		fuzz_expect(printed && !said_len, said);
	} else {
		check_refused();
	}
	free(text);
	return 0;
}

/* ---- fixed inputs ---- */

enum {
	INPUT_MAX = 2000,
};

static const char *const words[] = {
	"mem=", "64M", "0", "18446744073709551616", "-1", "M", "umid=", "uml_dir=",
	"quiet", "noreboot", "dtb=", "backend=", "seccomp=", "spin=", "notices=", "nofsgsbase", "on", "auto", "off",
	"mconsole=", "notify:", "watchdog=", "exit", "reboot", "xterm=", ",", "-T",
	"con", "con0=", "con15=", "con16=", "con=", "fd:0", "null", "pts", "xterm",
	"port:9000", "root=", "/dev/ubd0", "/dev/ubd0p1", "ubd99", "console=", "--",
	" ", "\n", "\n", "\n", "\n", "a", "..", "/", "=", "%s", "--help", "--version",
	"--showconfig", "x=y", "rdinit=/bin/sh", "", NULL
};

static size_t make_line(uint8_t *buf, unsigned int round)
{
	size_t len;

	if (fuzz_next(50))
		return fuzz_words(buf, INPUT_MAX, words,
				  fuzz_next(fuzz_next(8) ? 8 : 200), 50);
	/* One long value. */
	len = fuzz_words(buf, INPUT_MAX, words, 1 + fuzz_next(3), 0);
	memset(buf + len, 'x', INPUT_MAX - len);
	return len + fuzz_next(INPUT_MAX - len);
}

const struct fuzz_inputs fuzz_inputs = {
	.rounds = 300000, .max = INPUT_MAX, .make = make_line,
};
