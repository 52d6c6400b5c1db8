// SPDX-License-Identifier: GPL-2.0
/*
 * Guest programs that turn on their host process: they jump to the stub's system call
 * instructions with registers of their own, forge its frames, scribble over its pages. None
 * may get at memory that is not its own, stop the machine, or keep from being killed.
 * The stub lies above the guest's addresses; where it is not, there is nothing to attack.
 */
#include <pthread.h>

#include "util.h"

#define STUB_CODE 0x7fffffe00000UL
#define STUB_CODE_LEN 0x10000UL
#define STUB_SLOT 0x7fffffe10000UL
#define SLOT_LEN 0x6000UL
#define INSNS_MAX 16

/* In a slot: words of the stub, and where its calls and its frames are. */
enum {
	SLOT_NR = 24, SLOT_TURN = 40, SLOT_WAITS = 44, SLOT_SIGNO = 64,
	SLOT_FRAME = 72, SLOT_SIGINFO = 80, SLOT_CALLS = 144, CALL_LEN = 64, CALLS = 60,
	SLOT_STACK = 0x1000,
};

/* Where an attacker wants somebody else's memory to appear. */
#define TARGET 0x10000000UL

enum { REACHED = 42, SAFE = 7 };

static unsigned long insns[INSNS_MAX];
static unsigned int nr_insns;

static sigjmp_buf jump;

static void on_fault(int sig)
{
	(void)sig;
	siglongjmp(jump, 1);
}

static bool readable(unsigned long addr)
{
	struct sigaction sa = { .sa_handler = on_fault, .sa_flags = SA_NODEFER }, old_segv, old_bus;
	volatile bool good = false;

	sigaction(SIGSEGV, &sa, &old_segv);
	sigaction(SIGBUS, &sa, &old_bus);
	if (!sigsetjmp(jump, 1)) {
		(void)*(volatile char *)addr;
		good = true;
	}
	sigaction(SIGSEGV, &old_segv, NULL);
	sigaction(SIGBUS, &old_bus, NULL);
	return good;
}

/* All "syscall" instructions which can be seen. */
static void find_insns(void)
{
	unsigned long page, addr;

	for (page = STUB_CODE; page < STUB_CODE + STUB_CODE_LEN; page += PAGE) {
		if (!readable(page))
			continue;
		for (addr = page; addr < page + PAGE - 1; addr++) {
			const u8 *p = (const u8 *)addr;

			if (p[0] == 0x0f && p[1] == 0x05 && nr_insns < INSNS_MAX)
				insns[nr_insns++] = addr;
		}
	}
}

/* Registers with which to arrive, the called-saved ones pointing to what the stub may use. */
struct forged {
	u64 ax, di, si, dx, r10, r8, r9, bx, r12, r13, sp;
};

static void __attribute__((__noreturn__)) arrive(unsigned long ip, const struct forged *f)
{
	__asm__ volatile("movq %0, %%r15\n\t"
			 "movq %1, %%r11\n\t"
			 "movq 0(%%r15), %%rax\n\t"
			 "movq 8(%%r15), %%rdi\n\t"
			 "movq 16(%%r15), %%rsi\n\t"
			 "movq 24(%%r15), %%rdx\n\t"
			 "movq 32(%%r15), %%r10\n\t"
			 "movq 40(%%r15), %%r8\n\t"
			 "movq 48(%%r15), %%r9\n\t"
			 "movq 56(%%r15), %%rbx\n\t"
			 "movq 64(%%r15), %%r12\n\t"
			 "movq 72(%%r15), %%r13\n\t"
			 "movq 80(%%r15), %%rsp\n\t"
			 "jmpq *%%r11"
			 : : "r" (f), "r" (ip) : "memory");
	__builtin_unreachable();
}

static u8 fake_page[PAGE] __aligned(4096);
static u8 fake_stack[PAGE] __aligned(64);

