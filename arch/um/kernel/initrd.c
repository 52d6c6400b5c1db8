// SPDX-License-Identifier: GPL-2.0
/*
 * Initial file systems: initrd=, a file of the host which is read into guest
 * RAM before anything else, and the rescue system in the binary.
 */
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/init_syscalls.h>
#include <linux/initrd.h>
#include <linux/kdev_t.h>
#include <linux/major.h>
#include <linux/memblock.h>
#include <host/file.h>
#include <host/proc.h>
#include <um/boot.h>
#include <um/option.h>

static u64 initrd_bytes __initdata;

static int __init parse_initrd(const char *value)
{
	int err = os_file_size(value, &initrd_bytes);

	if (!*value)
		return um_option_error("initrd=: expected the name of a file");
	if (err == -EISDIR)
		return um_option_error("initrd=%s: is a directory; expected a file",
				       value);
	if (err)
		return um_option_error("initrd=%s: cannot read it (error %d: %s)",
				       value, -err, um_error_text(err));
	if (!initrd_bytes)
		return um_option_error("initrd=%s: the file is empty", value);
	um_boot_wishes.initrd = value;
	return 0;
}

UM_OPTION(initrd, "initrd=", 0, parse_initrd,
"initrd=<file>\n"
"    Initial RAM disk or initramfs, a file of the host.\n");

void __init um_initrd_setup(void)
{
	const char *path = um_boot_wishes.initrd;
	phys_addr_t area;
	ssize_t n;

	if (!path)
		return;
	area = memblock_phys_alloc(initrd_bytes, PAGE_SIZE);
	if (!area)
		os_die("initrd=%s: its %llu bytes do not fit into mem=%luM",
		       path, initrd_bytes, um_ram_size >> 20);
	n = os_file_load(path, __va(area), initrd_bytes);
	if (n < 0 || n != initrd_bytes)
		os_die("initrd=%s: reading it failed (error %zd)", path,
		       n < 0 ? -n : 0);
	initrd_start = (unsigned long)__va(area);
	initrd_end = initrd_start + initrd_bytes;
}

/* --- the rescue system ---------------------------------------------------- */

/*
 * The initramfs in the binary is the rescue system. With another root file
 * system it is not unpacked; then init's console needs its node all the same.
 */
static bool rescue_skipped __initdata;

static int __init skip_rescue(void)
{
	if (um_boot_wishes.root || um_boot_wishes.initrd) {
		__initramfs_size = 0;
		rescue_skipped = true;
	}
	return 0;
}
fs_initcall(skip_rescue);

static int __init make_console_node(void)
{
	if (!rescue_skipped)
		return 0;
	init_mkdir("/dev", 0755);
	init_mknod("/dev/console", S_IFCHR | 0600,
		   new_encode_dev(MKDEV(TTYAUX_MAJOR, 1)));
	init_mkdir("/root", 0700);
	return 0;
}
rootfs_initcall(make_console_node);
