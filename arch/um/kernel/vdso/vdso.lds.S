/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vDSO's layout: one loadable segment, with the data pages in front of it
 * (asm/vdso.h).
 */
#include <asm/page.h>
#include <asm/vdso.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)

#define VVAR(page)	(. - (UM_VVAR_PAGES - page) * PAGE_SIZE)

SECTIONS
{
	_vdso_data = VVAR(UM_VVAR_TIME);
	_timens_data = VVAR(UM_VVAR_TIMENS);
	_vdso_rng_data = VVAR(UM_VVAR_COMMON);
	um_vdso_data = VVAR(UM_VVAR_COMMON) + UM_VDSO_DATA_OFFSET;

	. = SIZEOF_HEADERS;

	.hash		: { *(.hash) }			:text
	.gnu.hash	: { *(.gnu.hash) }
	.dynsym		: { *(.dynsym) }
	.dynstr		: { *(.dynstr) }
	.gnu.version	: { *(.gnu.version) }
	.gnu.version_d	: { *(.gnu.version_d) }
	.gnu.version_r	: { *(.gnu.version_r) }

	.dynamic	: { *(.dynamic) }		:text :dynamic
	.note		: { *(.note.*) }		:text :note
	.eh_frame_hdr	: { *(.eh_frame_hdr) }		:text :eh_frame_hdr
	.eh_frame	: { KEEP(*(.eh_frame)) }	:text
	.rodata		: { *(.rodata*) }		:text
	.text		: { *(.text*) }			:text

	/DISCARD/ : {
		*(.data .data.* .bss .bss.* .discard .discard.*)
		*(.note.GNU-stack .note.gnu.property .comment)
		*(.altinstructions .altinstr_replacement)
	}
}

PHDRS
{
	text		PT_LOAD		FLAGS(5) FILEHDR PHDRS;
	dynamic		PT_DYNAMIC	FLAGS(4);
	note		PT_NOTE		FLAGS(4);
	eh_frame_hdr	PT_GNU_EH_FRAME;
}

VERSION
{
	LINUX_2.6 {
	global:
		clock_gettime;
		__vdso_clock_gettime;
		gettimeofday;
		__vdso_gettimeofday;
		time;
		__vdso_time;
		clock_getres;
		__vdso_clock_getres;
		getcpu;
		__vdso_getcpu;
		getrandom;
		__vdso_getrandom;
	local:
		*;
	};
}
