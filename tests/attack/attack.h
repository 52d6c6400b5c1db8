/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What attacks have in common: where the stub is in a guest process, going there with registers
 * of one's own choice and coming back, forged frames and stops, and what on the host shows harm.
 *
 * The layout is the stub's own header. Where there is no stub (natively), nothing can be attacked:
 * attack_begin() then ends the program with a skip.
 */
#ifndef TESTS_ATTACK_ATTACK_H
#define TESTS_ATTACK_ATTACK_H

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/time.h>

#include "../guest/util.h"
#include "../../arch/um/backend/stub/stub_layout.h"

#define unused __attribute__((__unused__))

enum {
	INSNS_MAX = 32,
	/* In words: a ucontext of the host's. */
	UC_STACK = 2, UC_STACK_SIZE = 4, UC_REGS = 5, UC_FPSTATE = UC_REGS + 23, UC_MASK = UC_REGS + 32,
	UC_WORDS = UC_MASK + 1,
	/* Of its registers, the number. */
	F_R8 = 0, F_R10 = 2, F_R15 = 7, F_DI = 8, F_SI = 9, F_BP = 10, F_BX = 11, F_DX = 12, F_AX = 13,
	F_SP = 15, F_IP = 16, F_FLAGS = 17, F_SEGMENTS = 18,
	/* In a slot, where forged frames and signal information are put. */
	FORGED_FRAME = 0x1800, FORGED_INFO = 0x2800, FORGED_STATE = 0x3000,
	SYS_SECCOMP_CODE = 1,
	FLAGS_NORMAL = 0x202, FLAG_TRAP = 0x100,
	VISIT_US = 2000,
	STUCK_MS = 3000,
};

#define SEGMENTS_64	0x002b000000000033ULL
#define ARCH_X86_64	0xc000003eU

/* Where an attacker wants memory to appear that is not its own. */
#define TARGET		0x10000000UL
#define MAGIC		0x5ec2e7b16b00b5a5ULL

/* --- the stub ------------------------------------------------------------- */

/* Its system call instructions, and those among them which are known by what follows. */
static struct {
	unsigned long insn[INSNS_MAX];
	unsigned int nr;
	unsigned long sigreturn, wait, wake, notice;
	/* Where a thread says that it has stopped. */
	unsigned long stop;
	/* The page of the mapper's code, and where it carries out an order. */
	unsigned long mapper, order;
} stub;

static sigjmp_buf visit_jump;

static unused void come_back(int sig)
{
	(void)sig;
	siglongjmp(visit_jump, 1);
}

/* Whatever ends an excursion leads back, on a stack of its own. */
static unused void catch_all(void)
{
	static const int sigs[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGALRM };
	static u8 stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction sa = { .sa_handler = come_back, .sa_flags = SA_NODEFER | SA_ONSTACK };

	need(sigaltstack(&ss, NULL) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(sigs); i++)
		sigaction(sigs[i], &sa, NULL);
}

