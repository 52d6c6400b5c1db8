// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R2: calls that change mappings, from each of the stub's system call instructions and
 * as orders to the mapper's code, run by the guest's own thread.
 * Harm: foreign memory appears, memory that can only be read (a file's, the orders) can be written.
 */
#include "attack.h"

#define ORDERS_HEAD	(STUB_ORDERS + STUB_ORDERS_HEAD)

enum { GUESTS_RAM = STUB_FD_RAM, PAGES_FILE = STUB_FD_DATA };

static u8 *file_page;
static u32 *harmed;

static const struct {
	const char *name;
	u64 nr, arg[6];
} calls[] = {
	{ "mmap of guest RAM", SYS_mmap,
	  { TARGET, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, GUESTS_RAM, 0 } },
	{ "populating mmap of guest RAM", SYS_mmap,
	  { TARGET, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED | MAP_POPULATE, GUESTS_RAM, 0 } },
	{ "private mmap of guest RAM", SYS_mmap,
	  { TARGET, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, GUESTS_RAM, 0 } },
	{ "anonymous mmap", SYS_mmap,
	  { TARGET, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0 } },
	{ "mmap of slots and orders", SYS_mmap,
	  { TARGET, 0x10000, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, PAGES_FILE, 0 } },
	{ "mmap of orders where orders are", SYS_mmap,
	  { STUB_ORDERS, STUB_ORDERS_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, PAGES_FILE, 0 } },
	{ "mremap of the stub", SYS_mremap, { STUB_CODE, PAGE, PAGE, 3, TARGET, 0 } },
	{ "mprotect of the orders", SYS_mprotect, { STUB_ORDERS, STUB_ORDERS_SIZE, PROT_READ | PROT_WRITE } },
	{ "mprotect of the code", SYS_mprotect,
	  { STUB_CODE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC } },
	/* The address follows in main(). */
	{ "mprotect of a file's page", SYS_mprotect, { 0, PAGE, PROT_READ | PROT_WRITE } },
	{ "shmat", SYS_shmat, { 0, TARGET, 0 } },
};

static struct regs regs_of(unsigned int call)
{
	const u64 *a = calls[call].arg;

	return regs_for(calls[call].nr, a[0] ?: (u64)file_page, a[1], a[2], a[3], a[4], a[5]);
}

static bool harm_done(void)
{
	return readable(TARGET) || writable(ORDERS_HEAD) || writable(STUB_CODE) || writable((unsigned long)file_page);
}

/* One more instruction is the mapper's: it takes the arguments out of memory, and makes the call. */
static bool try_call(unsigned int i)
{
	const unsigned int insn = i % (stub.nr + 1);
	const struct regs r = regs_of(i / (stub.nr + 1));

	visit(insn < stub.nr ? stub.insn[insn] : stub.order, &r);
	/* It may have gone on in the stub, where the fault handlers of harm_done() are not ours. */
	catch_all();
	if (!harm_done())
		return false;
	ADD_VAR(harmed[i / (stub.nr + 1)], 1);
	/* The next process has not what this one got. */
	_exit(1);
}

int main(void)
{
	int fd;

	attack_begin();
	harmed = map_shared(PAGE);
	fd = tmp_file(PAGE);
	file_page = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	need(file_page != MAP_FAILED && !READ_VAR(*file_page));
	try_all(ARRAY_SIZE(calls) * (stub.nr + 1), try_call);
	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		ok_eq(harmed[i], 0, "%s gets nothing", calls[i].name);
	return tap_done();
}
