// SPDX-License-Identifier: GPL-2.0
/* The option watchdog=, which says what the watchdog does when it bites. */
#include <linux/init.h>
#include <linux/string.h>
#include <um/option.h>
#include "watchdog.h"

bool um_watchdog_reboots;

static int watchdog_option(const char *value)
{
	um_watchdog_reboots = !strcmp(value, "reboot");
	if (um_watchdog_reboots || !strcmp(value, "exit"))
		return 0;
	return um_option_error("watchdog=%.80s: expected watchdog=exit or watchdog=reboot",
			       value);
}

UM_OPTION(watchdog, "watchdog=", 0, watchdog_option,
"watchdog=exit|reboot\n"
"    What happens when nobody in the guest serves /dev/watchdog any more: the\n"
"    program ends with status 1 (the default), or starts again.\n");
