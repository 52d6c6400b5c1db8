// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R1: guest code goes to every byte of the stub's pages, instructions or not, with
 * registers and memory made so that whatever is executed there would be a call of the host's that
 * does harm: as a system call by any instruction, as an order of the mapper's, as a 32-bit call.
 * Harm: on the host a directory appears, or a process ends; run-guest looks.
 */
#include "attack.h"

enum { MKDIR_32 = 39 };

static unsigned long pages[64];
static unsigned int nr_pages;
static struct regs regs;

static bool try_offset(unsigned int i)
{
	visit(pages[i / PAGE] + i % PAGE, &regs);
	return false;
}

static void try_everywhere(const char *name)
{
	try_all(nr_pages * PAGE, try_offset);
	ok(true, "from every byte of the stub: %s", name);
}

static void find_code(void)
{
	for (unsigned long page = STUB_CODE; page < STUB_ORDERS; page += PAGE)
		if (readable(page) && page != stub.mapper)
			pages[nr_pages++] = page;
	pages[nr_pages++] = stub.mapper;
}

int main(void)
{
	attack_begin();
	find_code();
	regs = regs_for(SYS_mkdir, (u64)host_path("made"), 0755, 0, 0, 0, 0);
	try_everywhere("mkdir");
	/* The same for 32-bit calls, whose first arguments are in bx and cx. */
	regs.ax = MKDIR_32;
	regs.bx = regs.di;
	try_everywhere("mkdir as a 32-bit program");
	return tap_done();
}
