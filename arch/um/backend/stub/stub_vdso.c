// SPDX-License-Identifier: GPL-2.0
/*
 * The host's vDSO, kept for guests: exec of the stub mapped it, with the data
 * pages the host's kernel writes. Guests' own vDSO calls its clock_gettime()
 * to read the host's clock without a system call.
 * Freestanding, no vector registers, no globals.
 */
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <asm/unistd.h>

#include "stub_call.h"
#include "stub_layout.h"
#include "stub_vdso.h"

enum {
	/* The maps of a fresh stub are about ten lines. */
	MAPS_MAX = 2048,
	/* Fields of a line between the addresses and the name. */
	FIELDS_SKIPPED = 4,
};

/* --- /proc/self/maps ------------------------------------------------------- */

/* A line that is being read: it ends at the newline. */
struct cursor {
	const char *p;
	const char *end;
};

static __u64 read_hex(struct cursor *c)
{
	__u64 n = 0;
	char ch;

	for (; c->p < c->end; c->p++) {
		ch = *c->p;
		if (ch >= '0' && ch <= '9')
			n = n * 16 + (ch - '0');
		else if (ch >= 'a' && ch <= 'f')
			n = n * 16 + (ch - 'a' + 10);
		else
			break;
	}
	return n;
}

static void skip_field(struct cursor *c)
{
	while (c->p < c->end && *c->p == ' ')
		c->p++;
	while (c->p < c->end && *c->p != ' ')
		c->p++;
}

static bool begins_with(const struct cursor *c, const char *word)
{
	const char *p;

	for (p = c->p; *word; p++, word++)
		if (p == c->end || *p != *word)
			return false;
	return true;
}

static void parse_line(struct stub_vdso *v, struct cursor *c)
{
	__u64 start, end;
	int i;

	start = read_hex(c);
	if (c->p == c->end || *c->p++ != '-')
		return;
	end = read_hex(c);
	for (i = 0; i < FIELDS_SKIPPED; i++)
		skip_field(c);
	while (c->p < c->end && *c->p == ' ')
		c->p++;

	if (begins_with(c, "[vdso]")) {
		v->image = start;
		v->image_len = end - start;
	} else if (!begins_with(c, "[vvar")) {
		return;
	}
	if (v->nr < STUB_VDSO_PARTS) {
		v->part[v->nr].start = start;
		v->part[v->nr].end = end;
	}
	if (!v->nr || start < v->low)
		v->low = start;
	if (end > v->high)
		v->high = end;
	v->nr++;
}

static bool is_movable(const struct stub_vdso *v)
{
	return v->image && v->nr <= STUB_VDSO_PARTS && v->high <= STUB_CODE &&
	       v->high - v->low <= STUB_AREA_END - STUB_VDSO;
}

void stub_vdso_parse(struct stub_vdso *v, const char *text, size_t len)
{
	const char *end = text + len;
	struct cursor line;

	v->nr = 0;
	v->image = 0;
	v->high = 0;
	while (text < end) {
		line.p = text;
		while (text < end && *text != '\n')
			text++;
		/* A line without its end was not read whole. */
		if (text == end)
			v->nr = STUB_VDSO_PARTS + 1;
		line.end = text++;
		parse_line(v, &line);
	}
	if (!is_movable(v))
		v->nr = 0;
}

/* --- the image ------------------------------------------------------------- */

/* The parts of an ELF image that name its functions, as offsets into it. */
struct symbols {
	const char *image;
	__u64 len;
	__u64 bias;
	__u64 table;
	__u64 names;
	__u64 names_end;
};

static bool fits(__u64 off, __u64 size, __u64 end)
{
	return off <= end && size <= end - off;
}

static void read_dynamic(struct symbols *s, __u64 off, __u64 size)
{
	const Elf64_Dyn *dyn;
	__u64 end, names_size = 0;

	if (!fits(off, size, s->len) || off % sizeof(long))
		return;
	for (end = off + size; fits(off, sizeof(*dyn), end); off += sizeof(*dyn)) {
		dyn = (const Elf64_Dyn *)(s->image + off);
		if (dyn->d_tag == DT_NULL)
			break;
		if (dyn->d_tag == DT_SYMTAB)
			s->table = dyn->d_un.d_ptr - s->bias;
		if (dyn->d_tag == DT_STRTAB)
			s->names = dyn->d_un.d_ptr - s->bias;
		if (dyn->d_tag == DT_STRSZ)
			names_size = dyn->d_un.d_val;
	}
	s->names_end = fits(s->names, names_size, s->len) ?
		       s->names + names_size : 0;
}