static struct forged forge(u64 nr, u64 di, u64 si, u64 dx, u64 r10, u64 r8, u64 r9)
{
	return (struct forged) {
		.ax = nr, .di = di, .si = si, .dx = dx, .r10 = r10, .r8 = r8, .r9 = r9,
		.bx = (u64)fake_page, .r12 = 1, .r13 = (u64)fake_page + 128,
		.sp = (u64)fake_stack + sizeof(fake_stack) - 8,
	};
}

/* Looks, from another thread, whether the attack got anywhere; ends the process. */
static void *observe(void *arg)
{
	const unsigned long *addr = arg;

	sleep_ms(25);
	_exit(readable(*addr) ? REACHED : SAFE);
}

/* How a child that attacked ended: by itself or, if it hangs, by being killed. */
static int outcome(pid_t pid, int limit_ms)
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

static bool reached(int status)
{
	return WIFEXITED(status) && WEXITSTATUS(status) == REACHED;
}

static int attack(unsigned long ip, const struct forged *f, unsigned long target)
{
	pthread_t thread;
	pid_t pid = fork_child();

	if (pid == 0) {
		need(!pthread_create(&thread, NULL, observe, &target));
		arrive(ip, f);
	}
	return outcome(pid, 2000);
}

/* Guest RAM is descriptor 4 of the host process, the slots are descriptor 3. */
static void test_map_calls(void)
{
	const struct {
		const char *name;
		struct forged regs;
	} calls[] = {
		{ "mmap of guest RAM",
		  forge(SYS_mmap, TARGET, 0x10000, 7, MAP_SHARED | MAP_FIXED, 4, 0) },
		{ "populating mmap of guest RAM",
		  forge(SYS_mmap, TARGET, 0x10000, 7, MAP_SHARED | MAP_FIXED | MAP_POPULATE, 4, 0) },
		{ "private mmap of guest RAM",
		  forge(SYS_mmap, TARGET, 0x10000, 7, MAP_PRIVATE | MAP_FIXED, 4, 0) },
		{ "mmap of the slots",
		  forge(SYS_mmap, TARGET, 0x10000, 7, MAP_SHARED | MAP_FIXED, 3, 0) },
		{ "mremap of the stub",
		  forge(SYS_mremap, STUB_SLOT, 0x1000, 0x1000, 3, TARGET, 0) },
	};

	for (unsigned int c = 0; c < ARRAY_SIZE(calls); c++) {
		int bad = 0;

		for (unsigned int i = 0; i < nr_insns; i++)
			bad += reached(attack(insns[i], &calls[c].regs, TARGET));
		ok_eq(bad, 0, "%s from the stub's instructions gets nothing", calls[c].name);
	}
}

/* On the first processor it is STUB_SLOT that belongs to this thread. */
static void use_first_slot(void)
{
	unsigned long first = 1;

	need(raw3(SYS_sched_setaffinity, 0, sizeof(first), &first) == 0);
}

static u64 canary = 0x1122334455667788;

/* Calls that would do harm on the host if they were let through. */
static void test_harmful_calls(void)
{
	const struct {
		const char *name;
		struct forged regs;
	} calls[] = {
		{ "pwrite64 to guest RAM", forge(SYS_pwrite64, 4, (u64)&canary, 8, 0, 0, 0) },
		{ "pread64 of guest RAM", forge(SYS_pread64, 4, TARGET, 8, 0, 0, 0) },
		{ "ftruncate of guest RAM", forge(SYS_ftruncate, 4, 0, 0, 0, 0, 0) },
		{ "fallocate of guest RAM", forge(SYS_fallocate, 4, 3, 0, 1 << 20, 0, 0) },
		{ "kill of the parent", forge(SYS_kill, getppid(), SIGKILL, 0, 0, 0, 0) },
		{ "prctl", forge(SYS_prctl, 1, 0, 0, 0, 0, 0) },
		{ "mprotect of the slot", forge(SYS_mprotect, STUB_SLOT, 0x1000, 7, 0, 0, 0) },
		{ "mprotect of the code", forge(SYS_mprotect, STUB_CODE, 0x1000, 7, 0, 0, 0) },
		{ "munmap of the stub", forge(SYS_munmap, STUB_CODE, 0x10000, 0, 0, 0, 0) },
		{ "clone", forge(SYS_clone, 17, 0, 0, 0, 0, 0) },
	};

	for (unsigned int c = 0; c < ARRAY_SIZE(calls); c++) {
		for (unsigned int i = 0; i < nr_insns; i++)
			attack(insns[i], &calls[c].regs, TARGET);
		ok(READ_VAR(canary) == 0x1122334455667788, "%s: the machine goes on", calls[c].name);
	}
}

