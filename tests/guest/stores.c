// SPDX-License-Identifier: GPL-2.0
/*
 * Every kind of store instruction as the first to touch a page: fresh anonymous memory, the
 * same after a read, an untouched private file page, a shared file page, a page shared by
 * fork. The oracle is the same instruction on memory that is already there.
 * Each runs inside one page and, where it may, across the border of two.
 */
#include <cpuid.h>
#include <fcntl.h>

#include "util.h"

#define AREA (4 * PAGE)
#define RAX_VALUE 0x1122334455667788

enum need_cpu { ANY, SSE41, MOVBE, CX16, XSAVE, XSAVEC, AVX, AVX2, AVX512 };

struct store {
	const char *name;
	void (*fn)(void *p);
	unsigned int size;
	unsigned int align;	/* above 1: does not cross a border */
	enum need_cpu cpu;
};

/* What the instructions may use: rdi the target, rax, rcx, rdx, rsi a source, r8 scratch. */
static const u8 source[AREA] __aligned(64) = {
	0x01, 0x82, 0x03, 0x84, 0x85, 0x06, 0x87, 0x08, 0x99, 0x0a, 0x9b, 0x0c, 0x0d, 0x9e,
	0x0f, 0x90, 0x11, 0x92, 0x13, 0x94, 0x95, 0x16, 0x97, 0x18, 0xa9, 0x1a, 0xab, 0x1c,
	0x1d, 0xae, 0x1f, 0xa0, 0xc1, 0x22, 0xc3, 0x24, 0x25, 0xc6, 0x27, 0xc8, 0xc9, 0x2a,
};

#define OP(id, text)							\
	static void op_##id(void *p)					\
	{								\
		u64 a = RAX_VALUE, c = 0, d = 0x7766554433221100;	\
		const void *s = source;					\
									\
		asm volatile("clc\n" text				\
			     : "+D" (p), "+a" (a), "+c" (c), "+d" (d), "+S" (s) \
			     : : "r8", "r9", "rbx", "memory", "cc", "xmm0", "xmm1", "xmm15", \
			     "mm0", "mm1");				\
	}

OP(mov8, "movb %%al, (%%rdi)")
OP(mov8h, "movb %%ah, (%%rdi)")
OP(mov16, "movw %%ax, (%%rdi)")
OP(mov32, "movl %%eax, (%%rdi)")
OP(mov64, "movq %%rax, (%%rdi)")
OP(mov_imm8, "movb $0x5a, (%%rdi)")
OP(mov_imm16, "movw $0x5aa5, (%%rdi)")
OP(mov_imm32, "movl $0x5aa51234, (%%rdi)")
OP(mov_imm64, "movq $-0x12345678, (%%rdi)")
OP(mov_sib, "mov $3, %%ecx; lea -24(%%rdi), %%r8; movq %%rax, (%%r8,%%rcx,8)")
OP(movbe, "movbe %%rax, (%%rdi)")
OP(movnti32, "movntil %%eax, (%%rdi)")
OP(movnti64, "movntiq %%rax, (%%rdi)")
OP(movsb, "movsb")
OP(movsw, "movsw")
OP(movsl, "movsl")
OP(movsq, "movsq")
OP(stosb, "stosb")
OP(stosw, "stosw")
OP(stosl, "stosl")
OP(stosq, "stosq")
OP(rep_movsb, "mov $9000, %%ecx; rep movsb")
OP(rep_movsq, "mov $1100, %%ecx; rep movsq")
OP(rep_stosb, "mov $9000, %%ecx; rep stosb")
OP(rep_stosq, "mov $1100, %%ecx; rep stosq")
OP(rep_movsb_down, "mov $9000, %%ecx; add $8999, %%rdi; add $8999, %%rsi; std; rep movsb; cld")
OP(rep_stosl_down, "mov $2200, %%ecx; add $8796, %%rdi; std; rep stosl; cld")
OP(push_reg, "mov %%rsp, %%rbx; lea 8(%%rdi), %%rsp; push %%rax; mov %%rbx, %%rsp")
OP(push16, "mov %%rsp, %%rbx; lea 2(%%rdi), %%rsp; pushw %%ax; mov %%rbx, %%rsp")
OP(push_imm, "mov %%rsp, %%rbx; lea 8(%%rdi), %%rsp; pushq $-5; mov %%rbx, %%rsp")
OP(push_mem, "mov %%rsp, %%rbx; lea 8(%%rdi), %%rsp; pushq (%%rsi); mov %%rbx, %%rsp")
OP(pushf, "mov %%rsp, %%rbx; lea 8(%%rdi), %%rsp; xor %%eax, %%eax; pushfq; mov %%rbx, %%rsp")
OP(pop_mem, "mov %%rsp, %%rbx; mov %%rsi, %%rsp; popq (%%rdi); mov %%rbx, %%rsp")
OP(call, "mov %%rsp, %%rbx; lea 8(%%rdi), %%rsp; call 1f\n1: mov %%rbx, %%rsp")
OP(call_reg, "mov %%rsp, %%rbx; lea 1f(%%rip), %%r8; lea 8(%%rdi), %%rsp; call *%%r8\n"
	"1: mov %%rbx, %%rsp")
