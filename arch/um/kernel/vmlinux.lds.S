/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where the kernel's sections go in the program. The host's linker has its own
 * script for an ordinary program (libc start-up code, dynamic linking, thread-
 * local storage); this one augments it: INSERT puts our output sections among
 * its, and their input patterns win over its.
 */
#include <asm/page.h>
#include <asm/cache.h>
#include <asm/thread_info.h>
#include <asm-generic/vmlinux.lds.h>

jiffies = jiffies_64;

SECTIONS
{
	.um.text : ALIGN(PAGE_SIZE) {
		_text = .;
		_stext = .;
		TEXT_TEXT
		SCHED_TEXT
		LOCK_TEXT
		KPROBES_TEXT
		IRQENTRY_TEXT
		SOFTIRQENTRY_TEXT
		*(.text.*)
		*(.fixup)
		_etext = .;
		. = ALIGN(PAGE_SIZE);
		_sinittext = .;
		INIT_TEXT
		EXIT_TEXT
		_einittext = .;
	}
}
INSERT AFTER .text;

SECTIONS
{
	RO_DATA(PAGE_SIZE)
	EXCEPTION_TABLE(16)
}
INSERT AFTER .eh_frame;

SECTIONS
{
	. = ALIGN(PAGE_SIZE);
	__init_begin = .;
	INIT_DATA_SECTION(16)
	.um.options : ALIGN(8) {
		__um_options_start = .;
		KEEP(*(.init.um.options))
		__um_options_end = .;
	}
	.um.sandbox : ALIGN(8) {
		__um_sandbox_start = .;
		KEEP(*(.init.um.sandbox))
		__um_sandbox_end = .;
	}
	PERCPU_SECTION(L1_CACHE_BYTES)
	. = ALIGN(PAGE_SIZE);
	__init_end = .;
	_sdata = .;
	RW_DATA(L1_CACHE_BYTES, PAGE_SIZE, THREAD_SIZE)
	_edata = .;
}
INSERT BEFORE .bss;

SECTIONS
{
	__bss_stop = .;
}
INSERT AFTER .bss;

SECTIONS
{
	/DISCARD/ : {
		*(.exitcall.exit)
		*(.discard .discard.* .modinfo .gnu.version_unused)
		*(.altinstructions .altinstr_replacement .smp_locks)
		*(.export_symbol .retpoline_sites .return_sites .call_sites)
	}
}
INSERT AFTER .comment;