/* Those which would end or stop this test when the guest's own kernel serves them. */
static bool left_out(unsigned int nr)
{
	return nr == SYS_reboot || nr == SYS_vhangup || nr == SYS_kexec_load || nr == SYS_syslog;
}

static void test_all_numbers(void)
{
	int started = 0, ended = 0;

	for (unsigned int nr = 0; nr < 470; nr++) {
		pid_t pid;

		if (left_out(nr))
			continue;
		started++;
		pid = fork_child();
		if (pid == 0) {
			struct forged f = forge(nr, -1, -1, -1, -1, -1, -1);

			setsid();
			arrive(insns[nr % nr_insns], &f);
		}
		outcome(pid, 30);
		ended++;
	}
	ok_eq(ended, started, "every system call number from the stub's instructions");
}

static bool on_seccomp(void)
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

/* The one behind which the stub's code ends. */
static unsigned long sigreturn_insn(void)
{
	for (unsigned int i = 0; i < nr_insns; i++)
		if (!memcmp((const void *)insns[i], "\x0f\x05\x0f\x0b", 4))
			return insns[i];
	tap_bail("the stub has no rt_sigreturn");
}

static u32 *spinning;

/* A frame which blocks all signals and goes to a loop: only the host could stop that. */
static void __attribute__((__noreturn__)) spin(void)
{
	*spinning = 1;
	for (;;)
		__asm__ volatile("pause");
}

/* On another processor: that the kernel sleeps is what the stub is told there. */
static void *keep_waiting(void *arg)
{
	(void)arg;
	for (;;) {
		WRITE_VAR(*(u32 *)(STUB_SLOT + SLOT_WAITS), 1);
		WRITE_VAR(*(u32 *)(STUB_SLOT + SLOT_LEN + SLOT_WAITS), 1);
	}
	return NULL;
}

/* Return: how long it took to end a guest that arrived there, in ns. */
static u64 end_blocker(unsigned long insn, volatile u64 *frame, bool helped)
{
	struct forged f = forge(SYS_rt_sigreturn, 0, 0, 0, 0, 0, 0);
	u64 start = now_ns();
	pid_t pid = fork_child();
	pthread_t thread;

	f.sp = (u64)frame;
	if (pid == 0) {
		if (helped)
			need(!pthread_create(&thread, NULL, keep_waiting, NULL));
		sleep_ms(helped ? 50 : 0);
		/* The host must find these pages where they are. */
		frame[0] = *spinning = 0;
		arrive(insn, &f);
	}
	outcome(pid, 100 + 100 * helped);
	return now_ns() - start;
}

static void test_blocked_kick(void)
{
	volatile u64 *frame = (u64 *)(fake_stack + 1024);
	u32 reached_spin = 0;

	spinning = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(spinning != MAP_FAILED);
	/* ucontext: flags, link, stack[3], 23 registers ending with cr2, state, mask */
	memset(fake_stack, 0, sizeof(fake_stack));
	frame[5 + 15] = (u64)fake_stack + 1000;
	frame[5 + 16] = (u64)spin;
	frame[5 + 17] = 0x202;
	frame[5 + 18] = 0x002b000000000033;
	frame[5 + 32] = ~0ULL;
	for (unsigned int i = 0; i < nr_insns; i++) {
		u64 took = end_blocker(insns[i], frame, false);

		reached_spin += *spinning;
		ok(took < 20 * NSEC_PER_SEC, "a guest which blocks its kick is stopped (%u)", i);
	}
	ok(reached_spin || !on_seccomp(), "one of them did block it");
	if (on_seccomp() && sysconf(_SC_NPROCESSORS_ONLN) > 1 && readable(STUB_SLOT + SLOT_LEN))
		ok(end_blocker(sigreturn_insn(), frame, true) < 20 * NSEC_PER_SEC,
		   "so is one whose other thread keeps the kernel waiting");
}