OP(enter, "mov %%rsp, %%rbx; mov %%rbp, %%r9; mov %%rax, %%rbp; lea 8(%%rdi), %%rsp\n"
	"enter $0, $0; mov %%rbx, %%rsp; mov %%r9, %%rbp")
OP(xchg8, "xchgb %%al, (%%rdi)")
OP(xchg64, "xchgq %%rax, (%%rdi)")
OP(xadd32, "lock xaddl %%eax, (%%rdi)")
OP(xadd64, "xaddq %%rax, (%%rdi)")
OP(cmpxchg_hit, "xor %%eax, %%eax; cmp $0, %%rax; mov (%%rsi), %%r8; mov (%%rdi), %%rax\n"
	"lock cmpxchgq %%r8, (%%rdi)")
OP(cmpxchg_zero, "xor %%eax, %%eax; mov (%%rsi), %%r8; lock cmpxchgq %%r8, (%%rdi)")
OP(cmpxchg_miss, "mov (%%rsi), %%r8; lock cmpxchgl %%r8d, (%%rdi)")
OP(cmpxchg8b, "xor %%eax, %%eax; xor %%edx, %%edx; mov $5, %%ebx; mov $6, %%ecx\n"
	"lock cmpxchg8b (%%rdi)")
OP(cmpxchg16b, "xor %%eax, %%eax; xor %%edx, %%edx; mov $5, %%ebx; mov $6, %%ecx\n"
	"lock cmpxchg16b (%%rdi)")
