// SPDX-License-Identifier: GPL-2.0
/*
 * Does an x86-64 instruction write to memory? A look at prefixes and opcode,
 * for the page-fault path of backends which are not told the kind of access.
 * Not a decoder: no operands, no lengths. See the promise in um/store_insn.h.
 */
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <um/store_insn.h>

/* 256 bits, one per opcode, as ranges. */
struct opcode_range {
	unsigned char first, last;
};

/* One-byte opcodes which always write memory when they have a memory operand. */
static const struct opcode_range one_byte[] = {
	{ 0x50, 0x57 }, { 0x68, 0x68 }, { 0x6a, 0x6a },	/* push */
	{ 0x6c, 0x6d },					/* ins */
	{ 0x86, 0x89 },					/* xchg, mov */
	{ 0x8c, 0x8c }, { 0x8f, 0x8f },			/* mov seg, pop */
	{ 0x9c, 0x9c },					/* pushf */
	{ 0xa2, 0xa5 }, { 0xaa, 0xab },			/* mov moffs, movs, stos */
	{ 0xc0, 0xc1 }, { 0xd0, 0xd3 },			/* shifts */
	{ 0xc6, 0xc8 },					/* mov imm, enter */
	{ 0xe8, 0xe8 },					/* call */
};

/* Opcodes after 0f. */
static const struct opcode_range two_byte[] = {
	{ 0x11, 0x11 }, { 0x13, 0x13 }, { 0x17, 0x17 }, { 0x29, 0x29 },
	{ 0x2b, 0x2b }, { 0x7f, 0x7f }, { 0x90, 0x9f }, { 0xa0, 0xa0 },
	{ 0xa4, 0xa5 }, { 0xa8, 0xa8 }, { 0xab, 0xad }, { 0xb0, 0xb1 },
	{ 0xb3, 0xb3 }, { 0xbb, 0xbb }, { 0xc0, 0xc1 }, { 0xc3, 0xc3 },
	{ 0xd6, 0xd6 }, { 0xe7, 0xe7 }, { 0xf7, 0xf7 },
};

/* Opcodes after 0f 38 or 0f 3a, and the same maps of VEX and EVEX. */
static const struct opcode_range map_38[] = {
	{ 0x2e, 0x2f }, { 0x8e, 0x8e }, { 0xf1, 0xf1 }, { 0xf9, 0xf9 },
	{ 0xa0, 0xa3 }, { 0x8a, 0x8b }, { 0x63, 0x63 },
};

static const struct opcode_range map_3a[] = {
	{ 0x14, 0x17 }, { 0x19, 0x19 }, { 0x1b, 0x1b }, { 0x1d, 0x1d },
	{ 0x39, 0x39 }, { 0x3b, 0x3b },
};

static bool in_ranges(const struct opcode_range *r, size_t n, unsigned char op)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (op >= r[i].first && op <= r[i].last)
			return true;
	return false;
}

#define IN(table, op)	in_ranges(table, ARRAY_SIZE(table), op)

static unsigned int modrm_reg(unsigned char modrm)
{
	return (modrm >> 3) & 7;
}

/* x87: D9 /2 /3 /6 /7, DB /1-3 /7, DD /1-3 /6 /7, DF /1-3 /6 /7. */
static bool x87_stores(unsigned char op, unsigned int reg)
{
	static const unsigned char stores[8] = {
		[1] = BIT(2) | BIT(3) | BIT(6) | BIT(7),
		[3] = BIT(1) | BIT(2) | BIT(3) | BIT(7),
		[5] = BIT(1) | BIT(2) | BIT(3) | BIT(6) | BIT(7),
		[7] = BIT(1) | BIT(2) | BIT(3) | BIT(6) | BIT(7),
	};

	return stores[op & 7] & BIT(reg);
}

static bool one_byte_stores(unsigned char op, unsigned char modrm)
{
	unsigned int reg = modrm_reg(modrm);

	/* add or adc sbb and sub xor (but not cmp) with memory on the left. */
	if (op < 0x38 && (op & 7) < 2)
		return true;
	if (op >= 0x80 && op <= 0x83)
		return reg != 7;
	if (op >= 0xd8 && op <= 0xdf)
		return x87_stores(op, reg);
	if (op == 0xf6 || op == 0xf7)
		return reg == 2 || reg == 3;
	if (op == 0xfe)
		return reg < 2;
	/* inc dec; two kinds of call; push */
	if (op == 0xff)
		return reg < 4 || reg == 6;
	return IN(one_byte, op);
}

static bool two_byte_stores(unsigned char op, unsigned char modrm, bool f3)
{
	unsigned int reg = modrm_reg(modrm);

	/* movd and movq to memory; with f3 it is a load. */
	if (op == 0x7e)
		return !f3;
	/* btc btr bts by number */
	if (op == 0xba)
		return reg >= 5;
	/* fxsave stmxcsr xsave xsaveopt; not the loads between them */
	if (op == 0xae)
		return reg == 0 || reg == 3 || reg == 4 || reg == 6;
	/* cmpxchg8b cmpxchg16b xsavec xsaves */
	if (op == 0xc7)
		return reg == 1 || reg == 4 || reg == 5;
	return IN(two_byte, op);
}

static bool map_stores(unsigned int map, unsigned char op, unsigned char modrm,
		       bool f3)
{
	switch (map) {
	case 1:
		return two_byte_stores(op, modrm, f3);
	case 2:
		return IN(map_38, op);
	case 3:
		return IN(map_3a, op);
	default:
		return false;
	}
}

static bool is_legacy_prefix(unsigned char b)
{
	switch (b) {
	case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65:
	case 0x66: case 0x67: case 0xf0: case 0xf2: case 0xf3:
		return true;
	default:
		return false;
	}
}

bool um_insn_stores(const unsigned char *insn, size_t len)
{
	unsigned char b[UM_INSN_MAX + 6] = { 0 };
	bool f3 = false;
	size_t i;

	memcpy(b, insn, min_t(size_t, len, UM_INSN_MAX));
	for (i = 0; i < len && is_legacy_prefix(b[i]); i++)
		f3 |= b[i] == 0xf3;
	if (i >= len || i >= UM_INSN_MAX)
		return false;

	switch (b[i]) {
	case 0xc5:
		return map_stores(1, b[i + 2], b[i + 3], (b[i + 1] & 3) == 2);
	case 0xc4:
		return map_stores(b[i + 1] & 0x1f, b[i + 3], b[i + 4],
				  (b[i + 2] & 3) == 2);
	case 0x62:
		return map_stores(b[i + 1] & 7, b[i + 4], b[i + 5],
				  (b[i + 2] & 3) == 2);
	}

	/* REX */
	if ((b[i] & 0xf0) == 0x40)
		i++;
	if (b[i] != 0x0f)
		return one_byte_stores(b[i], b[i + 1]);
	if (b[i + 1] == 0x38)
		return map_stores(2, b[i + 2], b[i + 3], f3);
	if (b[i + 1] == 0x3a)
		return map_stores(3, b[i + 2], b[i + 3], f3);
	return map_stores(1, b[i + 1], b[i + 2], f3);
}
