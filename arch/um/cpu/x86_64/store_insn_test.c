// SPDX-License-Identifier: GPL-2.0
/* Tests of the look at instructions: stores are found, loads are not taken for them. */
#include <kunit/test.h>
#include <um/store_insn.h>

struct insn_case {
	const char *text;
	bool stores;
	unsigned char bytes[UM_INSN_MAX];
};

static const struct insn_case insn_cases[] = {
	{ "mov %al,(%rdi)", true, { 0x88, 0x07 } },
	{ "mov %rax,8(%rdi)", true, { 0x48, 0x89, 0x47, 0x08 } },
	{ "mov (%rdi),%rax", false, { 0x48, 0x8b, 0x07 } },
	{ "movl $1,(%rdi)", true, { 0xc7, 0x07, 1, 0, 0, 0 } },
	{ "movzbl (%rdi),%eax", false, { 0x0f, 0xb6, 0x07 } },
	{ "add %eax,(%rdi)", true, { 0x01, 0x07 } },
	{ "add (%rdi),%eax", false, { 0x03, 0x07 } },
	{ "cmp %eax,(%rdi)", false, { 0x39, 0x07 } },
	{ "cmpl $1,(%rdi)", false, { 0x83, 0x3f, 0x01 } },
	{ "addl $1,(%rdi)", true, { 0x83, 0x07, 0x01 } },
	{ "incl (%rdi)", true, { 0xff, 0x07 } },
	{ "jmp *(%rdi)", false, { 0xff, 0x27 } },
	{ "push %rbp", true, { 0x55 } },
	{ "push %r12", true, { 0x41, 0x54 } },
	{ "pop %rbp", false, { 0x5d } },
	{ "call", true, { 0xe8, 0, 0, 0, 0 } },
	{ "ret", false, { 0xc3 } },
	{ "rep stos %al,(%rdi)", true, { 0xf3, 0xaa } },
	{ "rep movsq", true, { 0xf3, 0x48, 0xa5 } },
	{ "rep cmpsb", false, { 0xf3, 0xa6 } },
	{ "test %al,(%rdi)", false, { 0x84, 0x07 } },
	{ "xchg %eax,(%rdi)", true, { 0x87, 0x07 } },
	{ "lock cmpxchg", true, { 0xf0, 0x48, 0x0f, 0xb1, 0x17 } },
	{ "lock xadd", true, { 0xf0, 0x0f, 0xc1, 0x07 } },
	{ "cmpxchg16b (%rdi)", true, { 0x48, 0x0f, 0xc7, 0x0f } },
	{ "bts $3,(%rdi)", true, { 0x0f, 0xba, 0x2f, 0x03 } },
	{ "bt $3,(%rdi)", false, { 0x0f, 0xba, 0x27, 0x03 } },
	{ "sete (%rdi)", true, { 0x0f, 0x94, 0x07 } },
	{ "not (%rdi)", true, { 0xf7, 0x17 } },
	{ "mull (%rdi)", false, { 0xf7, 0x27 } },
	{ "movaps %xmm0,(%rdi)", true, { 0x0f, 0x29, 0x07 } },
	{ "movaps (%rdi),%xmm0", false, { 0x0f, 0x28, 0x07 } },
	{ "movq %xmm0,(%rdi)", true, { 0x66, 0x0f, 0xd6, 0x07 } },
	{ "movq (%rdi),%xmm0", false, { 0xf3, 0x0f, 0x7e, 0x07 } },
	{ "movd %xmm0,(%rdi)", true, { 0x66, 0x0f, 0x7e, 0x07 } },
	{ "movnti", true, { 0x48, 0x0f, 0xc3, 0x07 } },
	{ "fxsave (%rdi)", true, { 0x0f, 0xae, 0x07 } },
	{ "fxrstor (%rdi)", false, { 0x0f, 0xae, 0x0f } },
	{ "xsave (%rdi)", true, { 0x0f, 0xae, 0x27 } },
	{ "fstpl (%rdi)", true, { 0xdd, 0x1f } },
	{ "fldl (%rdi)", false, { 0xdd, 0x07 } },
	{ "vmovdqu %ymm0,(%rdi)", true, { 0xc5, 0xfe, 0x7f, 0x07 } },
	{ "vmovdqu (%rdi),%ymm0", false, { 0xc5, 0xfe, 0x6f, 0x07 } },
	{ "vmovdqu %ymm8,(%r8)", true, { 0xc4, 0x41, 0x7e, 0x7f, 0x00 } },
	{ "vmovdqu64 %zmm0,(%rdi)", true,
	  { 0x62, 0xf1, 0xfe, 0x48, 0x7f, 0x07 } },
	{ "vextracti128 $1,%ymm0,(%rdi)", true,
	  { 0xc4, 0xe3, 0x7d, 0x39, 0x07, 0x01 } },
	{ "prefixes only", false,
	  { 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
	    0x66, 0x66, 0x66, 0x66 } },
};

static void describe(const struct insn_case *c, char *desc)
{
	strscpy(desc, c->text, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(insn, insn_cases, describe);

static void stores(struct kunit *test)
{
	const struct insn_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, um_insn_stores(c->bytes, sizeof(c->bytes)),
			c->stores);
}

/* Whatever the bytes are, and however few: an answer, and nothing else. */
static void any_bytes(struct kunit *test)
{
	unsigned char bytes[UM_INSN_MAX];
	int i;

	for (i = 0; i < 10000; i++) {
		get_random_bytes(bytes, sizeof(bytes));
		um_insn_stores(bytes, i % (UM_INSN_MAX + 1));
	}
	KUNIT_EXPECT_FALSE(test, um_insn_stores(bytes, 0));
}

static struct kunit_case store_insn_cases[] = {
	KUNIT_CASE_PARAM(stores, insn_gen_params),
	KUNIT_CASE(any_bytes),
	{ }
};

static struct kunit_suite store_insn_suite = {
	.name = "um_store_insn",
	.test_cases = store_insn_cases,
};
kunit_test_suite(store_insn_suite);
