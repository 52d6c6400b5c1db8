// SPDX-License-Identifier: GPL-2.0
/*
 * The option sandbox=, and when its two steps are taken: files and privileges
 * before there are threads and guest processes, system calls when devices are
 * open. How is the host's part (os-Linux/sandbox.c). The process that starts the
 * kernel again after a reboot is not in it: os-Linux/keeper.c, which looks for
 * the option by itself.
 */
#define pr_fmt(fmt) "sandbox: " fmt

#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <host/proc.h>
#include <um/boot.h>
#include <um/option.h>
#include <um/sandbox_option.h>

enum {
	ALLOWED_MAX = 32,
	MISSING_MAX = 128,
};

static bool wanted __initdata;
static bool refused __initdata;
static struct {
	const char *dir[ALLOWED_MAX];
	unsigned int nr;
} allowed __initdata;

static int __init parse_allow(const char *dir)
{
	if (!*dir)
		return um_option_error("sandbox=allow:: expected the name of a directory");
	if (allowed.nr == ALLOWED_MAX)
		return um_option_error("sandbox=allow:%.200s: at most %d directories can be allowed",
				       dir, ALLOWED_MAX);
	allowed.dir[allowed.nr++] = dir;
	return 0;
}

static int __init parse_sandbox(const char *value)
{
	size_t len = str_has_prefix(value, "allow:");

	if (len)
		return parse_allow(value + len);
	if (strcmp(value, "on") && strcmp(value, "off"))
		return um_option_error("sandbox=%.200s: expected on, off or allow:<directory>",
				       value);
	wanted = !strcmp(value, "on");
	refused = !wanted;
	return 0;
}

UM_OPTION(sandbox, "sandbox=", 0, parse_sandbox,
"sandbox=on|off\n"
"    on: the program gives up, before the guest runs, what it does not need of\n"
"    the host: it opens the files named on the command line and no others,\n"
"    starts no programs, connects to nothing. For guests whose kernel or root\n"
"    is not to be trusted. off is the default.\n"
"sandbox=allow:<directory>\n"
"    With sandbox=on: files in there may be opened, made and removed, too. May\n"
"    be given several times.\n");

static void __init allow_files(void)
{
	void (*const *fn)(void);
	unsigned int i;
	int err;

	for (i = 0; i < allowed.nr; i++) {
		err = os_sandbox_allow(allowed.dir[i], OS_SANDBOX_ALL);
		if (err)
			os_die("sandbox=allow:%s: cannot allow it (error %d: %s)",
			       allowed.dir[i], -err, um_error_text(err));
	}
	if (um_boot_wishes.initrd)
		os_sandbox_allow(um_boot_wishes.initrd, OS_SANDBOX_READ);
	if (um_boot_wishes.dtb)
		os_sandbox_allow(um_boot_wishes.dtb, OS_SANDBOX_READ);
	for (fn = __um_sandbox_start; fn < __um_sandbox_end; fn++)
		(*fn)();
}

void __init um_sandbox_enter(void)
{
	char missing[MISSING_MAX];
	const char *why;
	int err;

	if (!wanted && allowed.nr && !refused)
		os_die("sandbox=allow:%s: expected sandbox=on as well", allowed.dir[0]);
	if (!wanted)
		return;
	err = os_sandbox_begin(&why);
	if (err)
		os_die("sandbox=on: not possible here: %s (error %d)", why, -err);
	allow_files();
	err = os_sandbox_enter(missing, sizeof(missing));
	if (err)
		os_die("sandbox=on: the host refuses it (error %d: %s)", -err,
		       um_error_text(err));
	if (missing[0])
		um_boot_note("sandbox=on: this host is too old to keep: %s\n",
			     missing);
}

/*
 * The seccomp backend's guests have a filter that leaves next to nothing, and
 * whose notices to the kernel a refusal by another filter would drown.
 */
void __init um_sandbox_guests(const char *backend)
{
	int err;

	if (!os_sandbox_is_on() || !strcmp(backend, "seccomp"))
		return;
	err = os_sandbox_filter_guests();
	if (err)
		os_die("sandbox=on: the host refuses a filter for guest processes (error %d: %s)",
		       -err, um_error_text(err));
}

static int __init sandbox_seal(void)
{
	int err;

	if (!os_sandbox_is_on())
		return 0;
	err = os_sandbox_seal();
	if (err)
		os_die("sandbox=on: the host refuses a filter of system calls (error %d: %s)",
		       -err, um_error_text(err));
	pr_info("closed; the host gives access to nothing but what was named at the start\n");
	return 0;
}
/* Devices are made by now, and no program of the guest runs yet. */
late_initcall_sync(sandbox_seal);

const char *um_sandbox_hint(int err)
{
	if (!os_sandbox_is_on() || (err != -EACCES && err != -EPERM))
		return "";
	return "; sandbox=on allows what was named at the start and what is in directories of sandbox=allow:, as far as their modes allow it without privileges";
}