OP(add8, "addb $7, (%%rdi)")
OP(add32, "addl %%eax, (%%rdi)")
OP(add64, "lock addq %%rax, (%%rdi)")
OP(adc64, "stc; adcq %%rax, (%%rdi)")
OP(sub64, "subq %%rax, (%%rdi)")
OP(sbb32, "stc; sbbl %%eax, (%%rdi)")
OP(inc32, "incl (%%rdi)")
OP(inc64, "lock incq (%%rdi)")
OP(dec16, "decw (%%rdi)")
OP(neg64, "negq (%%rdi)")
OP(not32, "notl (%%rdi)")
OP(or64, "orq %%rax, (%%rdi)")
OP(and32, "andl %%eax, (%%rdi)")
OP(xor64, "xorq %%rax, (%%rdi)")
OP(bts_imm, "btsl $5, (%%rdi)")
OP(bts_reg, "mov $77, %%ecx; lock btsq %%rcx, (%%rdi)")
OP(btr_reg, "mov $66, %%ecx; btrq %%rcx, (%%rdi)")
OP(btc_reg, "mov $100, %%ecx; btcl %%ecx, (%%rdi)")
OP(setcc, "cmp %%rax, %%rax; sete (%%rdi)")
OP(setcc_not, "cmp %%rax, %%rax; setne (%%rdi)")
OP(shl64, "shlq $3, (%%rdi)")
OP(rol32, "mov $5, %%cl; roll %%cl, (%%rdi)")
OP(sar16, "sarw $1, (%%rdi)")
OP(shld64, "shldq $9, %%rax, (%%rdi)")
OP(fst32, "fninit; fldpi; fstps (%%rdi); fninit")
OP(fst64, "fninit; fldpi; fstpl (%%rdi); fninit")
OP(fst80, "fninit; fldpi; fstpt (%%rdi); fninit")
OP(fist16, "fninit; fldpi; fistps (%%rdi); fninit")
OP(fist64, "fninit; fldpi; fistpll (%%rdi); fninit")
OP(fisttp32, "fninit; fldpi; fisttpl (%%rdi); fninit")
OP(fbstp, "fninit; fldpi; fbstp (%%rdi); fninit")
OP(fnstcw, "fninit; fnstcw (%%rdi)")
OP(fnstsw, "fninit; fnstsw (%%rdi)")
OP(stmxcsr, "stmxcsr (%%rdi)")
OP(movq_mmx, "movq (%%rsi), %%mm0; movq %%mm0, (%%rdi); emms")
OP(movntq, "movq (%%rsi), %%mm0; movntq %%mm0, (%%rdi); emms")
OP(maskmovq, "movq (%%rsi), %%mm0; movq 8(%%rsi), %%mm1; maskmovq %%mm1, %%mm0; emms")
OP(movss, "movups (%%rsi), %%xmm0; movss %%xmm0, (%%rdi)")
OP(movsd, "movups (%%rsi), %%xmm0; movsd %%xmm0, (%%rdi)")
OP(movd, "movups (%%rsi), %%xmm0; movd %%xmm0, (%%rdi)")
OP(movlps, "movups (%%rsi), %%xmm0; movlps %%xmm0, (%%rdi)")
OP(movhps, "movups (%%rsi), %%xmm0; movhps %%xmm0, (%%rdi)")
OP(movups, "movups (%%rsi), %%xmm0; movups %%xmm0, (%%rdi)")
OP(movdqu, "movdqu (%%rsi), %%xmm15; movdqu %%xmm15, (%%rdi)")
OP(movaps, "movaps (%%rsi), %%xmm0; movaps %%xmm0, (%%rdi)")
OP(movdqa, "movdqa (%%rsi), %%xmm0; movdqa %%xmm0, (%%rdi)")
OP(movntps, "movaps (%%rsi), %%xmm0; movntps %%xmm0, (%%rdi)")
OP(movntdq, "movaps (%%rsi), %%xmm0; movntdq %%xmm0, (%%rdi)")
OP(maskmovdqu, "movups (%%rsi), %%xmm0; movups 16(%%rsi), %%xmm1; maskmovdqu %%xmm1, %%xmm0")
OP(pextrb, "movups (%%rsi), %%xmm0; pextrb $3, %%xmm0, (%%rdi)")
OP(pextrd, "movups (%%rsi), %%xmm0; pextrd $2, %%xmm0, (%%rdi)")
OP(extractps, "movups (%%rsi), %%xmm0; extractps $1, %%xmm0, (%%rdi)")
OP(vmovups, "vmovups (%%rsi), %%ymm0; vmovups %%ymm0, (%%rdi); vzeroupper")
OP(vmovdqu, "vmovdqu 3(%%rsi), %%ymm15; vmovdqu %%ymm15, (%%rdi); vzeroupper")
OP(vmovaps, "vmovaps (%%rsi), %%ymm0; vmovaps %%ymm0, (%%rdi); vzeroupper")
OP(vmovntdq, "vmovaps (%%rsi), %%ymm0; vmovntdq %%ymm0, (%%rdi); vzeroupper")
OP(vextractf128, "vmovaps (%%rsi), %%ymm0; vextractf128 $1, %%ymm0, (%%rdi); vzeroupper")
OP(vmaskmovps, "vmovaps (%%rsi), %%ymm0; vmovaps (%%rsi), %%ymm1\n"
	"vmaskmovps %%ymm0, %%ymm1, (%%rdi); vzeroupper")
