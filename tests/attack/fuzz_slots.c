// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzing of the hand-over (rules R3, R6 and R7): programs whose threads write random and chosen
 * values to the words and frames of their slots, on all processors, while other threads of theirs make
 * calls, fault, change mappings and fork; and go to the stub with such registers. They die often.
 * Harm: the machine stops or complains; another program's memory or time suffers.
 *
 * "fuzz_seconds" and "fuzz_seed" on the kernel's command line say for how long, and how.
 */
#include "attack.h"

enum { SECONDS = 15, FUZZERS = 3, LIFE_MS = 250, WITNESS_PAGES = 128, LIMIT_MS = 6000, SLOTS = 2 };

/* Each a program of its own: the numbers of one follow from its seed. */
static u64 state;

static u64 random64(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static u32 pick(u32 below)
{
	return (random64() >> 20) % below;
}

static unsigned int slots(void)
{
	return two_cpus() ? SLOTS : 1;
}

static unsigned long any_slot(void)
{
	return STUB_DATA + pick(slots()) * STUB_DATA_SIZE;
}

/* What the kernel or the stub may take for something. */
static u64 adverse(void)
{
	static const u64 fixed[] = {
		0, 1, 2, 3, 8, 15, 39, 202, 0xffffffff, ~0ULL, 1ULL << 63, STUB_CODE, STUB_ORDERS,
		STUB_AREA_END, 0xffff800000000000, FLAGS_NORMAL, FLAG_TRAP, SEGMENTS_64, ARCH_X86_64, PAGE,
	};

	switch (pick(8)) {
	case 0:
		return random64();
	case 1:
		return any_slot() + pick(STUB_DATA_SIZE + PAGE) - pick(PAGE);
	case 2:
		return any_slot() + STUB_STACK + 8 * pick((STUB_DATA_SIZE - STUB_STACK) / 8);
	case 3:
		return STUB_CODE + pick(STUB_DATA - STUB_CODE);
	case 4:
		return stub.insn[pick(stub.nr)];
	case 5:
		return (u64)fake_frame + 8 * pick(256);
	case 6:
		return pick(480);
	default:
		return fixed[pick(ARRAY_SIZE(fixed))];
	}
}

/* Words which matter are hit more often than others. */
static void scribble_once(void)
{
	static const u16 words[] = {
		STUB_PAGE_TURN, STUB_PAGE_TURN, STUB_PAGE_KERNEL_WAITS, STUB_PAGE_STUB_WAITS, STUB_PAGE_SIGNO,
	};
	static const u16 longs[] = {
		STUB_PAGE_FRAME, STUB_PAGE_SIGINFO, STUB_PAGE_FS_BASE, STUB_PAGE_GS_BASE,
	};
	const unsigned long slot = any_slot();

	switch (pick(8)) {
	case 0:
	case 1:
	case 2:
		*slot_word(slot, words[pick(ARRAY_SIZE(words))]) = pick(4);
		break;
	case 3:
		*slot_word(slot, words[pick(ARRAY_SIZE(words))]) = adverse();
		break;
	case 4:
		*slot_long(slot, longs[pick(ARRAY_SIZE(longs))]) = adverse();
		break;
	case 5:
		forge_stop(slot, pick(470), adverse(), adverse(), adverse(), adverse(), adverse());
		break;
	default:
		*slot_long(slot, 8 * pick(STUB_DATA_SIZE / 8)) = adverse();
		break;
	}
}

static void *scribble(void *arg)
{
	sigset_t alarms;

	/* Those are for whoever visits the stub. */
	sigemptyset(&alarms);
	sigaddset(&alarms, SIGALRM);
	pthread_sigmask(SIG_BLOCK, &alarms, NULL);
	use_slot((long)arg % slots());
	for (;;) {
		/* In bursts, so that calls get through between them. */
		for (unsigned int i = pick(200); i; i--)
			scribble_once();
		for (volatile unsigned int i = pick(20000); i; i--)
			;
	}
	return NULL;
}

/* What any program does. */
static void behave(void)
{
	u8 *area = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	raw0(SYS_getppid);
	if (area == MAP_FAILED)
		return;
	for (unsigned int i = 0; i < 16; i++)
		*(volatile u8 *)(area + i * PAGE) = i;
	mprotect(area, 4 * PAGE, PROT_READ);
	munmap(area, 16 * PAGE);
	if (pick(50) == 0 && fork() == 0)
		_exit(0);
	raw0(SYS_sched_yield);
}

static void visit_stub(void)
{
	struct regs r = regs_for(adverse(), adverse(), adverse(), adverse(), adverse(), adverse(), adverse());

	r.bx = any_slot();
	r.r15 = (u64)&fake_orders.rule[0];
	if (pick(2))
		r.r15 = STUB_ORDERS + STUB_RULE_SIZE * pick(SLOTS);
	fake_orders.rule[0].trap = pick(2);
	begin_frame(fake_frame, adverse(), adverse());
	fake_frame[UC_STACK] = adverse();
	fake_frame[UC_STACK_SIZE] = adverse();
	fake_frame[UC_MASK] = pick(2) ? ~0ULL : random64();
	visit(pick(3) ? stub.insn[pick(stub.nr)] : (u64)STUB_CODE + pick(STUB_ORDERS - STUB_CODE), &r);
}

static void __attribute__((__noreturn__)) be_fuzzer(u64 seed)
{
	pthread_t thread;
	/* Whether others scribble; whether it goes to the stub itself. */
	bool others, visits;

	state = seed;
	others = pick(4);
	visits = !others || pick(2);
	catch_all();
	/* There is a slot only where it has run. */
	for (unsigned int i = slots(); i--;)
		use_slot(i);
	for (unsigned int i = 0; others && i <= pick(3); i++)
		need(!pthread_create(&thread, NULL, scribble, (void *)(long)i));
	for (;;) {
		if (visits && pick(4) == 0)
			visit_stub();
		else
			behave();
	}
}

/* One after the other, each for a short life. */
static void __attribute__((__noreturn__)) breed(u64 seed)
{
	for (;;) {
		pid_t pid = fork();

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		if (pid == 0) {
			setpgid(0, 0);
			be_fuzzer(seed | 1);
		}
		outcome(pid, LIFE_MS);
		kill(-pid, SIGKILL);
	}
}

static u64 number_of(const char *key, u64 otherwise)
{
	char word[24];

	return host_word(key, word, sizeof(word)) ? strtoull(word, NULL, 0) : otherwise;
}

/* A program that minds its own business, and whose memory nobody else writes to. */
static void bear_witness(u64 seconds)
{
	const size_t words = WITNESS_PAGES * PAGE / 8;
	u64 *memory = map_anon(WITNESS_PAGES * PAGE), end = now_ns() + seconds * NSEC_PER_SEC;
	u64 rounds = 0, changed = 0, before, took, longest = 0;

	for (size_t i = 0; i < words; i++)
		memory[i] = i ^ MAGIC;
	while ((before = now_ns()) < end) {
		sleep_ms(20);
		/* New pages now and then, which somebody else has just freed. */
		if (rounds++ % 8 == 0)
			raw3(SYS_madvise, memory, WITNESS_PAGES * PAGE / 2, MADV_DONTNEED);
		for (size_t i = 0; i < words; i++) {
			changed += memory[i] != (i ^ MAGIC) && (i >= words / 2 || memory[i]);
			memory[i] = i ^ MAGIC;
		}
		took = now_ns() - before;
		if (took > longest)
			longest = took;
	}
	tap_note("%lu rounds, the longest took %lu ms", (unsigned long)rounds, (unsigned long)(longest / NSEC_PER_MSEC));
	ok(changed == 0, "the memory of another program stays as it is");
	ok(longest < LIMIT_MS * NSEC_PER_MSEC, "another program goes on");
}

int main(void)
{
	const u64 seconds = number_of("fuzz_seconds", SECONDS), seed = number_of("fuzz_seed", now_ns());
	pid_t pid[FUZZERS];

	attack_begin();
	need_slots();
	tap_note("fuzz_seed=%lu fuzz_seconds=%lu", (unsigned long)seed, (unsigned long)seconds);
	for (unsigned int i = 0; i < FUZZERS; i++) {
		pid[i] = fork_child();
		if (pid[i] == 0)
			breed(seed + i);
	}
	bear_witness(seconds);
	for (unsigned int i = 0; i < FUZZERS; i++)
		outcome(pid[i], 0);
	return tap_done();
}
