// SPDX-License-Identifier: GPL-2.0
/*
 * The ubd options of the command line: collected before the kernel proper
 * runs, made into devices at an initcall. ubd_config.c reads the texts, ubd.c
 * drives the devices.
 */
#define pr_fmt(fmt) "ubd: " fmt

#include <linux/init.h>
#include <linux/string.h>

#include <host/file.h>
#include <um/boot.h>
#include <um/option.h>
#include <um/sandbox_option.h>

#include "ubd.h"

/* Indexed by disk; an empty file name means there is none. */
static struct ubd_config ubd_disks[UBD_DISKS_MAX] __initdata;

/* For disks that come later, too. */
static u32 ubd_sector_sizes[UBD_DISKS_MAX];
static bool ubd_all_sync = IS_ENABLED(CONFIG_BLK_DEV_UBD_SYNC);

void ubd_option_apply(struct ubd_config *cfg)
{
	if (ubd_all_sync)
		cfg->flags |= UBD_SYNC;
	cfg->sector_size = ubd_sector_sizes[cfg->index];
}

static int __init ubd_option_parse(const char *value)
{
	static struct ubd_config cfg __initdata;
	static char err[UBD_ERROR_MAX] __initdata;
	struct ubd_config *disk;
	int kind;

	kind = ubd_config_parse(value, &cfg, err, sizeof(err));
	if (kind < 0)
		return um_option_error("%s", err);
	switch (kind) {
	case UBD_CONFIG_SYNC:
		ubd_all_sync = true;
		return 0;
	case UBD_CONFIG_ENGINE:
		ubd_engine_wanted = cfg.engine;
		return 0;
	case UBD_CONFIG_SECTOR:
		ubd_sector_sizes[cfg.index] = cfg.sector_size;
		return 0;
	}
	disk = &ubd_disks[cfg.index];
	if (disk->file[0])
		return um_option_error("ubd%.80s: expected each disk once; ubd%u (ubd%c) is %.80s",
				       value, cfg.index, 'a' + cfg.index,
				       disk->file);
	*disk = cfg;
	if (!cfg.index)
		um_boot_wishes.disk = true;
	return 0;
}

/* The name under which downloaded images have always lain beside ./linux. */
void __init um_boot_default_disk(void)
{
	static const char name[] __initconst = "root_fs";
	u64 size;

	if (os_file_size(name, &size) || !size)
		return;
	strscpy(ubd_disks[0].file, name);
	um_boot_wishes.disk = true;
	um_boot_note("ubd0=%s: taken from this directory, as there is no ubd0=\n",
		     name);
}

static const char ubd_help[] __initconst =
"ubd<n>[rsdct]=<file>[,<backing>[,<serial>]]\n"
"    Make <file>, a disk image or a block device of the host, the disk\n"
"    /dev/ubd<n>, which is also /dev/ubd<letter>. <n> is a number from 0 to 15\n"
"    or a letter from a to p: ubd0 and ubda are the same disk. The root file\n"
"    system is on /dev/ubd0 unless root= says otherwise. Without ubd0=, a file\n"
"    root_fs in the current directory is this disk.\n"
"    With <backing>, <file> is a COW file: what is written goes there, and what\n"
"    was not is read from the raw image <backing>, which many may share. A COW\n"
"    file that is not there is made; later <backing> need not be given.\n"
"    <serial> is what the guest sees as serial number: ubd0=<file>,,<serial>\n"
"    without a COW file. A colon is as good as a comma. Letters after <n>:\n"
"      r  read-only; a file the host does not let us write is so by itself\n"
"      s  each write reaches the host's disk before it counts as done;\n"
"         without it that is so when a program in the guest calls fsync()\n"
"      d  take the file as it is, even if it looks like a COW file\n"
"      c  do not lock the file: it is shared on purpose (the file system in\n"
"         it must be made for that, or all must only read)\n"
"      t  keep the file's blocks: deleting in the guest frees none on the host\n"
"ubd=sync\n"
"    Give all disks flag s.\n"
"ubd_sector=<n>:<bytes>\n"
"    Disk <n> has sectors of 512 (the default), 1024, 2048 or 4096 bytes.\n"
"ubd_engine=auto|io_uring|threads\n"
"    How disks are read and written: with io_uring, or by helper threads;\n"
"    auto takes io_uring where the host allows it.\n";

UM_OPTION(ubd, "ubd", 0, ubd_option_parse, ubd_help);

static int __init udb_option_parse(const char *value)
{
	return um_option_error("udb%.80s: expected ubd%.80s (it is a u, a b and a d)",
			       value, value);
}

UM_OPTION(udb, "udb", 0, udb_option_parse, NULL);

/*
 * Opening a disk once tells its backing file, and makes a COW file that is not
 * there yet. What is wrong with it is said when it is opened for good.
 */
static void __init ubd_sandbox_disk(const struct ubd_config *cfg)
{
	static struct ubd_host_info info __initdata;
	struct ubd_host_spec spec = {
		.file = cfg->file, .backing = cfg->backing, .flags = cfg->flags,
	};
	u32 access = OS_SANDBOX_READ;
	struct ubd_host *host;

	if (!(cfg->flags & UBD_READ_ONLY))
		access |= OS_SANDBOX_WRITE;
	if (!ubd_host_open(&spec, &info, &host))
		ubd_host_close(host);
	os_sandbox_allow(cfg->file, access);
	if (info.backing[0])
		os_sandbox_allow(info.backing, OS_SANDBOX_READ);
}

static void __init ubd_sandbox(void)
{
	const struct ubd_config *cfg;

	for (cfg = ubd_disks; cfg < ubd_disks + UBD_DISKS_MAX; cfg++)
		if (cfg->file[0])
			ubd_sandbox_disk(cfg);
}
UM_SANDBOX_NEEDS(ubd_sandbox);

static int __init ubd_add_devices(void)
{
	struct ubd_config *cfg;
	const char *why;
	int ret;

	for (cfg = ubd_disks; cfg < ubd_disks + UBD_DISKS_MAX; cfg++) {
		if (!cfg->file[0])
			continue;
		ubd_option_apply(cfg);
		ret = ubd_device_add(cfg, &why);
		if (ret)
			pr_err("%s\n", why ?: "cannot make a device");
	}
	return 0;
}
device_initcall(ubd_add_devices);