OP(vpmaskmovq, "vmovaps (%%rsi), %%ymm0; vmovaps (%%rsi), %%ymm1\n"
	"vpmaskmovq %%ymm0, %%ymm1, (%%rdi); vzeroupper")
OP(vmovdqu64, "vmovdqu64 (%%rsi), %%zmm0; vmovdqu64 %%zmm0, (%%rdi); vzeroupper")
OP(vmovntdq512, "vmovdqu64 (%%rsi), %%zmm0; vmovntdq %%zmm0, (%%rdi); vzeroupper")
OP(vmovdqu32_mask, "mov $0x5a3c, %%ecx; kmovw %%ecx, %%k1; vmovdqu64 (%%rsi), %%zmm0\n"
	"vmovdqu32 %%zmm0, (%%rdi)%{%%k1%}; vzeroupper")

/*
 * Whole images of the FPU: with a state that is not the initial one, and without the
 * pointers to the last instruction, which depend on what ran in between.
 */
#define FPU_SET "fninit; fldpi; movups (%%rsi), %%xmm15\n"

OP(fnstenv_raw, FPU_SET "fnstenv (%%rdi); fninit")

static void op_fnstenv(void *p)
{
	op_fnstenv_raw(p);
	memset((char *)p + 12, 0, 16);
}

#define FPU_SET_ALL							\
	FPU_SET "xor %%edx, %%edx; mov $3, %%eax\n"			\
	".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14\n"			\
	"pxor %%xmm\\r, %%xmm\\r\n"					\
	".endr\n"

#define OP_IMAGE(id, text)						\
	static void op_##id(void *p)					\
	{								\
		u64 a, d;						\
									\
		asm volatile(FPU_SET_ALL text "; fninit"		\
			     : "=&a" (a), "=&d" (d) : "D" (p), "S" (source) \
			     : "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", \
			     "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", \
			     "xmm13", "xmm14", "xmm15");		\
		memset((char *)p + 6, 0, 18);				\
	}

OP_IMAGE(fxsave, "fxsave64 (%%rdi)")
OP_IMAGE(xsave, "xsave64 (%%rdi)")
OP_IMAGE(xsavec, "xsavec64 (%%rdi)")

#define S(id, size) { #id, op_##id, size, 1, ANY }
#define SA(id, size, align) { #id, op_##id, size, align, ANY }
#define SC(id, size, align, cpu) { #id, op_##id, size, align, cpu }

