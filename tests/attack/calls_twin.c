// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R1: guest code at addresses of which only the upper half differs from those of the
 * stub's instructions and the mapper's page, and behind the vDSO's, makes their calls.
 * Harm: orders can be written, foreign memory appears, a directory on the host.
 */
#include "attack.h"

enum { TWINS = 3, CALLS = 4 };

/* Below the stub, and in the lowest 4 GiB. */
static const u64 high[TWINS] = { 0, 0x100000000, 0x7ffe00000000 };

static u64 code_at;

/* syscall; ret: where an instruction of the stub's is, but for the upper half. */
static u64 make_twin(unsigned long insn, u64 upper)
{
	const u64 at = (insn & 0xffffffff) | upper;
	const u64 page = at & ~(PAGE - 1);

	if (mmap((void *)page, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != (void *)page)
		return 0;
	memcpy((void *)at, "\x0f\x05\xc3", 3);
	return at;
}

static void call_twin(const struct regs *r)
{
	register u64 r10 __asm__("r10") = r->r10;
	register u64 r8 __asm__("r8") = r->r8;
	register u64 r9 __asm__("r9") = r->r9;
	u64 ret;

	__asm__ volatile("callq *%[code]" : "=a" (ret)
			 : "a" (r->ax), "D" (r->di), "S" (r->si), "d" (r->dx), "r" (r10), "r" (r8), "r" (r9),
			   [code] "m" (code_at)
			 : "rcx", "r11", "memory");
}

static struct regs call_of(unsigned int call)
{
	switch (call) {
	case 0:
		return regs_for(SYS_mprotect, STUB_ORDERS, STUB_ORDERS_SIZE, PROT_READ | PROT_WRITE, 0, 0, 0);
	case 1:
		return regs_for(SYS_mmap, TARGET, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
				STUB_FD_RAM, 0);
	case 2:
		return regs_for(SYS_mmap, TARGET, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	default:
		return regs_for(SYS_mkdir, (u64)host_path("made"), 0755, 0, 0, 0, 0);
	}
}

static bool try_twin(unsigned int i)
{
	const struct regs r = call_of(i % CALLS);

	code_at = make_twin(stub.insn[i / CALLS / TWINS], high[i / CALLS % TWINS]);
	if (!code_at)
		return false;
	if (!sigsetjmp(visit_jump, 1))
		call_twin(&r);
	/* Memory the guest's own kernel mapped is no harm. */
	if (i % CALLS == 2 || i % CALLS == 1)
		munmap((void *)TARGET, PAGE);
	return readable(TARGET) || writable(STUB_ORDERS + STUB_ORDERS_HEAD);
}

int main(void)
{
	attack_begin();
	ok_eq(try_all(stub.nr * TWINS * CALLS, try_twin), 0, "twins of the stub's instructions get nothing");
	return tap_done();
}