/* Everything a guest can write of its slot, then whatever comes. */
static void test_scribble(void)
{
	static const u8 patterns[] = { 0x00, 0x01, 0x02, 0x7f, 0xff };
	int writable = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(patterns); i++) {
		pid_t pid = fork_child();

		if (pid == 0) {
			volatile u8 *slot = (volatile u8 *)STUB_SLOT;

			use_first_slot();
			for (unsigned long at = 0; at < SLOT_LEN; at++)
				slot[at] = patterns[i];
			getpid();
			mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
			_exit(SAFE);
		}
		writable += WIFEXITED(outcome(pid, 5000));
	}
	tap_note("%d of %zu scribblers lived on", writable, ARRAY_SIZE(patterns));
	ok(READ_VAR(canary) == 0x1122334455667788, "a guest that ruins its slot harms itself only");
}

/* Says that it has stopped while it goes on, and looks for what the kernel then writes. */
static void test_feigned_stop(void)
{
	enum { TURN = SLOT_TURN / 4, FIRST_CALL = SLOT_CALLS / 8, CALL = CALL_LEN / 8, FIRST = 32 / 8, LAST = 48 / 8 };
	pid_t pid;
	int status;

	if (!on_seccomp()) {
		tap_skip("feigned stop", "the kernel does not look at the slot to see a stop");
		return;
	}
	pid = fork_child();
	if (pid == 0) {
		volatile u32 *words = (volatile u32 *)STUB_SLOT;
		volatile u64 *longs = (volatile u64 *)STUB_SLOT;

		use_first_slot();
		/* The last stop before was a call which changes maps. */
		munmap(mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0), 1 << 16);
		for (u64 n = 0; n < 200000000; n++) {
			if (words[TURN] != 1)
				words[TURN] = 1;
			/* Where calls carry what the host's filter asks for. */
			for (int i = FIRST; i <= LAST; i++)
				if (longs[FIRST_CALL + i] || longs[FIRST_CALL + CALL + i])
					_exit(REACHED);
		}
		_exit(SAFE);
	}
	status = outcome(pid, 20000);
	ok(!reached(status), "a guest that feigns to stop is told nothing");
}

/* --- a stop that is none, of a thread which is traced --------------------- */

enum {
	PIECES = 40,
	/* In a frame: registers, by their number, behind flags, link and stack. */
	REG_AT = 5, F_R10 = 2, F_RDI = 8, F_RSI = 9, F_RDX = 12, F_RAX = 13, F_RSP = 15, F_RIP = 16,
	F_FLAGS = 17, F_SEGMENTS = 18, F_FPSTATE = 23, F_MASK = 32,
};

static u8 *pieces;

static void put32(unsigned long at, u32 value)
{
	*(volatile u32 *)(STUB_SLOT + at) = value;
}

static void put64(unsigned long at, u64 value)
{
	*(volatile u64 *)(STUB_SLOT + at) = value;
}

/* What the kernel has left in the slot: arguments which only it and the host's filter know. */
static void look_for_secret(int sig)
{
	const volatile u64 *call;

	(void)sig;
	for (unsigned int i = 0; i < CALLS; i++) {
		call = (const volatile u64 *)(STUB_SLOT + SLOT_CALLS + i * CALL_LEN);
		if (call[4] >> 32 || call[5] >> 32 || call[6])
			_exit(REACHED);
	}
	_exit(SAFE);
}

