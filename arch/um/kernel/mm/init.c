// SPDX-License-Identifier: GPL-2.0
/*
 * Memory management at boot: zones, the zero page, where modules go, and
 * which protections a guest's mapping gets.
 */
#include <linux/execmem.h>
#include <linux/init.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/pgtable.h>
#include <asm/sections.h>
#include <um/boot.h>

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;

struct page *um_zero_page __ro_after_init;
EXPORT_SYMBOL(um_zero_page);

/* Indexed by VM_SHARED, VM_EXEC, VM_WRITE, VM_READ. Writing implies reading. */
static const pgprot_t protection_map[16] = {
	[VM_NONE] = PAGE_NONE,
	[VM_READ] = PAGE_READONLY,
	[VM_WRITE] = PAGE_READONLY,
	[VM_WRITE | VM_READ] = PAGE_READONLY,
	[VM_EXEC] = PAGE_READEXEC,
	[VM_EXEC | VM_READ] = PAGE_READEXEC,
	[VM_EXEC | VM_WRITE] = PAGE_READEXEC,
	[VM_EXEC | VM_WRITE | VM_READ] = PAGE_READEXEC,
	[VM_SHARED] = PAGE_NONE,
	[VM_SHARED | VM_READ] = PAGE_READONLY,
	[VM_SHARED | VM_WRITE] = PAGE_SHARED,
	[VM_SHARED | VM_WRITE | VM_READ] = PAGE_SHARED,
	[VM_SHARED | VM_EXEC] = PAGE_READEXEC,
	[VM_SHARED | VM_EXEC | VM_READ] = PAGE_READEXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE] = PAGE_SHARED_EXEC,
	[VM_SHARED | VM_EXEC | VM_WRITE | VM_READ] = PAGE_SHARED_EXEC,
};
DECLARE_VM_GET_PAGE_PROT

void __init um_paging_setup(void)
{
	unsigned long zones[MAX_NR_ZONES] = { };

	max_pfn = PFN_DOWN(um_ram_size);
	max_low_pfn = max_pfn;
	set_max_mapnr(max_pfn);
	min_low_pfn = 0;
	high_memory = __va(um_ram_size);
	zones[ZONE_NORMAL] = max_pfn;
	free_area_init(zones);

	um_zero_page = virt_to_page(memblock_alloc(PAGE_SIZE, PAGE_SIZE));
}

void __init mem_init(void)
{
	memblock_free_all();
}

/* The image is no part of guest RAM: there is nothing to give back. */
void free_initmem(void)
{
}

#ifdef CONFIG_EXECMEM
static struct execmem_info execmem_info __ro_after_init;

/* Modules are compiled for the small code model: near the image. */
struct execmem_info __init *execmem_arch_setup(void)
{
	execmem_info = (struct execmem_info) {
		.ranges = {
			[EXECMEM_DEFAULT] = {
				.start = MODULES_VADDR,
				.end = MODULES_END,
				.pgprot = PAGE_KERNEL_EXEC,
				.alignment = 1,
			},
		},
	};
	return &execmem_info;
}
#endif

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
/*
 * A fault hands the guest over twice and has its host process make a mapping,
 * whatever it brings in: let it bring more pages of anonymous memory than the
 * one touched, but not so many in a small guest. thp_anon= and
 * transparent_hugepage=never overrule it.
 */
static int __init choose_folio_sizes(void)
{
	unsigned long largest = um_ram_size < SZ_128M ? SZ_16K : SZ_64K;
	unsigned long size;

	if (huge_anon_orders_always || huge_anon_orders_madvise ||
	    huge_anon_orders_inherit != BIT(PMD_ORDER) ||
	    strstr(saved_command_line, "transparent_hugepage=never"))
		return 0;
	for (size = SZ_16K; size <= largest; size *= 2)
		huge_anon_orders_always |= BIT(get_order(size));
	return 0;
}
device_initcall(choose_folio_sizes);
#endif