static const struct store stores[] = {
	S(mov8, 1), S(mov8h, 1), S(mov16, 2), S(mov32, 4), S(mov64, 8), S(mov_imm8, 1),
	S(mov_imm16, 2), S(mov_imm32, 4), S(mov_imm64, 8), S(mov_sib, 8), S(movnti32, 4),
	S(movnti64, 8), S(movsb, 1), S(movsw, 2), S(movsl, 4), S(movsq, 8), S(stosb, 1),
	S(stosw, 2), S(stosl, 4), S(stosq, 8), S(rep_movsb, 9000), S(rep_movsq, 8800),
	S(rep_stosb, 9000), S(rep_stosq, 8800), S(rep_movsb_down, 9000),
	S(rep_stosl_down, 8800), S(push_reg, 8), S(push16, 2), S(push_imm, 8), S(push_mem, 8),
	S(pushf, 8), S(pop_mem, 8), S(call, 8), S(call_reg, 8), S(enter, 8), S(xchg8, 1),
	SA(xchg64, 8, 8), SA(xadd32, 4, 4), S(xadd64, 8), SA(cmpxchg_hit, 8, 8),
	SA(cmpxchg_zero, 8, 8), SA(cmpxchg_miss, 4, 4), SA(cmpxchg8b, 8, 8), S(add8, 1),
	S(add32, 4), SA(add64, 8, 8), S(adc64, 8), S(sub64, 8), S(sbb32, 4), S(inc32, 4),
	SA(inc64, 8, 8), S(dec16, 2), S(neg64, 8), S(not32, 4), S(or64, 8), S(and32, 4),
	S(xor64, 8), S(bts_imm, 4), SA(bts_reg, 16, 8), S(btr_reg, 16), S(btc_reg, 16),
	S(setcc, 1), S(setcc_not, 1), S(shl64, 8), S(rol32, 4), S(sar16, 2), S(shld64, 8),
	S(fst32, 4), S(fst64, 8), S(fst80, 10), S(fist16, 2), S(fist64, 8), S(fisttp32, 4),
	S(fbstp, 10), S(fnstcw, 2), S(fnstsw, 2), S(stmxcsr, 4), S(movq_mmx, 8), S(movntq, 8),
	S(maskmovq, 8), S(movss, 4), S(movsd, 8), S(movd, 4), S(movlps, 8), S(movhps, 8),
	S(movups, 16), S(movdqu, 16), SA(movaps, 16, 16), SA(movdqa, 16, 16),
	SA(movntps, 16, 16), SA(movntdq, 16, 16), S(maskmovdqu, 16), S(fnstenv, 28),
	SA(fxsave, 512, 16),
	SC(movbe, 8, 1, MOVBE), SC(cmpxchg16b, 16, 16, CX16), SC(pextrb, 1, 1, SSE41),
	SC(pextrd, 4, 1, SSE41), SC(extractps, 4, 1, SSE41), SC(xsave, 576, 64, XSAVE),
	SC(xsavec, 576, 64, XSAVEC), SC(vmovups, 32, 1, AVX), SC(vmovdqu, 32, 1, AVX),
	SC(vmovaps, 32, 32, AVX), SC(vmovntdq, 32, 32, AVX), SC(vextractf128, 16, 1, AVX),
	SC(vmaskmovps, 32, 1, AVX), SC(vpmaskmovq, 32, 1, AVX2), SC(vmovdqu64, 64, 1, AVX512),
	SC(vmovntdq512, 64, 64, AVX512), SC(vmovdqu32_mask, 64, 1, AVX512),
};

static bool cpu_has(enum need_cpu what)
{
	u32 a, b, c, d;

	__cpuid(1, a, b, c, d);
	switch (what) {
	case ANY:
		return true;
	case SSE41:
		return c & bit_SSE4_1;
	case MOVBE:
		return c & bit_MOVBE;
	case CX16:
		return c & bit_CMPXCHG16B;
	case XSAVE:
		return xfeatures_on();
	case XSAVEC:
		if (!xfeatures_on())
			return false;
		__cpuid_count(0xd, 1, a, b, c, d);
		return a & 2;
	case AVX:
		return has_avx();
	case AVX2:
		return has_avx() && __builtin_cpu_supports("avx2");
	case AVX512:
		return has_avx512();
	}
	return false;
}

/* Where in the area a store goes: inside page 1, or half in page 0. */
static unsigned int offset_of(const struct store *s, bool crossing)
{
	return crossing ? PAGE - s->size / 2 : 1024;
}

static bool can_cross(const struct store *s)
{
	return s->align == 1 && s->size > 1 && s->size < PAGE;
}

static void fill_area(u8 *p, bool pattern)
{
	for (unsigned int i = 0; i < AREA; i++)
		p[i] = pattern ? i * 31 + (i >> 8) * 7 : 0;
}

/* The areas a store is tried on; each has two of them, for inside and across. */
enum kind { FRESH, AFTER_READ, PRIVATE_FILE, SHARED_FILE, AFTER_FORK, KINDS };

static const char * const kind_name[] = {
	"fresh anonymous page", "page read before", "private file page", "shared file page",
	"page shared by fork",
};

