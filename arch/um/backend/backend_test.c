// SPDX-License-Identifier: GPL-2.0
/*
 * Tests of the backend which runs guests, against its contract: guests whose
 * code makes the same stop again and again tell of each once, whatever is done
 * to them in between and whenever interrupts come.
 */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/hrtimer.h>
#include <linux/io.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/random.h>
#include <linux/signal.h>
#include <linux/slab.h>
#include <linux/unistd.h>
#include <asm/ptrace.h>
#include <um/guest_loop.h>

enum {
	ROUNDS = 25,
	/* Guests that run in turn. */
	VICTIMS = 2,
	/* Time between two interrupts, at least and at random. */
	INTERRUPT_MIN_NS = 20 * 1000,
	INTERRUPT_RANDOM_NS = 200 * 1000,
	CODE = 0x10000,
	DATA = 0x20000,
	UD2_LENGTH = 2,
};

/* Its counter of stops is rbx; r12 is what the last call returned. */
static const u8 calls_code[] = {
	0x44, 0x89, 0xe8,		/* again: mov %r13d, %eax */
	0x0f, 0x05,			/* syscall */
	0x49, 0x89, 0xc4,		/* mov %rax, %r12 */
	0x48, 0xff, 0xc3,		/* inc %rbx */
	0xeb, 0xf3,			/* jmp again */
};

static const u8 faults_code[] = {
	0x0f, 0x0b,			/* again: ud2 */
	0x48, 0xff, 0xc3,		/* inc %rbx */
	0xeb, 0xf9,			/* jmp again */
};

/**
 * struct victim - a guest
 * @mm: its process
 * @page: what it has mapped, at CODE and at DATA
 * @fp: room for its vector state
 * @regs: its registers
 * @ev: why it stopped
 */
struct victim {
	struct guest_mm *mm;
	void *page;
	void *fp;
	struct guest_regs regs;
	struct guest_event ev;
};

/* What may be done to a guest that has stopped. */
enum treatment {
	NOTHING, SETTLE, SETTLE_OLD, COMPLETE, READ_FP, WRITE_FP,
	MAP_SOON, PROTECT_SOON, PROTECT_NOW, TREATMENTS,
};

static int change(struct victim *v, enum map_op_kind kind, guest_va_t va,
		  u32 prot, bool now)
{
	const struct map_op op = {
		.kind = kind, .prot = prot, .va = va, .len = PAGE_SIZE,
		.off = virt_to_phys(v->page),
	};

	return um_backend->mm_apply(v->mm, &op, 1, now);
}

static void end_victim(void *data)
{
	struct victim *v = data;
	unsigned long flags;

	local_irq_save(flags);
	um_backend->mm_empty(v->mm);
	um_backend->mm_destroy(v->mm);
	local_irq_restore(flags);
}

static struct victim *start_victim(struct kunit *test, const u8 *code,
				   size_t len)
{
	struct victim *v = kunit_kzalloc(test, sizeof(*v), GFP_KERNEL);
	unsigned long flags;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, v);
	v->regs = (struct guest_regs) {
		.ip = CODE, .cs = UM_GUEST_CS, .ss = UM_GUEST_SS,
	};
	v->page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	v->fp = kunit_kzalloc(test, um_backend->fp_size(), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, v->page);
	KUNIT_ASSERT_NOT_NULL(test, v->fp);
	KUNIT_ASSERT_TRUE(test, PAGE_ALIGNED(v->page));
	memcpy(v->page, code, len);
	um_backend->fp_init(v->fp);

	local_irq_save(flags);
	err = um_backend->mm_create(&v->mm);
	local_irq_restore(flags);
	KUNIT_ASSERT_EQ(test, err, 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, end_victim, v), 0);

	local_irq_save(flags);
	err = um_backend->mm_attach(v->mm);
	if (!err)
		err = change(v, MAP_OP_MAP, CODE, MAP_PROT_READ | MAP_PROT_EXEC,
			     false);
	if (!err)
		err = change(v, MAP_OP_MAP, DATA, MAP_PROT_READ, false);
	local_irq_restore(flags);
	KUNIT_ASSERT_EQ(test, err, 0);
	return v;
}

static int treat(struct victim *v, enum treatment treatment)
{
	switch (treatment) {
	case NOTHING:
		return 0;
	case SETTLE:
		um_backend->settle(UM_SETTLE_ALL);
		return 0;
	case SETTLE_OLD:
		um_backend->settle(UM_SETTLE_OLD);
		um_backend->settle(UM_SETTLE_OLD);
		return 0;
	case COMPLETE:
		return um_backend->regs_complete(v->mm, &v->regs);
	case READ_FP:
		return um_backend->fp_get(v->mm, raw_smp_processor_id(), v->fp);
	case WRITE_FP:
		return um_backend->fp_set(v->mm, v->fp);
	case MAP_SOON:
		return change(v, MAP_OP_MAP, DATA, MAP_PROT_READ, false);
	case PROTECT_SOON:
		return change(v, MAP_OP_PROTECT, DATA, MAP_PROT_READ, false);
	case PROTECT_NOW:
		return change(v, MAP_OP_PROTECT, DATA, MAP_PROT_READ, true);
	case TREATMENTS:
		break;
	}
	return -EINVAL;
}

