// SPDX-License-Identifier: GPL-2.0
/*
 * Address space torture: random mmap, munmap, mprotect, mremap, madvise and writes against
 * a model of every page (mapped or not, protection, content), probed by instructions and
 * through the kernel; then the single rules, guard pages, MAP_GROWSDOWN, brk, code.
 * Not here: files (filemap.c), fork (cow.c).
 */
#include <sys/syscall.h>

#include "util.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define NR 64

struct model {
	bool mapped;
	int prot;
	u32 value;		/* what every probe word of the page holds */
};

static char *base;
static struct model model[NR];
static int probe_pipe[2];

static u32 *word(int page, int which)
{
	static const int offset[] = { 0, 2044, 4092 };

	return (u32 *)(base + page * PAGE + offset[which]);
}

static void write_page(int i, u32 value)
{
	for (int w = 0; w < 3; w++)
		*word(i, w) = value;
	model[i].value = value;
}

static bool complain(int i, const char *what)
{
	tap_note("page %d: %s (model: mapped %d prot %d value %x)", i, what, model[i].mapped,
		 model[i].prot, model[i].value);
	return false;
}

static bool fault_is(int i, void (*fn)(void *), int code)
{
	uintptr_t addr = (uintptr_t)base + i * PAGE + 8;

	return fault_of(fn, (void *)addr) == SIGSEGV && fault_seen.code == code &&
	       fault_seen.addr == addr;
}

/* Compare one page with the model: by load, by store, and by a copy the kernel makes. */
static bool check_page(int i)
{
	struct model *m = &model[i];
	int code = m->mapped ? SEGV_ACCERR : SEGV_MAPERR;
	bool readable = m->mapped && m->prot & PROT_READ;
	ssize_t n = write(probe_pipe[1], word(i, 1), 4);
	u32 copy = 0;

	if (readable) {
		for (int w = 0; w < 3; w++)
			if (*word(i, w) != m->value)
				return complain(i, "wrong content");
		if (n != 4 || read(probe_pipe[0], &copy, 4) != 4 || copy != m->value)
			return complain(i, "the kernel reads something else");
	} else {
		if (n != -1 || errno != EFAULT)
			return complain(i, "the kernel can read it");
		if (!fault_is(i, do_read, code))
			return complain(i, "a load does not fault as it should");
	}
	if (!(m->mapped && m->prot & PROT_WRITE) && !fault_is(i, do_write, code))
		return complain(i, "a store does not fault as it should");
	return true;
}

static bool check_all(void)
{
	for (int i = 0; i < NR; i++)
		if (!check_page(i))
			return false;
	return true;
}

static int random_prot(void)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
	};

	return prots[rnd(ARRAY_SIZE(prots))];
}

static bool all_mapped(int first, int n)
{
	for (int i = first; i < first + n; i++)
		if (!model[i].mapped)
			return false;
	return true;
}

static void op_mmap(int first, int n)
{
	int prot = random_prot();
	int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | (rnd(4) ? 0 : MAP_POPULATE);

	need(mmap(base + first * PAGE, n * PAGE, prot, flags, -1, 0) == base + first * PAGE);
	for (int i = first; i < first + n; i++)
		model[i] = (struct model){ true, prot, 0 };
}

static void op_munmap(int first, int n)
{
	need(munmap(base + first * PAGE, n * PAGE) == 0);
	for (int i = first; i < first + n; i++)
		model[i] = (struct model){ false, 0, 0 };
}

static void op_mprotect(int first, int n)
{
	int prot = random_prot();

	if (!all_mapped(first, n))
		return;
	need(mprotect(base + first * PAGE, n * PAGE, prot) == 0);
	for (int i = first; i < first + n; i++)
		model[i].prot = prot;
}

static void op_dontneed(int first, int n)
{
	if (!all_mapped(first, n))
		return;
	need(madvise(base + first * PAGE, n * PAGE, MADV_DONTNEED) == 0);
	for (int i = first; i < first + n; i++)
		model[i].value = 0;
}

static void op_write(int first, int n)
{
	for (int i = first; i < first + n; i++)
		if (model[i].mapped && model[i].prot & PROT_WRITE)
			write_page(i, 0x1000 + rnd(1 << 20));
}

