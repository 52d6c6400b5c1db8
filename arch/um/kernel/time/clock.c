// SPDX-License-Identifier: GPL-2.0
/*
 * Time: the host's monotonic clock is the clocksource, each vCPU has a one-shot
 * host timer for its clock event device, the host's wall clock is read at
 * boot. Delays are spent looking at the clock. Guests read the same clock
 * without us: vdso/.
 */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/percpu.h>
#include <linux/sched/clock.h>
#include <linux/timekeeping.h>
#include <asm/vdso.h>
#include <host/timer.h>
#include <um/smp.h>

static u64 boot_ns;

static u64 host_clock_read(struct clocksource *cs)
{
	return os_clock_monotonic();
}

static struct clocksource host_clock = {
	.name = "host",
	.rating = 400,
	.read = host_clock_read,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS,
};

static int host_timer_shutdown(struct clock_event_device *dev)
{
	return os_timer_arm(0);
}

static int host_timer_set_next(unsigned long delta, struct clock_event_device *dev)
{
	return os_timer_arm(delta ?: 1);
}

static DEFINE_PER_CPU(struct clock_event_device, host_timer) = {
	.name = "host-timer",
	.rating = 300,
	.features = CLOCK_EVT_FEAT_ONESHOT,
	.set_state_shutdown = host_timer_shutdown,
	.set_next_event = host_timer_set_next,
	.irq = UM_IRQ_TIMER,
};

static irqreturn_t timer_interrupt(int irq, void *data)
{
	struct clock_event_device *dev = this_cpu_ptr(&host_timer);

	dev->event_handler(dev);
	return IRQ_HANDLED;
}

/* Asked from the first message on. */
unsigned long long notrace sched_clock(void)
{
	if (unlikely(!boot_ns))
		boot_ns = os_clock_monotonic();
	return os_clock_monotonic() - boot_ns;
}

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(os_clock_realtime());
}

void um_clock_start(void)
{
	enum { MIN_DELTA_NS = 1000 };
	struct clock_event_device *dev = this_cpu_ptr(&host_timer);
	int err;

	err = os_timer_create();
	if (err)
		panic("host timer: %pe", ERR_PTR(err));
	dev->cpumask = cpumask_of(raw_smp_processor_id());
	clockevents_config_and_register(dev, NSEC_PER_SEC, MIN_DELTA_NS,
					LONG_MAX);
}

void __init time_init(void)
{
	int err;

	err = request_irq(UM_IRQ_TIMER, timer_interrupt,
			  IRQF_TIMER | IRQF_IRQPOLL | IRQF_PERCPU, "timer",
			  NULL);
	if (err)
		panic("timer interrupt: %pe", ERR_PTR(err));

	host_clock.vdso_clock_mode = um_vdso_clock_mode();
	clocksource_register_hz(&host_clock, NSEC_PER_SEC);
	um_clock_start();
}

static void delay_ns(u64 ns)
{
	u64 end = os_clock_monotonic() + ns;

	while ((s64)(os_clock_monotonic() - end) < 0)
		cpu_relax();
}

void __ndelay(unsigned long nsecs)
{
	delay_ns(nsecs);
}
EXPORT_SYMBOL(__ndelay);

void __udelay(unsigned long usecs)
{
	delay_ns((u64)usecs * NSEC_PER_USEC);
}
EXPORT_SYMBOL(__udelay);

/* In units of 2^-32 seconds, the way the generic header scales constants. */
void __const_udelay(unsigned long xloops)
{
	delay_ns(((u64)xloops * NSEC_PER_SEC) >> 32);
}
EXPORT_SYMBOL(__const_udelay);

/* One loop is one nanosecond: see calibrate_delay_is_known(). */
void __delay(unsigned long loops)
{
	delay_ns(loops);
}
EXPORT_SYMBOL(__delay);

unsigned long calibrate_delay_is_known(void)
{
	return NSEC_PER_SEC / HZ;
}