static u8 reference[AREA] __aligned(4096);
static u8 cow_area[AREA] __aligned(4096);
static u8 *failures;	/* one byte per store, written by the child too */

static void try_on(u8 *area, const struct store *s, bool crossing, enum kind kind)
{
	unsigned int at = offset_of(s, crossing);

	fill_area(reference, kind != FRESH && kind != AFTER_READ);
	s->fn(reference + at);
	s->fn(area + at);
	if (memcmp(area, reference, AREA))
		failures[s - stores] |= 1 + crossing;
}

static void try_mapped(const struct store *s, bool crossing, enum kind kind, int fd)
{
	int flags = kind == SHARED_FILE ? MAP_SHARED : MAP_PRIVATE;
	u8 *area;

	if (kind == SHARED_FILE) {
		fill_area(reference, true);
		need(pwrite(fd, reference, AREA, 0) == (ssize_t)AREA);
	}
	if (fd < 0)
		flags |= MAP_ANONYMOUS;
	area = mmap(NULL, AREA, PROT_READ | PROT_WRITE, flags, fd, 0);
	need(area != MAP_FAILED);
	if (kind == AFTER_READ)
		for (unsigned int i = 0; i < AREA; i += PAGE)
			do_read(area + i);
	try_on(area, s, crossing, kind);
	need(munmap(area, AREA) == 0);
}

static void try_forked(const struct store *s, bool crossing)
{
	pid_t pid;

	/* A few stores per fork would do, but each child must find all pages shared. */
	pid = fork_child();
	if (pid == 0) {
		try_on(cow_area, s, crossing, AFTER_FORK);
		_exit(0);
	}
	if (wait_status(pid) != 0)
		failures[s - stores] |= 4;
}

static void test_kind(enum kind kind)
{
	int file = tmp_file(AREA);
	int fd = kind == PRIVATE_FILE || kind == SHARED_FILE ? file : -1;
	unsigned int bad = 0, tried = 0;

	fill_area(reference, true);
	need(pwrite(file, reference, AREA, 0) == (ssize_t)AREA);
	fill_area(cow_area, true);
	memset(failures, 0, ARRAY_SIZE(stores));
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		const struct store *s = &stores[i];

		if (!cpu_has(s->cpu))
			continue;
		for (int crossing = 0; crossing <= can_cross(s); crossing++, tried++) {
			if (kind == AFTER_FORK)
				try_forked(s, crossing);
			else
				try_mapped(s, crossing, kind, fd);
		}
		if (failures[i]) {
			tap_note("%s: wrong%s%s%s", s->name, failures[i] & 1 ? " inside" : "",
				 failures[i] & 2 ? " across" : "", failures[i] & 4 ? " died" : "");
			bad++;
		}
	}
	ok_eq(bad, 0, "%u stores: %s", tried, kind_name[kind]);
	close(file);
	if (kind != AFTER_FORK)
		return;
	fill_area(reference, true);
	ok(!memcmp(cow_area, reference, AREA), "the parent's copy of these pages is as it was");
}

/* The oracle must be able to tell: a store changes zeroes, or a pattern, or both. */
static void test_oracle(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(stores); i++) {
		/* The one that writes back what it read. */
		bool idle = !strcmp(stores[i].name, "cmpxchg_miss");
		bool changes = false;

		if (!cpu_has(stores[i].cpu))
			continue;
		for (int pattern = 0; pattern < 2; pattern++) {
			fill_area(reference, pattern);
			fill_area(cow_area, pattern);
			stores[i].fn(reference + 1024);
			changes = changes || memcmp(reference, cow_area, AREA);
		}
		if (changes == idle)
			tap_bail("%s: the test is wrong", stores[i].name);
	}
}

int main(void)
{
	failures = map_shared(PAGE);
	test_oracle();
	for (enum kind kind = 0; kind < KINDS; kind++)
		test_kind(kind);
	return tap_done();
}
