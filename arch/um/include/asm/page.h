/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where things are in the kernel's address space, which is the address space
 * of the host process:
 *
 *   0x0000_1000_0000  image (text, data), linked at a fixed address
 *   0x0000_6000_0000  modules, within reach of the image's code model
 *   0x2000_0000_0000  guest RAM, all of it (PAGE_OFFSET)
 *   0x3000_0000_0000  vmalloc
 *   0x7xxx_xxxx_xxxx  whatever the host's loader, libc and mmap() put there
 *
 * A guest-physical address is an offset into guest RAM.
 */
#ifndef __ASM_UM_PAGE_H
#define __ASM_UM_PAGE_H

#include <linux/const.h>

#define PAGE_SHIFT	CONFIG_PAGE_SHIFT
#define PAGE_SIZE	(_AC(1, UL) << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

/* What a huge page has: PMD_SHIFT. */
#define HPAGE_SHIFT	21
#define HPAGE_SIZE	(_AC(1, UL) << HPAGE_SHIFT)
#define HPAGE_MASK	(~(HPAGE_SIZE - 1))

#define PAGE_OFFSET	_AC(0x200000000000, UL)

#ifndef __ASSEMBLY__

#include <linux/types.h>
#include <linux/compiler.h>
#include <asm/pgtable_types.h>

struct page;

/* Bytes of guest RAM; set once, before the kernel proper starts. */
extern unsigned long um_ram_size;

/* By the names which string checkers (fortify, KASAN) leave alone. */
void *__memset(void *s, int c, size_t n);
void *__memcpy(void *dst, const void *src, size_t n);

#define clear_page(page)	__memset((page), 0, PAGE_SIZE)
#define copy_page(to, from)	__memcpy((to), (from), PAGE_SIZE)

#define clear_user_page(page, vaddr, pg)	clear_page(page)
#define copy_user_page(to, from, vaddr, pg)	copy_page(to, from)

#define __pa(x)		((unsigned long)(x) - PAGE_OFFSET)
#define __va(x)		((void *)((unsigned long)(x) + PAGE_OFFSET))

/* The image is no part of guest RAM: its symbols have no physical address. */
#define __pa_symbol(x)	__pa(RELOC_HIDE((unsigned long)(x), 0))

#define virt_to_pfn(kaddr)	(__pa(kaddr) >> PAGE_SHIFT)
#define virt_to_page(kaddr)	pfn_to_page(virt_to_pfn(kaddr))
#define page_to_virt(page)	__va(page_to_pfn(page) << PAGE_SHIFT)
#define page_to_phys(page)	((phys_addr_t)page_to_pfn(page) << PAGE_SHIFT)
#define phys_to_page(phys)	pfn_to_page((phys) >> PAGE_SHIFT)

#define virt_addr_valid(kaddr)	(__pa(kaddr) < um_ram_size)

#define VM_DATA_DEFAULT_FLAGS	VM_DATA_FLAGS_TSK_EXEC

#include <asm-generic/memory_model.h>
#include <asm-generic/getorder.h>

#endif
#endif
