// SPDX-License-Identifier: GPL-2.0
/*
 * How the stub finds the host's vDSO: texts of /proc/self/maps as hosts write them and as
 * they do not, and the look-up of a function in this host's vDSO, whole, cut and damaged.
 * Run by tests/host/stub_vdso.t under the sanitizers; emits TAP.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <time.h>

#include "chan_tap.h"
#include "stub_layout.h"
#include "stub_vdso.h"

enum { IMAGE_LEN = 4096, DAMAGES = 20000 };

#define NAME "__vdso_clock_gettime"

static void parse(struct stub_vdso *v, const char *text)
{
	/* Exactly as long as said: a byte too far is seen. */
	size_t len = strlen(text);
	char *copy = malloc(len);

	memset(v, 0x5a, sizeof(*v));
	memcpy(copy, text, len);
	stub_vdso_parse(v, copy, len);
	free(copy);
}

#define STUB "7fffffe00000-7fffffe02000 r-xp 00000000 00:01 2055       /memfd:uml-guest (deleted)\n"
#define STACK "7ffffffde000-7ffffffff000 rw-p 00000000 00:00 0          [stack]\n"
#define VVAR "7ffff7ff9000-7ffff7ffd000 r--p 00000000 00:00 0          [vvar]\n"
#define VCLOCK "7ffff7ffd000-7ffff7fff000 r--p 00000000 00:00 0          [vvar_vclock]\n"
#define VDSO "7ffff7fff000-7ffff8001000 r-xp 00000000 00:00 0          [vdso]\n"

static void test_maps(void)
{
	struct stub_vdso v;

	parse(&v, VVAR VCLOCK VDSO STUB STACK
	      "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0  [vsyscall]\n");
	ok(v.nr == 3 && v.image == 0x7ffff7fff000 && v.image_len == 0x2000 &&
	   v.low == 0x7ffff7ff9000 && v.high == 0x7ffff8001000, "three mappings");
	ok(v.part[0].start == 0x7ffff7ff9000 && v.part[0].end == 0x7ffff7ffd000 &&
	   v.part[2].start == 0x7ffff7fff000 && v.part[2].end == 0x7ffff8001000, "in order");
	parse(&v, VDSO VVAR STUB STACK);
	ok(v.nr == 2 && v.low == 0x7ffff7ff9000 && v.high == 0x7ffff8001000, "in no order");
	parse(&v, VDSO);
	ok(v.nr == 1 && v.low == v.image, "without data pages");

	parse(&v, "");
	ok(v.nr == 0, "no text");
	parse(&v, STUB STACK);
	ok(v.nr == 0, "no vDSO");
	parse(&v, VVAR VCLOCK STUB);
	ok(v.nr == 0, "data pages without code");
	parse(&v, VVAR VDSO "7fffffe00000-7ff");
	ok(v.nr == 0, "a text which is cut");
	parse(&v, VVAR VVAR VVAR VVAR VVAR VVAR VDSO);
	ok(v.nr == 0, "more mappings than there is room for");
	parse(&v, "10000-11000 r--p 00000000 00:00 0   [vvar]\n" VDSO);
	ok(v.nr == 0, "mappings too far apart");
	parse(&v, VVAR "7ffffffe0000-7ffffffe2000 r-xp 00000000 00:00 0   [vdso]\n");
	ok(v.nr == 0, "a vDSO where the stub is");
	parse(&v, "\n\n-\n[vdso]\nzz [vdso]\n1-2\n1-2 [vdso\n- - - - - [vdso]\n");
	ok(v.nr == 0, "no maps at all");
}

static void *copy_of(const void *image, size_t len)
{
	void *copy = malloc(len);

	memcpy(copy, image, len);
	return copy;
}

static void test_symbol(void)
{
	const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
	int (*fn)(clockid_t clock, struct timespec *ts);
	unsigned int seed = 1, bad = 0, at;
	struct timespec ts;
	unsigned char *copy;
	__u64 off, got;
	size_t len;

	if (!image) {
		ok(1, "look-up # SKIP this host has no vDSO");
		return;
	}
	off = stub_vdso_symbol(image, IMAGE_LEN, NAME);
	fn = (void *)(image + off);
	ok(off && fn(CLOCK_MONOTONIC, &ts) == 0, "the function is found, and works");
	ok(!stub_vdso_symbol(image, IMAGE_LEN, "__vdso_clock_gettim"), "a name too short");
	ok(!stub_vdso_symbol(image, IMAGE_LEN, NAME "s"), "a name too long");

	for (len = 0; len < IMAGE_LEN; len++) {
		copy = copy_of(image, len);
		got = stub_vdso_symbol(copy, len, NAME);
		bad += got && got >= len;
		free(copy);
	}
	ok(!bad, "images which are cut");

	copy = copy_of(image, IMAGE_LEN);
	for (int i = 0; i < DAMAGES; i++) {
		unsigned char was;

		/* The headers and tables are at the beginning. */
		at = rand_r(&seed) % 1200;
		was = copy[at];
		copy[at] = rand_r(&seed);
		bad += stub_vdso_symbol(copy, IMAGE_LEN, NAME) >= IMAGE_LEN;
		if (i % 8)
			copy[at] = was;
		else if (i % 64 == 0)
			memcpy(copy, image, IMAGE_LEN);
	}
	ok(!bad, "images which are damaged");
	free(copy);
}

int main(void)
{
	test_maps();
	test_symbol();
	return tap_done();
}