static unused bool readable(unsigned long addr)
{
	struct sigaction sa = { .sa_handler = come_back, .sa_flags = SA_NODEFER }, segv, bus;
	volatile bool good = false;

	sigaction(SIGSEGV, &sa, &segv);
	sigaction(SIGBUS, &sa, &bus);
	if (!sigsetjmp(visit_jump, 1)) {
		(void)*(volatile char *)addr;
		good = true;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return good;
}

static unused bool writable(unsigned long addr)
{
	struct sigaction sa = { .sa_handler = come_back, .sa_flags = SA_NODEFER }, segv, bus;
	volatile bool good = false;

	sigaction(SIGSEGV, &sa, &segv);
	sigaction(SIGBUS, &sa, &bus);
	if (!sigsetjmp(visit_jump, 1)) {
		*(volatile char *)addr = *(volatile char *)addr;
		good = true;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	return good;
}

static unused bool is_code(unsigned long addr, const char *bytes, unsigned int len)
{
	return !memcmp((const void *)addr, bytes, len);
}

static unused void look_at_code(unsigned long addr)
{
	if (is_code(addr, "\x48\x8d\x7b\x28\x41\x83\x3f\x00", 8))
		stub.stop = addr;
	if (is_code(addr, "\x49\x8b\x45\x00\x49\x8b\x7d\x08", 8))
		stub.order = addr;
	if (!is_code(addr, "\x0f\x05", 2))
		return;
	if (stub.nr < INSNS_MAX)
		stub.insn[stub.nr++] = addr;
	if (is_code(addr + 2, "\x0f\x0b", 2))
		stub.sigreturn = addr;
	if (is_code(addr + 2, "\xeb", 1) && !stub.wait)
		stub.wait = addr;
	if (is_code(addr + 2, "\x48\x8d\x7b\x28", 4))
		stub.wake = addr;
	if (is_code(addr + 2, "\x48\x83\xf8\x02", 4))
		stub.notice = addr;
}

static unused void find_stub(void)
{
	unsigned long page, addr;

	for (page = STUB_CODE; page < STUB_ORDERS; page += PAGE) {
		if (!readable(page))
			continue;
		/* xorl %esp, %esp; movabsq $..., %rbp */
		if (is_code(page, "\x31\xe4\x48\xbd", 4))
			stub.mapper = page;
		for (addr = page; addr < page + PAGE - 8; addr++)
			look_at_code(addr);
	}
	/* It is in the handler that the guest's wait comes, not among the mapper's. */
	stub.wait = 0;
	for (unsigned int i = 0; i < stub.nr; i++)
		if (is_code(stub.insn[i] + 2, "\xeb", 1) && stub.insn[i] < stub.sigreturn &&
		    (stub.insn[i] & ~(PAGE - 1)) != stub.mapper)
			stub.wait = stub.insn[i];
}

static unused bool on_seccomp(void)
{
	char line[80];
	bool found = false;
	FILE *f = fopen("/proc/cpuinfo", "r");

	need(f);
	while (fgets(line, sizeof(line), f))
		found |= strstr(line, "mode") && strstr(line, "seccomp");
	fclose(f);
	return found;
}

static unused bool two_cpus(void)
{
	return sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

static unused void attack_begin(void)
{
	if (!readable(STUB_CODE)) {
		tap_skip("the attack", "no stub here: this is no User Mode Linux guest");
		exit(tap_done());
	}
	find_stub();
	need(stub.nr && stub.mapper && stub.order && stub.sigreturn && stub.stop && stub.wait);
}

/* Ends the program unless calls of guests come through slots. */
static unused void need_slots(void)
{
	if (on_seccomp())
		return;
	tap_skip("the attack", "under ptrace there are no slots");
	exit(tap_done());
}

static unused void need_two_cpus(void)
{
	if (two_cpus())
		return;
	tap_skip("the attack", "it needs two processors");
	exit(tap_done());
}

/* From now on this thread's slot is that of @cpu. */
static unused unsigned long use_slot(unsigned int cpu)
{
	unsigned long mask = 1UL << cpu;

	need(raw3(SYS_sched_setaffinity, 0, sizeof(mask), &mask) == 0);
	return STUB_DATA + cpu * STUB_DATA_SIZE;
}

static unused volatile u32 *slot_word(unsigned long slot, unsigned int at)
{
	return (volatile u32 *)(slot + at);
}

static unused volatile u64 *slot_long(unsigned long slot, unsigned int at)
{
	return (volatile u64 *)(slot + at);
}

/* Guest threads of this machine tell of their stops by notices. */
static unused bool by_notices(unsigned long slot)
{
	const struct stub_orders *orders = (const void *)STUB_ORDERS;

	return READ_VAR(orders->rule[(slot - STUB_DATA) / STUB_DATA_SIZE].trap) == STUB_TELLS_BY_NOTICE;
}

/* --- going there ---------------------------------------------------------- */

struct regs {
	u64 ax, bx, cx, dx, si, di, bp, sp, r8, r9, r10, r11, r12, r13, r14, r15;
};

static u64 arrive_at;

static unused void __attribute__((__noreturn__)) arrive(unsigned long ip, const struct regs *r)
{
	arrive_at = ip;
	__asm__ volatile("movq 8(%%rax), %%rbx\n\t"
			 "movq 16(%%rax), %%rcx\n\t"
			 "movq 24(%%rax), %%rdx\n\t"
			 "movq 32(%%rax), %%rsi\n\t"
			 "movq 40(%%rax), %%rdi\n\t"
			 "movq 48(%%rax), %%rbp\n\t"
			 "movq 56(%%rax), %%rsp\n\t"
			 "movq 64(%%rax), %%r8\n\t"
			 "movq 72(%%rax), %%r9\n\t"
			 "movq 80(%%rax), %%r10\n\t"
			 "movq 88(%%rax), %%r11\n\t"
			 "movq 96(%%rax), %%r12\n\t"
			 "movq 104(%%rax), %%r13\n\t"
			 "movq 112(%%rax), %%r14\n\t"
			 "movq 120(%%rax), %%r15\n\t"
			 "movq 0(%%rax), %%rax\n\t"
			 "jmpq *%[ip]"
			 : : "a" (r), [ip] "m" (arrive_at) : "memory");
	__builtin_unreachable();
}

/* Memory which the stub's registers may point to: a slot, a rule, orders, a frame. */
static struct stub_orders fake_orders __aligned(4096);
static u8 fake_slot[STUB_DATA_SIZE] __aligned(4096);
static u64 fake_frame[512] __aligned(4096);

/* A call of the stub's, whatever registers it takes its arguments from. */
static unused struct regs regs_for(u64 nr, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f)
{
	fake_orders.head = 1;
	fake_orders.ring[0] = (struct stub_call) { .nr = nr, .arg = { a, b, c, d, e, f } };
	fake_orders.rule[0] = (struct stub_rule) { .trap = STUB_TELLS_BY_FUTEX, };
	return (struct regs) {
		.ax = nr, .di = a, .si = b, .dx = c, .r10 = d, .r8 = e, .r9 = f,
		.bx = (u64)fake_slot, .cx = 1, .bp = (u64)&fake_orders + PAGE, .sp = (u64)fake_frame,
		.r13 = (u64)&fake_orders.ring[0], .r15 = (u64)&fake_orders.rule[0],
	};
}

/* Go there and come back; not if it kills the process. After catch_all(). */
static unused void visit(unsigned long ip, const struct regs *r)
{
	const struct itimerval off = { }, soon = { .it_value = { .tv_usec = VISIT_US } };

	if (!sigsetjmp(visit_jump, 1)) {
		setitimer(ITIMER_REAL, &soon, NULL);
		arrive(ip, r);
	}
	setitimer(ITIMER_REAL, &off, NULL);
}

/* How a child ended: by itself or, if it hangs, by being killed. */
static unused int outcome(pid_t pid, int limit_ms)
{
	int status, waited;

	for (waited = 0; waited < limit_ms; waited += 5) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		sleep_ms(5);
	}
	kill(pid, SIGKILL);
	need(waitpid(pid, &status, 0) == pid);
	return status;
}

/**
 * struct progress - of children which try one thing after the other
 * @at: the next one
 * @hits: how many had an effect
 * @deaths: how many ended their child
 */
struct progress {
	u32 at;
	u32 hits;
	u32 deaths;
};

static unused void try_on(struct progress *p, unsigned int nr, bool (*try)(unsigned int i))
{
	catch_all();
	while (READ_VAR(p->at) < nr)
		if (try(ADD_VAR(p->at, 1) - 1))
			ADD_VAR(p->hits, 1);
	_exit(0);
}

/* A child which does not go on is stuck in what it tries. */
static unused void follow(struct progress *p, pid_t pid)
{
	u32 seen = READ_VAR(p->at);
	int status, idle = 0;

	while (waitpid(pid, &status, WNOHANG) == 0) {
		sleep_ms(1);
		idle = READ_VAR(p->at) == seen ? idle + 1 : 0;
		seen = READ_VAR(p->at);
		if (idle > STUCK_MS)
			kill(pid, SIGKILL);
	}
}

/* @try 0 ... @nr - 1, in as many children as it takes. Return: how many said "hit". */
static unused unsigned int try_all(unsigned int nr, bool (*try)(unsigned int i))
{
	struct progress *p = map_shared(PAGE);
	unsigned int hits;

	while (READ_VAR(p->at) < nr) {
		pid_t pid = fork_child();

		if (pid == 0)
			try_on(p, nr, try);
		follow(p, pid);
		p->deaths++;
	}
	hits = p->hits;
	tap_note("%u tries in %u children", nr, p->deaths);
	munmap(p, PAGE);
	return hits;
}

/* --- forging -------------------------------------------------------------- */

static unused void begin_frame(volatile u64 *uc, u64 ip, u64 sp)
{
	for (unsigned int i = 0; i < UC_WORDS; i++)
		uc[i] = 0;
	uc[UC_REGS + F_IP] = ip;
	uc[UC_REGS + F_SP] = sp;
	uc[UC_REGS + F_FLAGS] = FLAGS_NORMAL;
	uc[UC_REGS + F_SEGMENTS] = SEGMENTS_64;
}

/* Go on as a frame says: any registers, signal mask and signal stack. */
static unused void __attribute__((__noreturn__)) sigreturn_to(volatile u64 *uc)
{
	const struct regs r = { .ax = SYS_rt_sigreturn, .sp = (u64)uc };

	arrive(stub.sigreturn, &r);
}

/* What the kernel is to find in @slot when it looks: a call, made before @ip. */
static unused void forge_stop(unsigned long slot, u64 nr, u64 a, u64 b, u64 c, u64 ip, u64 sp)
{
	volatile u64 *uc = (volatile u64 *)(slot + FORGED_FRAME);
	const unsigned long info = slot + FORGED_INFO;

	begin_frame(uc, ip, sp);
	uc[UC_REGS + F_AX] = nr;
	uc[UC_REGS + F_DI] = a;
	uc[UC_REGS + F_SI] = b;
	uc[UC_REGS + F_DX] = c;
	uc[UC_FPSTATE] = slot + FORGED_STATE;
	*slot_word(info, 0) = SIGSYS;
	*slot_word(info, 8) = SYS_SECCOMP_CODE;
	*slot_word(info, 28) = ARCH_X86_64;
	*slot_long(slot, STUB_PAGE_FRAME) = (u64)uc;
	*slot_long(slot, STUB_PAGE_SIGINFO) = info;
	*slot_word(slot, STUB_PAGE_SIGNO) = SIGSYS;
}

static unused void __attribute__((__noreturn__)) spin_for_ever(void)
{
	for (;;)
		__asm__ volatile("pause");
}

/* --- the host ------------------------------------------------------------- */

/* A word of the kernel's command line, by which run-guest tells what to attack. */
static unused bool host_word(const char *key, char *value, size_t len)
{
	char line[4096], *word, *save;
	FILE *f = fopen("/proc/cmdline", "r");
	bool found = false;

	need(f && fgets(line, sizeof(line), f));
	fclose(f);
	line[strcspn(line, "\n")] = 0;
	for (word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (strncmp(word, key, strlen(key)) || word[strlen(key)] != '=')
			continue;
		snprintf(value, len, "%s", word + strlen(key) + 1);
		found = true;
	}
	return found;
}

/* A directory of the host's where nothing may appear or change; run-guest looks. */
static unused const char *host_path(const char *name)
{
	static char path[256];
	char dir[200];

	need(host_word("attack_dir", dir, sizeof(dir)));
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

/* A process of the host's that must live on; run-guest looks. */
static unused long host_victim(void)
{
	char pid[20];

	need(host_word("attack_pid", pid, sizeof(pid)));
	return atol(pid);
}

#endif
