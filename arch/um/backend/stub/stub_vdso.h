/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The host's vDSO, kept for guests. The stub finds out where exec put it and
 * moves it, with the data pages it reads, into the stub's own area.
 */
#ifndef UM_STUB_VDSO_H
#define UM_STUB_VDSO_H

#include <host/types.h>

enum {
	/* [vdso], and hosts have up to three kinds of [vvar]. */
	STUB_VDSO_PARTS = 6,
};

/**
 * struct stub_vdso - host mappings which belong together
 * @image: start of the one with the code
 * @image_len: its bytes
 * @low: lowest address of all; they are moved by the same distance
 * @high: first address behind all of them
 * @nr: valid elements of @part; 0 if there is no usable vDSO
 * @part: the mappings
 */
struct stub_vdso {
	__u64 image;
	__u64 image_len;
	__u64 low;
	__u64 high;
	__u32 nr;
	struct {
		__u64 start;
		__u64 end;
	} part[STUB_VDSO_PARTS];
};

/**
 * stub_vdso_parse() - find the vDSO in the text of /proc/self/maps
 * @v: out: what was found; @v->nr is 0 if it is not complete
 * @text: the file, not terminated
 * @len: its bytes
 */
void stub_vdso_parse(struct stub_vdso *v, const char *text, size_t len);

/**
 * stub_vdso_symbol() - look up a function in an ELF shared object
 * @image: the object, as loaded; trusted as little as any file
 * @len: its bytes
 * @name: name of the function
 *
 * Return: its offset from @image, 0 if it is not found.
 */
__u64 stub_vdso_symbol(const void *image, __u64 len, const char *name);

/**
 * stub_vdso_find() - find the vDSO of this process
 * @v: out: its mappings; @v->nr is 0 if there is none that can be moved
 * @start: the stack as exec made it: argc, argv, envp, auxiliary vector
 */
void stub_vdso_find(struct stub_vdso *v, const unsigned long *start);

/**
 * stub_vdso_move() - move the vDSO to its place in the stub's area
 * @v: what stub_vdso_find() found; that place must be empty
 *
 * Return: address of its clock_gettime() there; 0 if there is none, and then
 * nothing of it is left there.
 */
__u64 stub_vdso_move(const struct stub_vdso *v);

#endif