static bool read_headers(struct symbols *s)
{
	const Elf64_Ehdr *eh = (const Elf64_Ehdr *)s->image;
	__u64 off, dynamic = 0, size = 0;
	const Elf64_Phdr *ph;
	bool loaded = false;
	int i;

	if (s->len < sizeof(*eh) || eh->e_ident[0] != ELFMAG0 ||
	    eh->e_ident[1] != ELFMAG1 || eh->e_ident[2] != ELFMAG2 ||
	    eh->e_ident[3] != ELFMAG3 || eh->e_ident[EI_CLASS] != ELFCLASS64)
		return false;
	off = eh->e_phoff;
	for (i = 0; i < eh->e_phnum; i++, off += sizeof(*ph)) {
		if (!fits(off, sizeof(*ph), s->len) || off % sizeof(long))
			return false;
		ph = (const Elf64_Phdr *)(s->image + off);
		if (ph->p_type == PT_LOAD && !loaded) {
			s->bias = ph->p_vaddr - ph->p_offset;
			loaded = true;
		}
		if (ph->p_type == PT_DYNAMIC) {
			dynamic = ph->p_offset;
			size = ph->p_memsz;
		}
	}
	if (loaded && size)
		read_dynamic(s, dynamic, size);
	return s->names_end && s->table && s->table % sizeof(long) == 0;
}

static bool is_named(const struct symbols *s, __u64 off, const char *name)
{
	for (off += s->names; off < s->names_end; off++, name++) {
		if (s->image[off] != *name)
			return false;
		if (!*name)
			return true;
	}
	return false;
}

__u64 stub_vdso_symbol(const void *image, __u64 len, const char *name)
{
	struct symbols s = { .image = image, .len = len };
	const Elf64_Sym *sym;
	__u64 off, end, value;

	if (!read_headers(&s))
		return 0;
	/* Nothing tells the table's end but what comes after it: the names. */
	end = s.names > s.table ? s.names : len;
	for (off = s.table; fits(off, sizeof(*sym), end); off += sizeof(*sym)) {
		sym = (const Elf64_Sym *)(s.image + off);
		value = sym->st_value - s.bias;
		if (ELF64_ST_TYPE(sym->st_info) == STT_FUNC &&
		    sym->st_shndx != SHN_UNDEF && value < len &&
		    sym->st_name < len && is_named(&s, sym->st_name, name))
			return value;
	}
	return 0;
}

/* --- this process ---------------------------------------------------------- */

static __u64 vdso_by_auxv(const unsigned long *start)
{
	const unsigned long *p = start + 1;

	/* Skip the arguments and the environment, each ended by a 0. */
	while (*p++)
		;
	while (*p++)
		;
	for (; p[0] != AT_NULL; p += 2)
		if (p[0] == AT_SYSINFO_EHDR)
			return p[1];
	return 0;
}

static size_t read_maps(char *buf, size_t size)
{
	size_t n = 0;
	long fd, got;

	fd = stub_call6(__NR_open, (long)"/proc/self/maps", O_RDONLY, 0, 0, 0, 0);
	if (fd < 0)
		return 0;
	do {
		got = stub_call6(__NR_read, fd, (long)buf + n, size - n, 0, 0, 0);
		if (got > 0)
			n += got;
	} while (got > 0);
	stub_call6(__NR_close, fd, 0, 0, 0, 0, 0);
	return n;
}

void stub_vdso_find(struct stub_vdso *v, const unsigned long *start)
{
	char maps[MAPS_MAX];

	stub_vdso_parse(v, maps, read_maps(maps, sizeof(maps)));
	if (v->image != vdso_by_auxv(start))
		v->nr = 0;
}

static bool move_parts(const struct stub_vdso *v)
{
	__u64 to, len;
	__u32 i;

	for (i = 0; i < v->nr; i++) {
		len = v->part[i].end - v->part[i].start;
		to = STUB_VDSO + (v->part[i].start - v->low);
		if (stub_call6(__NR_mremap, v->part[i].start, len, len,
			       MREMAP_MAYMOVE | MREMAP_FIXED, to, 0) != (long)to)
			return false;
	}
	return v->nr > 0;
}

__u64 stub_vdso_move(const struct stub_vdso *v)
{
	__u64 image = STUB_VDSO + (v->image - v->low), off = 0;

	if (move_parts(v))
		off = stub_vdso_symbol((const void *)image, v->image_len,
				       "__vdso_clock_gettime");
	if (off)
		return image + off;
	stub_call6(__NR_munmap, STUB_VDSO, STUB_AREA_END - STUB_VDSO, 0, 0, 0, 0);
	return 0;
}
