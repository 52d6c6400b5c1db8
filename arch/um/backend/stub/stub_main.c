// SPDX-License-Identifier: GPL-2.0
/*
 * The stub's C code: cleaning up the address space exec made, and, under
 * ptrace, applying map operations. Freestanding, no vector registers, no
 * globals.
 */
#include <signal.h>
#include <linux/futex.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <asm/unistd.h>

#include "stub_call.h"
#include "stub_filter.h"
#include "stub_layout.h"
#include "stub_vdso.h"

void stub_main(const unsigned long *start);
void stub_apply(void);
void stub_first_stop(void) __attribute__((noreturn));
extern const char stub_entry_apply[], stub_entry_clone[];

static struct stub_page *const page = (struct stub_page *)STUB_DATA;

static long host_prot(__u32 prot)
{
	return ((prot & MAP_PROT_READ) ? PROT_READ : 0) |
	       ((prot & MAP_PROT_WRITE) ? PROT_WRITE : 0) |
	       ((prot & MAP_PROT_EXEC) ? PROT_EXEC : 0);
}

static long apply_one(const struct map_op *op)
{
	long ret;

	switch (op->kind) {
	case MAP_OP_MAP:
		ret = stub_call6(__NR_mmap, op->va, op->len, host_prot(op->prot),
			    MAP_SHARED | MAP_FIXED | MAP_POPULATE,
			    STUB_FD_RAM, op->off);
		return ret < 0 && ret > -4096 ? ret : 0;
	case MAP_OP_PROTECT:
		return stub_call6(__NR_mprotect, op->va, op->len,
			     host_prot(op->prot), 0, 0, 0);
	default:
		return stub_call6(__NR_munmap, op->va, op->len, 0, 0, 0, 0);
	}
}

void stub_apply(void)
{
	__u32 i;
	long err = 0;

	for (i = 0; i < page->nr; i++) {
		err = apply_one(&page->op[i]);
		if (err)
			break;
	}
	page->done = i;
	page->err = err;
}

/* No way back: the stub is a signal handler from now on. */
static void run_under_seccomp(void)
{
	__u64 secret = page->call[0].arg[5];

	page->call[0].arg[5] = 0;
	stub_call6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
	page->err = stub_confine(page, secret);
	stub_first_stop();
}

/* @start: the stack as exec made it */
void stub_main(const unsigned long *start)
{
	struct stub_vdso vdso;

	/* Until the kernel traces us nobody would take the breakpoint. */
	while (!__atomic_load_n(&page->go, __ATOMIC_ACQUIRE))
		stub_call6(__NR_futex, (long)&page->go, FUTEX_WAIT, 0, 0, 0, 0);

	stub_call6(__NR_prctl, PR_SET_NAME, (long)"uml-guest", 0, 0, 0, 0);
	/*
	 * What exec left: above us its stack, below us everything. Only the
	 * vDSO is kept.
	 */
	stub_vdso_find(&vdso, start);
	stub_call6(__NR_munmap, STUB_DATA + STUB_DATA_SIZE,
		   STUB_AREA_END - STUB_DATA - STUB_DATA_SIZE, 0, 0, 0, 0);
	page->host_clock = stub_vdso_move(&vdso);
	stub_call6(__NR_munmap, 0, STUB_CODE, 0, 0, 0, 0);

	page->version = STUB_VERSION;
	page->entry_apply = (__u64)stub_entry_apply;
	page->entry_clone = (__u64)stub_entry_clone;
	if (page->mode == STUB_MODE_SECCOMP)
		run_under_seccomp();
}
