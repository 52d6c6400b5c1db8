// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/watchdog: a daemon of the guest has to write to it again and again. If
 * it does not, because it or the kernel hangs, the host is told, the stack is
 * dumped, and the program ends or starts again (watchdog=).
 */
#define pr_fmt(fmt) "watchdog: " fmt

#include <linux/console.h>
#include <linux/init.h>
#include <linux/nmi.h>
#include <linux/ptrace.h>
#include <linux/watchdog.h>
#include <asm/stacktrace.h>
#include <host/proc.h>
#include <host/upcall.h>
#include "mconsole.h"
#include "watchdog.h"
#include "watchdog_host.h"

enum {
	DEFAULT_SECONDS = 60,
	MAX_SECONDS = 24 * 3600,
};

static bool watchdog_there;

/* Anything may have been interrupted, locks may be held: as in a panic. */
void upcall_watchdog(__u64 ip, __u64 sp, __u64 bp)
{
	static const char news[] = "watchdog: nobody serves /dev/watchdog";
	struct pt_regs regs = { .ip = ip, .sp = sp, .bp = bp };

	local_irq_disable();
	bust_spinlocks(1);
	console_verbose();
	pr_emerg("nobody serves /dev/watchdog; %s (pid %d) runs\n",
		 current->comm, task_pid_nr(current));
	um_show_trace(&regs, KERN_EMERG);
	if (IS_ENABLED(CONFIG_MCONSOLE))
		mconsole_news(MCONSOLE_HANG, news, sizeof(news));
	trigger_allbutcpu_cpu_backtrace(raw_smp_processor_id());
	pr_emerg("%s\n", um_watchdog_reboots ? "rebooting" : "ending");
	console_flush_on_panic(CONSOLE_FLUSH_PENDING);
	if (um_watchdog_reboots)
		os_reexec();
	os_exit(OS_EXIT_FAILURE);
}

static int watchdog_start(struct watchdog_device *wdd)
{
	watchdog_host_set(wdd->timeout);
	return 0;
}

static int watchdog_stop(struct watchdog_device *wdd)
{
	watchdog_host_set(0);
	return 0;
}

static int watchdog_set_timeout(struct watchdog_device *wdd,
				unsigned int seconds)
{
	wdd->timeout = seconds;
	if (watchdog_active(wdd))
		watchdog_host_set(seconds);
	return 0;
}

static const struct watchdog_info um_watchdog_info = {
	.options = WDIOF_SETTIMEOUT | WDIOF_KEEPALIVEPING | WDIOF_MAGICCLOSE,
	.identity = "UML Hardware Watchdog",
};

static const struct watchdog_ops um_watchdog_ops = {
	.owner = THIS_MODULE,
	.start = watchdog_start,
	.stop = watchdog_stop,
	.ping = watchdog_start,
	.set_timeout = watchdog_set_timeout,
};

static struct watchdog_device um_watchdog = {
	.info = &um_watchdog_info,
	.ops = &um_watchdog_ops,
	.timeout = DEFAULT_SECONDS,
	.min_timeout = 1,
	.max_timeout = MAX_SECONDS,
	.status = WATCHDOG_NOWAYOUT_INIT_STATUS,
};

void um_watchdog_hold(bool hold)
{
	if (watchdog_there)
		watchdog_host_hold(hold);
}

static int __init um_watchdog_init(void)
{
	int err = watchdog_host_init();

	err = err ?: watchdog_register_device(&um_watchdog);
	watchdog_there = !err;
	return err;
}
device_initcall(um_watchdog_init);
