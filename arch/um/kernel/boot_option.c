// SPDX-License-Identifier: GPL-2.0
/*
 * The options of the port proper, what the command line says besides, and what
 * is added to it. They only note what is wanted: setup.c does it.
 */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <um/boot.h>
#include <um/option.h>
#include "../drivers/block/ubd_config.h"

static int __init parse_umid(const char *value)
{
	enum { UMID_MAX = 63 };

	if (um_boot_wishes.umid)
		return um_option_error("umid=%s: umid= was given before (umid=%s)",
				       value, um_boot_wishes.umid);
	if (!*value || strlen(value) > UMID_MAX || strchr(value, '/') ||
	    value[0] == '.')
		return um_option_error("umid=%s: expected a name of 1 to %d characters without '/', not beginning with '.'",
				       value, UMID_MAX);
	um_boot_wishes.umid = value;
	return 0;
}

UM_OPTION(umid, "umid=", 0, parse_umid,
"umid=<name>\n"
"    Name of this instance: its directory under uml_dir= is called so. The\n"
"    default is a random name.\n");

static int __init parse_uml_dir(const char *value)
{
	if (!*value)
		return um_option_error("uml_dir=: expected a directory");
	um_boot_wishes.uml_dir = value;
	return 0;
}

UM_OPTION(uml_dir, "uml_dir=", 0, parse_uml_dir,
"uml_dir=<directory>\n"
"    Where the directories of instances are made. The default is ~/.uml.\n");

static int __init parse_quiet(const char *value)
{
	um_boot_wishes.quiet = true;
	return 0;
}

UM_OPTION(quiet, "quiet", UM_OPT_EXACT | UM_OPT_KEEP, parse_quiet,
"quiet\n"
"    Fewer boot messages, and none on standard error before the kernel runs.\n");

static int __init parse_noreboot(const char *value)
{
	um_boot_wishes.noreboot = true;
	return 0;
}

UM_OPTION(noreboot, "noreboot", UM_OPT_EXACT, parse_noreboot,
"noreboot\n"
"    A reboot ends the program instead of starting it again.\n");

static int __init parse_dtb(const char *value)
{
	if (!*value)
		return um_option_error("dtb=: expected the name of a file");
	if (!IS_ENABLED(CONFIG_OF))
		return um_option_error("dtb=%s: this kernel was built without device trees (CONFIG_OF)",
				       value);
	um_boot_wishes.dtb = value;
	return 0;
}

UM_OPTION(dtb, "dtb=", 0, parse_dtb,
"dtb=<file>\n"
"    Flattened device tree, a file of the host; for kernels with CONFIG_OF.\n");

static int __init parse_backend(const char *value)
{
	um_boot_wishes.backend = value;
	return 0;
}

UM_OPTION(backend, "backend=", 0, parse_backend,
"backend=auto|seccomp|ptrace\n"
"    How guest programs are run; auto, the default, takes the best way that\n"
"    works on this host.\n");

/* Another User Mode Linux's name for the same choice. */
static int __init parse_seccomp(const char *value)
{
	if (!strcmp(value, "on"))
		um_boot_wishes.backend = "seccomp";
	else if (!strcmp(value, "auto"))
		um_boot_wishes.backend = "auto";
	else if (!strcmp(value, "off"))
		um_boot_wishes.backend = "ptrace";
	else
		return um_option_error("seccomp=%s: expected on, auto or off",
				       value);
	return 0;
}

UM_OPTION(seccomp, "seccomp=", 0, parse_seccomp,
"seccomp=on|auto|off\n"
"    The same as backend=seccomp, backend=auto and backend=ptrace.\n");

static int __init parse_spin(const char *value)
{
	if (!strcmp(value, "auto"))
		um_boot_wishes.spin = UM_SPIN_AUTO;
	else if (!strcmp(value, "on"))
		um_boot_wishes.spin = UM_SPIN_ON;
	else if (!strcmp(value, "off"))
		um_boot_wishes.spin = UM_SPIN_OFF;
	else
		return um_option_error("spin=%s: expected auto, on or off",
				       value);
	return 0;
}

UM_OPTION(spin, "spin=", 0, parse_spin,
"spin=auto|on|off\n"
"    auto, the default: a guest program that makes many system calls gets a\n"
"    core of its own while the host has an idle one, which makes the calls\n"
"    several times as fast; and virtual CPUs that hand work to each other look\n"
"    for it a while before they sleep. off: a program always shares its\n"
"    virtual CPU's core, and no virtual CPU looks; on: a program never shares,\n"
"    for hosts with many cores.\n");

static int __init parse_nofsgsbase(const char *value)
{
	um_boot_wishes.no_fsgsbase = true;
	return 0;
}

UM_OPTION(nofsgsbase, "nofsgsbase", UM_OPT_EXACT, parse_nofsgsbase,
"nofsgsbase\n"
"    Set the thread pointers of guest programs by system calls, as on hosts\n"
"    whose processor or kernel has no instructions for it.\n");

static int __init parse_notices(const char *value)
{
	if (!strcmp(value, "auto"))
		um_boot_wishes.no_notices = false;
	else if (!strcmp(value, "off"))
		um_boot_wishes.no_notices = true;
	else
		return um_option_error("notices=%s: expected auto or off", value);
	return 0;
}

UM_OPTION(notices, "notices=", 0, parse_notices,
"notices=auto|off\n"
"    auto, the default: with one virtual CPU, and where the host can do it, the\n"
"    host tells of most system calls of guest programs that share the virtual\n"
"    CPU's core, which is faster than a signal. off: each is a signal.\n");

/* --- what else is on the command line ------------------------------------ */

void __init um_boot_see(const char *arg)
{
	if (str_has_prefix(arg, "console="))
		um_boot_wishes.console = true;
	if (str_has_prefix(arg, "rdinit="))
		um_boot_wishes.rdinit = true;
	if (str_has_prefix(arg, "root="))
		um_boot_wishes.root = true;
}

const char *__init um_boot_rewrite(const char *arg)
{
	static char root[128] __initdata = "root=";
	const size_t name = strlen("root=");

	/*
	 * The kernel finds a disk by its own name, ubda; ubd0 is the name on
	 * the command line and in the guest's /dev.
	 */
	if (IS_ENABLED(CONFIG_BLK_DEV_UBD) && str_has_prefix(arg, "root=") &&
	    ubd_root_spelling(arg + name, root + name, sizeof(root) - name) == 1)
		return root;
	return arg;
}

void __init um_boot_defaults(void (*add)(const char *arg))
{
	if (!um_boot_wishes.console)
		add("console=tty0");
	if (!um_boot_wishes.disk)
		um_boot_default_disk();
	if (um_boot_wishes.disk && !um_boot_wishes.root &&
	    !um_boot_wishes.initrd && !um_boot_wishes.rdinit) {
		add("root=98:0");
		um_boot_wishes.root = true;
	}
}