/*
 * To the next stop that is the guest's own. At each, as well as where an
 * interrupt came, the same is done at once.
 */
static int step_victim(struct victim *v, enum treatment first,
		       enum treatment second)
{
	unsigned long flags;
	int err;

	do {
		local_irq_save(flags);
		err = um_backend->run(v->mm, &v->regs, false, &v->ev);
		if (!err)
			err = treat(v, first) ?: treat(v, second);
		local_irq_restore(flags);
	} while (!err && v->ev.kind == GUEST_EVENT_KICK);
	return err;
}

static int all_registers(struct victim *v)
{
	unsigned long flags;
	int err;

	local_irq_save(flags);
	err = um_backend->regs_complete(v->mm, &v->regs);
	local_irq_restore(flags);
	return err;
}

static bool next_call(struct victim *v, long n, enum treatment first,
		      enum treatment second)
{
	if (step_victim(v, first, second) ||
	    v->ev.kind != GUEST_EVENT_SYSCALL || v->regs.orig_ax != v->regs.r13)
		return false;
	/* Now and then all registers are looked at. */
	if (n % 8 == 7 &&
	    (all_registers(v) || v->regs.bx != n || v->regs.r12 != n + 999))
		return false;
	v->regs.ax = n + 1000;
	return true;
}

static bool next_fault(struct victim *v, long n, enum treatment first,
		       enum treatment second)
{
	if (step_victim(v, first, second) ||
	    v->ev.kind != GUEST_EVENT_FAULT || v->ev.signo != SIGILL ||
	    v->regs.ip != CODE || v->regs.bx != n)
		return false;
	v->regs.ip += UD2_LENGTH;
	return true;
}

static enum hrtimer_restart interrupt(struct hrtimer *timer)
{
	hrtimer_forward_now(timer, INTERRUPT_MIN_NS +
				   get_random_u32_below(INTERRUPT_RANDOM_NS));
	return HRTIMER_RESTART;
}

typedef bool (*next_stop_t)(struct victim *v, long n, enum treatment first,
			    enum treatment second);

static bool all_next(struct kunit *test, struct victim *victims[VICTIMS],
		     long n, enum treatment first, enum treatment second,
		     next_stop_t next)
{
	const struct victim *v;
	int i;

	for (i = 0; i < VICTIMS; i++) {
		v = victims[i];
		if (next(victims[i], n, first, second))
			continue;
		KUNIT_FAIL(test, "treatments %u, %u: stop %ld of %d: event %u, signal %d, call %lld, ip %llx, rbx %lld, r12 %lld\n",
			   first, second, n, i, v->ev.kind, v->ev.signo,
			   v->regs.orig_ax, v->regs.ip, v->regs.bx,
			   v->regs.r12);
		return false;
	}
	return true;
}

static void expect_stops(struct kunit *test, const u8 *code, size_t len,
			 long nr, next_stop_t next)
{
	struct victim *v[VICTIMS];
	unsigned int first, second;
	struct hrtimer timer;
	long n = 0, end = 0;
	bool good = true;
	int i;

	/* A vCPU runs only what it is attached to. */
	migrate_disable();
	for (i = 0; i < VICTIMS; i++) {
		v[i] = start_victim(test, code, len);
		v[i]->regs.r13 = nr;
	}
	hrtimer_init_on_stack(&timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	timer.function = interrupt;
	hrtimer_start(&timer, INTERRUPT_MIN_NS, HRTIMER_MODE_REL);
	for (first = 0; first < TREATMENTS; first++)
		for (second = 0; second < TREATMENTS; second++)
			for (end += ROUNDS; n < end && good; n++)
				good = all_next(test, v, n, first, second, next);
	hrtimer_cancel(&timer);
	destroy_hrtimer_on_stack(&timer);
	migrate_enable();
}

/* One that a notice will do for, where there are notices. */
static void plain_calls_are_told_once(struct kunit *test)
{
	expect_stops(test, calls_code, sizeof(calls_code), __NR_getpid,
		     next_call);
}

static void waiting_calls_are_told_once(struct kunit *test)
{
	expect_stops(test, calls_code, sizeof(calls_code), __NR_pause,
		     next_call);
}

static void faults_are_told_once(struct kunit *test)
{
	expect_stops(test, faults_code, sizeof(faults_code), 0, next_fault);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(plain_calls_are_told_once),
	KUNIT_CASE(waiting_calls_are_told_once),
	KUNIT_CASE(faults_are_told_once),
	{ }
};

static struct kunit_suite suite = {
	.name = "um_backend",
	.test_cases = cases,
};

kunit_test_suite(suite);
