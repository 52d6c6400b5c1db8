/* SPDX-License-Identifier: GPL-2.0 */
/* Where things are: no pointer made of these is followed. */
#define PAGE_OFFSET		0x100000000000UL
#define VMALLOC_START		0x200000000000UL
#define VMALLOC_END		0x200000001000UL
#define MODULES_VADDR		0x300000000000UL
#define MODULES_END		0x300000001000UL
#define PAGE_ALIGN_DOWN(n)	((n) & ~4095UL)
