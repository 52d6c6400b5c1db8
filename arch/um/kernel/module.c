// SPDX-License-Identifier: GPL-2.0
/* Loading modules: the relocations of x86-64 objects in the small code model. */
#include <linux/elf.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleloader.h>

struct reloc {
	u64 type;
	void *loc;
	u64 val;
};

/* Store a value of @size bytes, if the field was not written before. */
static int store(const struct module *mod, const struct reloc *r, size_t size,
		 u64 val)
{
	u64 old = 0;

	memcpy(&old, r->loc, size);
	if (old) {
		pr_err("%s: relocation of type %llu over a field that is not zero\n",
		       mod->name, r->type);
		return -ENOEXEC;
	}
	memcpy(r->loc, &val, size);
	return 0;
}

static int apply_one(const struct module *mod, const struct reloc *r)
{
	s64 rel = r->val - (u64)r->loc;

	switch (r->type) {
	case R_X86_64_NONE:
		return 0;
	case R_X86_64_64:
		return store(mod, r, sizeof(u64), r->val);
	case R_X86_64_32:
		if (r->val != (u32)r->val)
			goto overflow;
		return store(mod, r, sizeof(u32), r->val);
	case R_X86_64_32S:
		if ((s64)r->val != (s32)r->val)
			goto overflow;
		return store(mod, r, sizeof(u32), r->val);
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		if (rel != (s32)rel)
			goto overflow;
		return store(mod, r, sizeof(u32), rel);
	case R_X86_64_PC64:
		return store(mod, r, sizeof(u64), rel);
	default:
		pr_err("%s: unknown relocation of type %llu\n", mod->name,
		       r->type);
		return -ENOEXEC;
	}

overflow:
	pr_err("%s: relocation of type %llu out of range: value %llx\n",
	       mod->name, r->type, r->val);
	return -ENOEXEC;
}

int apply_relocate_add(Elf64_Shdr *sechdrs, const char *strtab,
		       unsigned int symindex, unsigned int relsec,
		       struct module *mod)
{
	const Elf64_Shdr *sec = &sechdrs[relsec];
	const Elf64_Rela *rela = (void *)sec->sh_addr;
	const Elf64_Sym *syms = (void *)sechdrs[symindex].sh_addr;
	unsigned int i;
	int err;

	for (i = 0; i < sec->sh_size / sizeof(*rela); i++) {
		struct reloc r = {
			.type = ELF64_R_TYPE(rela[i].r_info),
			.loc = (void *)sechdrs[sec->sh_info].sh_addr +
			       rela[i].r_offset,
			.val = syms[ELF64_R_SYM(rela[i].r_info)].st_value +
			       rela[i].r_addend,
		};

		err = apply_one(mod, &r);
		if (err)
			return err;
	}
	return 0;
}