/* The stop of a call which changes the protection of many pieces: the kernel has calls to give. */
static void forge_stop(void)
{
	const unsigned long frame = SLOT_STACK + 0x800, info = SLOT_STACK + 0x1800;
	volatile u64 *regs = (volatile u64 *)(STUB_SLOT + frame) + REG_AT;

	for (unsigned int i = 0; i < 40; i++)
		regs[(int)i - REG_AT] = 0;
	regs[F_RAX] = SYS_mprotect;
	regs[F_RDI] = (u64)pieces;
	regs[F_RSI] = 2 * PIECES * PAGE;
	regs[F_RDX] = PROT_READ;
	regs[F_RSP] = (u64)fake_stack + 2048;
	regs[F_RIP] = (u64)spin;
	regs[F_FLAGS] = 0x202;
	regs[F_SEGMENTS] = 0x002b000000000033;
	regs[F_FPSTATE] = STUB_SLOT + SLOT_STACK + 0x2000;
	put32(info, SIGSYS);
	put32(info + 8, 1);
	put32(info + 28, 0xc000003e);
	put64(SLOT_FRAME, STUB_SLOT + frame);
	put64(SLOT_SIGINFO, STUB_SLOT + info);
	put32(SLOT_SIGNO, SIGSYS);
	put32(SLOT_TURN, 1);
}

static void __attribute__((__noreturn__)) feign_traced(unsigned long ip)
{
	volatile u64 *frame = (u64 *)(fake_stack + 1024);
	struct forged f = forge(SYS_rt_sigreturn, 0, 0, 0, 0, 0, 0);
	unsigned long out;

	use_first_slot();
	signal(SIGTRAP, look_for_secret);
	pieces = map_anon(2 * PIECES * PAGE);
	memset(pieces, 1, 2 * PIECES * PAGE);
	for (int i = 0; i < PIECES; i++)
		need(mprotect(pieces + 2 * i * PAGE, PAGE, PROT_READ) == 0);
	for (int i = 0; i < PIECES; i++)
		pieces[(2 * i + 1) * PAGE] = 2;
	memset(fake_stack, 0, sizeof(fake_stack));
	frame[REG_AT + F_RAX] = SYS_futex;
	frame[REG_AT + F_RDI] = STUB_SLOT + SLOT_TURN;
	frame[REG_AT + F_RDX] = 1;
	frame[REG_AT + F_RSP] = (u64)fake_stack + 1000;
	frame[REG_AT + F_RIP] = ip;
	/* The trap flag: behind the call, a signal. */
	frame[REG_AT + F_FLAGS] = 0x302;
	frame[REG_AT + F_SEGMENTS] = 0x002b000000000033;
	f.sp = (u64)frame;
	out = sigreturn_insn();
	/* A fault on the way would be a stop of its own. */
	need(readable((unsigned long)arrive) && readable((unsigned long)forge_stop));
	forge_stop();
	forge_stop();
	arrive(out, &f);
}

/* The stub waits there: a jump back follows. */
static bool is_wait(unsigned long insn)
{
	return !memcmp((const void *)insn, "\x0f\x05\xeb", 3);
}

static void test_traced_stop(void)
{
	int bad = 0, waits = 0;

	if (!on_seccomp()) {
		tap_skip("a traced thread that feigns its stop", "the kernel gives guests no calls to make");
		return;
	}
	for (unsigned int i = 0; i < nr_insns; i++) {
		pid_t pid;

		if (!is_wait(insns[i]))
			continue;
		waits++;
		pid = fork_child();
		if (pid == 0)
			feign_traced(insns[i]);
		bad += reached(outcome(pid, 2000));
	}
	ok(waits, "the stub waits");
	ok_eq(bad, 0, "a traced thread that feigns its stop is told nothing");
}

static void test_guest_calls(void)
{
	ok(munmap((void *)STUB_CODE, STUB_CODE_LEN) == -1, "the guest's kernel does not unmap the stub");
	ok(mprotect((void *)STUB_SLOT, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == -1,
	   "nor change its protection");
	ok(mmap((void *)STUB_SLOT, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
	   MAP_FAILED, "nor map over it");
}

int main(void)
{
	find_insns();
	if (!nr_insns) {
		tap_skip("attacks", "no stub here: this is no User Mode Linux guest");
		return tap_done();
	}
	tap_note("%u system call instructions in the stub", nr_insns);
	test_guest_calls();
	test_map_calls();
	test_harmful_calls();
	test_blocked_kick();
	test_scribble();
	test_feigned_stop();
	test_traced_stop();
	test_all_numbers();
	return tap_done();
}
