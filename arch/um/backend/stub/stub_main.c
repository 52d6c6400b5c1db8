// SPDX-License-Identifier: GPL-2.0
/*
 * The stub's C code, which runs in the template only: it cleans up the address
 * space that exec made, confines itself and becomes a mapper. Freestanding, no
 * vector registers, no globals.
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

enum {
	SIGSET_SIZE = 8,
};

void stub_main(const unsigned long *start);
void stub_first_stop(void) __attribute__((noreturn));
void stub_mapper(void) __attribute__((noreturn));

static struct stub_page *const page = (struct stub_page *)STUB_DATA;
static const struct stub_orders *const orders =
	(const struct stub_orders *)STUB_ORDERS;

/* No guest process can be looked at or traced by others of the host user. */
static void run_under_seccomp(void)
{
	stub_call6(__NR_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0, 0);
	page->err = stub_confine(page);
	stub_first_stop();
}

/* Guest threads are traced. What else comes by signals is not for a mapper. */
static void run_under_ptrace(void)
{
	const unsigned long all = ~0UL;

	stub_call6(__NR_rt_sigprocmask, SIG_SETMASK, (long)&all, 0, SIGSET_SIZE,
		   0, 0);
	stub_refuse_calls();
	stub_mapper();
}

/* @start: the stack as exec made it */
void stub_main(const unsigned long *start)
{
	struct stub_vdso vdso;

	while (!__atomic_load_n(&page->go, __ATOMIC_ACQUIRE))
		stub_call6(__NR_futex, (long)&page->go, FUTEX_WAIT, 0, 0, 0, 0);

	stub_call6(__NR_prctl, PR_SET_NAME, (long)"uml-guest", 0, 0, 0, 0);
	stub_call6(__NR_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0, 0);
	stub_call6(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);
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
	if (orders->mode == STUB_MODE_SECCOMP)
		run_under_seccomp();
	run_under_ptrace();
}
