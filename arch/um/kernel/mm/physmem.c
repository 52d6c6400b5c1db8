// SPDX-License-Identifier: GPL-2.0
/* Guest RAM: how much (mem=), and where the kernel sees it. */
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <host/mem.h>
#include <host/proc.h>
#include <um/boot.h>
#include <um/option.h>

#define RAM_DEFAULT	SZ_256M
/* Less does not get as far as a shell; more does not fit below vmalloc. */
#define RAM_MIN		SZ_16M
#define RAM_MAX		(VMALLOC_START - PAGE_OFFSET)

unsigned long um_ram_size __ro_after_init;
EXPORT_SYMBOL(um_ram_size);

static int __init parse_mem(const char *value)
{
	char *end;
	u64 size = memparse(value, &end);

	if (end == value || *end)
		return um_option_error("mem=%s: expected a number with a suffix, such as 256M or 2G",
				       value);
	if (size < RAM_MIN || size > RAM_MAX)
		return um_option_error("mem=%s: expected between %luM and %luT",
				       value, (unsigned long)RAM_MIN >> 20,
				       RAM_MAX >> 40);
	um_boot_wishes.ram_size = PAGE_ALIGN_DOWN(size);
	return 0;
}

UM_OPTION(mem, "mem=", 0, parse_mem,
"mem=<number>[K|M|G]\n"
"    Memory of the guest, 256M if not given, 16M at least. The host's is taken\n"
"    only as the guest uses it; it may be more than the host has.\n");

const char *um_ram_place __ro_after_init = "";

void __init um_physmem_setup(void)
{
	int err;

	um_ram_size = um_boot_wishes.ram_size ?: RAM_DEFAULT;
	err = os_ram_create((void *)PAGE_OFFSET, um_ram_size, &um_ram_place);
	if (err)
		os_die("mem=%luM: cannot make guest RAM in %s (error %d: %s)",
		       um_ram_size >> 20, um_ram_place, -err, um_error_text(err));
	err = os_mem_reserve((void *)VMALLOC_START, VMALLOC_END - VMALLOC_START);
	if (!err)
		err = os_mem_reserve((void *)MODULES_VADDR,
				     MODULES_END - MODULES_VADDR);
	if (err)
		os_die("cannot reserve the kernel's address space (error %d: %s)",
		       -err, um_error_text(err));
}