/* Move to another place; the source must be one map, so make the protection the same. */
static void op_mremap(int first, int n)
{
	int target = rnd(NR - n + 1);
	void *from = base + first * PAGE, *to = base + target * PAGE;

	if (!all_mapped(first, n) || (target < first + n && first < target + n))
		return;
	need(mprotect(from, n * PAGE, PROT_READ | PROT_WRITE) == 0);
	if (mremap(from, n * PAGE, n * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to) {
		/* Neighbours that came by mremap do not merge: the range may be several maps. */
		need(errno == EFAULT);
		for (int i = 0; i < n; i++)
			model[first + i].prot = PROT_READ | PROT_WRITE;
		/* The old target may be gone already; make it surely so. */
		op_munmap(target, n);
		return;
	}
	for (int i = 0; i < n; i++) {
		model[target + i] = model[first + i];
		model[target + i].prot = PROT_READ | PROT_WRITE;
		model[first + i] = (struct model){ false, 0, 0 };
	}
}

static void test_random(void)
{
	static void (*const ops[])(int first, int n) = {
		op_mmap, op_mmap, op_munmap, op_mprotect, op_mprotect, op_dontneed, op_write,
		op_write, op_write, op_mremap,
	};
	bool good = true;
	int step;

	op_munmap(0, NR);
	for (step = 0; step < 1200 && good; step++) {
		int n = 1 + rnd(rnd(3) ? 6 : 24);

		ops[rnd(ARRAY_SIZE(ops))](rnd(NR - n + 1), n);
		if (step % 4 == 0)
			good = check_page(rnd(NR));
		if (step % 60 == 0)
			good = good && check_all();
	}
	ok(good, "1200 random operations agree with the model (%d done)", step);
	ok(check_all(), "the whole region agrees at the end");
}

/* --- single rules --------------------------------------------------------- */

static bool zero_page(const char *p)
{
	for (unsigned int i = 0; i < PAGE; i++)
		if (p[i])
			return false;
	return true;
}

static void test_fixed(void)
{
	char *p = map_anon(8 * PAGE);

	memset(p, 'a', 8 * PAGE);
	need(mmap(p + 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p + 2 * PAGE);
	ok(zero_page(p + 2 * PAGE) && zero_page(p + 3 * PAGE), "MAP_FIXED replaces by zero pages");
	ok(p[2 * PAGE - 1] == 'a' && p[4 * PAGE] == 'a', "and leaves the neighbours");
	ok(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) ==
	   MAP_FAILED && errno == EEXIST, "MAP_FIXED_NOREPLACE gives EEXIST");
	need(munmap(p + PAGE, PAGE) == 0);
	ok_eq(fault_of(do_read, p + PAGE), SIGSEGV, "a hole in the middle faults");
	ok(p[0] == 'a' && p[4 * PAGE] == 'a', "what is around the hole stays");
	munmap(p, 8 * PAGE);
	ok(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
	   errno == EINVAL, "length zero gives EINVAL");
	ok(munmap(p + 1, PAGE) == -1 && errno == EINVAL, "an odd address gives EINVAL");
	ok(mprotect(p, PAGE, PROT_READ) == -1 && errno == ENOMEM,
	   "mprotect of a hole gives ENOMEM");
	ok(mmap((void *)(0UL - 2 * PAGE), PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
		-1, 0) == MAP_FAILED && errno == ENOMEM, "an address beyond the top gives ENOMEM");
}

static void test_mremap(void)
{
	char *p = map_anon(4 * PAGE), *q;

	for (int i = 0; i < 4; i++)
		memset(p + i * PAGE, 'a' + i, PAGE);
	q = mremap(p, 4 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
	need(q != MAP_FAILED);
	ok(q[0] == 'a' && q[PAGE] == 'b' && q[4 * PAGE - 1] == 'd' && zero_page(q + 4 * PAGE) &&
	   zero_page(q + 63 * PAGE), "mremap grows, with the content and zeroes behind");
	p = mremap(q, 64 * PAGE, 2 * PAGE, 0);
	ok(p == q && p[PAGE] == 'b' && fault_of(do_read, p + 2 * PAGE) == SIGSEGV,
	   "mremap shrinks in place");
	need(munmap(p, 2 * PAGE) == 0);

	p = map_anon(2 * PAGE);
	memset(p, 'x', 2 * PAGE);
	q = mremap(p, 2 * PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);
	if (q == MAP_FAILED) {
		tap_skip("MREMAP_DONTUNMAP", "not in this kernel");
	} else {
		ok(q[5] == 'x' && zero_page(p), "MREMAP_DONTUNMAP leaves zero pages behind");
		munmap(q, 2 * PAGE);
	}
	munmap(p, 2 * PAGE);
}

static void test_guard(void)
{
	char *p = map_anon(34 * PAGE);
	bool good = true;

	need(mprotect(p, PAGE, PROT_NONE) == 0);
	need(mprotect(p + 33 * PAGE, PAGE, PROT_NONE) == 0);
	for (int i = 1; i < 33; i++)
		memset(p + i * PAGE, i, PAGE);
	good = good && fault_of(do_write, p + PAGE - 1) == SIGSEGV;
	good = good && fault_seen.addr == (uintptr_t)p + PAGE - 1;
	good = good && fault_of(do_read, p + 33 * PAGE) == SIGSEGV;
	good = good && fault_seen.code == SEGV_ACCERR;
	ok(good, "guard pages fault to the byte");
	for (int i = 1; i < 33; i++)
		good = good && p[i * PAGE] == i && p[(i + 1) * PAGE - 1] == i;
	ok(good, "what is between them is whole");
	munmap(p, 34 * PAGE);
}

static void test_grows_down(void)
{
	size_t room = 1024 * PAGE;
	char *p = map_anon(room), *top = p + room;
	bool good = true;

	need(munmap(p, room) == 0);
	need(mmap(top - PAGE, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS |
		  MAP_FIXED | MAP_GROWSDOWN, -1, 0) == top - PAGE);
	for (int i = 1; i <= 64; i++)
		top[-i * (long)PAGE] = i;
	top[-200 * (long)PAGE] = 77;
	for (int i = 1; i <= 64; i++)
		good = good && top[-i * (long)PAGE] == i;
	ok(good && top[-200 * (long)PAGE] == 77, "MAP_GROWSDOWN grows, step by step and by a leap");
	ok(zero_page(top - 100 * PAGE), "what it grew over is zero");
	munmap(top - 201 * PAGE, 201 * PAGE);
}

static void test_code(void)
{
	/* mov $imm32, %eax; ret */
	unsigned char code[] = { 0xb8, 0, 0, 0, 0, 0xc3 };
	unsigned char *p = map_anon(2 * PAGE);
	bool good = true;

	for (int i = 0; i < 20; i++) {
		int (*fn)(void) = (int (*)(void))(p + PAGE - 3);

		need(mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE) == 0);
		code[1] = i;
		code[3] = i + 1;
		memcpy(p + PAGE - 3, code, sizeof(code));
		need(mprotect(p, 2 * PAGE, PROT_READ | PROT_EXEC) == 0);
		good = good && fn() == (i | (i + 1) << 16);
	}
	ok(good, "code written, made executable across a page border and run, 20 times");
	need(mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
	for (int i = 0; i < 200; i++) {
		p[PAGE - 2] = i;
		good = good && ((int (*)(void))(p + PAGE - 3))() == (i | 20 << 16);
	}
	ok(good, "code changed in place in a writable page");
	munmap(p, 2 * PAGE);
}

static void test_sparse(void)
{
	size_t size = 1UL << 32, stride = 1UL << 26;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bool good = true;

	if (p == MAP_FAILED) {
		tap_skip("4 GiB sparse map", "the kernel does not give 4 GiB of address space");
		return;
	}
	for (size_t at = 0; at < size; at += stride)
		*(size_t *)(p + at) = at + 1;
	for (size_t at = 0; at < size; at += stride)
		good = good && *(size_t *)(p + at) == at + 1 && zero_page(p + at + PAGE);
	ok(good, "pages far apart in 4 GiB");
	ok(munmap(p, size) == 0 && fault_of(do_read, p + stride) == SIGSEGV,
	   "and all gone at once");
}

static void test_many_maps(void)
{
	enum { MAPS = 600 };
	char *p = map_anon(MAPS * PAGE);
	bool good = true;

	for (int i = 0; i < MAPS; i++)
		p[i * PAGE] = i % 100;
	for (int i = 0; i < MAPS; i += 2)
		need(mprotect(p + i * PAGE, PAGE, PROT_READ) == 0);
	for (int i = 0; i < MAPS; i++)
		good = good && p[i * PAGE] == i % 100;
	good = good && fault_of(do_write, p + 300 * PAGE) == SIGSEGV &&
	       fault_of(do_write, p + 301 * PAGE) == 0;
	ok(good, "600 maps by alternating mprotect");
	need(mprotect(p, MAPS * PAGE, PROT_READ | PROT_WRITE) == 0);
	for (int i = 0; i < MAPS; i++)
		p[i * PAGE + 1] = 1;
	for (int i = 0; i < MAPS; i++)
		good = good && (p[i * PAGE] == i % 100 || i == 301) && p[i * PAGE + 1] == 1;
	ok(good, "and one again by one mprotect");
	munmap(p, MAPS * PAGE);
}

static void test_brk(void)
{
	char *start = sbrk(0), *p;
	bool good = true;

	p = sbrk(64 * PAGE);
	need(p != (void *)-1);
	for (int i = 0; i < 64; i++)
		good = good && p[i * PAGE] == 0 && (p[i * PAGE] = i + 1);
	ok(good, "brk gives zero pages");
	need(brk(start + 8 * PAGE) == 0);
	need(brk(start + 64 * PAGE) == 0);
	good = p[7 * PAGE - 1] == 0 && p[6 * PAGE] == 7;
	for (int i = 9; i < 63; i++)
		good = good && p[i * PAGE] == 0;
	ok(good, "brk down and up again: kept below, zero above");
	need(brk(start) == 0);
}

/* Freed and mapped again at the same place: no stale page may show. */
static void test_reuse(void)
{
	char *p = map_anon(4 * PAGE);
	bool good = true;

	for (int i = 0; i < 100; i++) {
		memset(p + i % 4 * PAGE, i + 1, 64);
		need(munmap(p, 4 * PAGE) == 0);
		need(mmap(p, 4 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == p);
		good = good && p[i % 4 * PAGE] == 0;
	}
	ok(good, "100 times unmapped and mapped again: always zero");
	munmap(p, 4 * PAGE);
}

int main(void)
{
	need(pipe(probe_pipe) == 0);
	fault_init();
	base = map_anon(NR * PAGE);
	test_random();
	test_fixed();
	test_mremap();
	test_guard();
	test_grows_down();
	test_code();
	test_sparse();
	test_many_maps();
	test_brk();
	test_reuse();
	return tap_done();
}
