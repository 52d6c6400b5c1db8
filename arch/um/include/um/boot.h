/* SPDX-License-Identifier: GPL-2.0 */
/* Booting: what the command line asked for, and what is added to it. */
#ifndef UM_BOOT_H
#define UM_BOOT_H

#include <linux/seq_file.h>
#include <linux/types.h>
#include <host/backend.h>

/* /proc/cpuinfo, which generic code looks for by this name. */
extern const struct seq_operations cpuinfo_op;

/**
 * struct um_boot_wishes - what options and parameters asked for
 * @ram_size: mem=, bytes
 * @initrd: initrd=, host path
 * @dtb: dtb=, host path
 * @umid: umid=
 * @uml_dir: uml_dir=
 * @backend: backend=
 * @spin: spin=
 * @no_fsgsbase: nofsgsbase
 * @no_notices: notices=off
 * @quiet: no start-up lines
 * @noreboot: reboot ends the program
 * @root: a root= was given
 * @disk: there is to be a disk ubd0
 * @console: a console= was given
 * @rdinit: an rdinit= was given
 */
struct um_boot_wishes {
	u64 ram_size;
	const char *initrd;
	const char *dtb;
	const char *umid;
	const char *uml_dir;
	const char *backend;
	enum um_spin spin;
	bool no_fsgsbase;
	bool no_notices;
	bool quiet;
	bool noreboot;
	bool root;
	bool disk;
	bool console;
	bool rdinit;
};

extern struct um_boot_wishes um_boot_wishes;
extern char um_command_line[];
/* The .config this kernel was built from, up to NULL: made by kernel/Makefile. */
extern const char *const um_showconfig_lines[];
/* Of usr/: bytes of the initramfs in the binary. */
extern unsigned long __initramfs_size;

/* Note what an argument asks for, whoever takes it. */
void um_boot_see(const char *arg);
/* The kernel parameter to be used instead of one: mostly itself. */
const char *um_boot_rewrite(const char *arg);
/* Add what was not given, by calling @add. */
void um_boot_defaults(void (*add)(const char *arg));

#ifdef CONFIG_BLK_DEV_UBD
/* Without ubd0=, a file of the usual name is that disk. */
void um_boot_default_disk(void);
#else
static inline void um_boot_default_disk(void) { }
#endif

/* Where guest RAM lives on the host, for messages. */
extern const char *um_ram_place;

/* setup_arch()'s steps. */
void um_physmem_setup(void);
#ifdef CONFIG_BLK_DEV_INITRD
void um_initrd_setup(void);
#else
static inline void um_initrd_setup(void) { }
#endif
#ifdef CONFIG_OF
void um_dtb_setup(void);
#else
static inline void um_dtb_setup(void) { }
#endif
#ifdef CONFIG_SMP
void um_smp_setup(void);
#else
static inline void um_smp_setup(void) { }
#endif
void um_paging_setup(void);

/* One line on standard error at start-up, unless quiet. */
void um_boot_note(const char *fmt, ...) __printf(1, 2);

#endif
