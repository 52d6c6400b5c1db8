// SPDX-License-Identifier: GPL-2.0
/* dtb=: a flattened device tree, read from a file of the host (CONFIG_OF). */
#include <linux/init.h>
#include <linux/libfdt.h>
#include <linux/memblock.h>
#include <linux/of_fdt.h>
#include <host/file.h>
#include <host/proc.h>
#include <um/boot.h>
#include <um/option.h>

/* The size which it claims first: what checks the rest reads all of it. */
static bool __init is_whole_tree(void *tree, phys_addr_t area, u64 bytes)
{
	return bytes >= sizeof(struct fdt_header) &&
	       fdt_totalsize(tree) <= bytes &&
	       early_init_dt_verify(tree, area);
}

void __init um_dtb_setup(void)
{
	const char *path = um_boot_wishes.dtb;
	phys_addr_t area;
	u64 dtb_bytes;
	int err;

	if (!path)
		return;
	err = os_file_size(path, &dtb_bytes);
	if (err)
		os_die("dtb=%s: cannot read it (error %d: %s)", path, -err,
		       um_error_text(err));
	area = memblock_phys_alloc(dtb_bytes, PAGE_SIZE);
	if (!area)
		os_die("dtb=%s: its %llu bytes do not fit into mem=%luM", path,
		       dtb_bytes, um_ram_size >> 20);
	if (os_file_load(path, __va(area), dtb_bytes) != dtb_bytes)
		os_die("dtb=%s: reading it failed", path);
	if (!is_whole_tree(__va(area), area, dtb_bytes))
		os_die("dtb=%s: is no flattened device tree", path);
	unflatten_device_tree();
}
