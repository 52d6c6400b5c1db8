// SPDX-License-Identifier: GPL-2.0
/*
 * The option xterm=, which chooses the program that makes windows, and the
 * help of --attach, which os-Linux/main.c takes before there are options.
 */
#include <linux/init.h>
#include <linux/string.h>
#include <um/option.h>
#include "channel/chan_host.h"

enum {
	XTERM_MAX = 256,
	XTERM_FIELDS = 3,
};

/* Empty fields keep what is there. */
static int xterm_option(const char *value)
{
	static char text[XTERM_MAX];
	const char *field[XTERM_FIELDS];
	char *rest = text, *word;
	unsigned int i;

	field[0] = "xterm";
	field[1] = "-T";
	field[2] = "-e";
	if (strscpy(text, value) < 0)
		return um_option_error("xterm=%.80s: longer than %d characters",
				       value, XTERM_MAX - 1);
	for (i = 0; (word = strsep(&rest, ",")); i++) {
		if (i == XTERM_FIELDS)
			return um_option_error("xterm=%.80s: expected xterm=<emulator>,<title switch>,<exec switch>",
					       value);
		if (*word)
			field[i] = word;
	}
	chan_xterm_host_set(field[0], field[1], field[2]);
	return 0;
}

UM_OPTION(xterm, "xterm=", 0, xterm_option,
"xterm=<emulator>,<title switch>,<exec switch>\n"
"    The program which makes windows for xterm channels, and its switches for\n"
"    a title and for a command. Empty ones keep the default, xterm,-T,-e.\n"
"    Examples: xterm=gnome-terminal,-t,--  xterm=foot,-T,-e\n");

static int attach_option(const char *value)
{
	return um_option_error("--attach: expected --attach <socket> and nothing else");
}

UM_OPTION(attach, "--attach", UM_OPT_EXACT, attach_option,
"--attach <socket>\n"
"    Start no kernel: connect this terminal to the socket of a console, xterm\n"
"    or unix:<path>. Ctrl-] leaves.\n");
