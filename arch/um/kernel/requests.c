// SPDX-License-Identifier: GPL-2.0
/*
 * What the host asks of the whole program by a signal. The signal handler may
 * have interrupted anything: it notes the request, an interrupt serves it, and
 * leaves to a work item what may sleep.
 */
#include <linux/err.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kstrtox.h>
#include <linux/pid.h>
#include <linux/reboot.h>
#include <linux/sched/signal.h>
#include <linux/syscalls.h>
#include <linux/workqueue.h>
#include <host/event.h>
#include <host/proc.h>
#include <host/upcall.h>
#include <um/console.h>
#include <um/irq.h>
#include <um/option.h>
#include <um/reboot.h>
#include <um/stop.h>

/* Set once the kernel can serve requests; until then they are refused. */
static int request_irq_nr;
static unsigned long requests;

enum {
	STOP_TIMEOUT_MAX = 24 * 3600,
};

enum {
	REQUEST_WINCH,
	REQUEST_SHUTDOWN,
};

bool upcall_signal(int signo)
{
	if (!request_irq_nr)
		return false;
	set_bit(signo == SIGWINCH ? REQUEST_WINCH : REQUEST_SHUTDOWN,
		&requests);
	os_event_raise(request_irq_nr);
	return true;
}

/*
 * Has init decided what Ctrl-Alt-Del means, or is there none yet? One that
 * keeps the signal blocked reads it from a descriptor.
 */
static bool init_decides(void)
{
	struct sighand_struct *sighand;
	struct task_struct *init;
	unsigned long flags;
	bool decides = false;

	rcu_read_lock();
	init = pid_task(rcu_dereference(cad_pid), PIDTYPE_PID);
	sighand = init ? lock_task_sighand(init, &flags) : NULL;
	if (sighand) {
		decides = sigismember(&init->blocked, SIGINT) ||
			  sighand->action[SIGINT - 1].sa.sa_handler != SIG_DFL;
		unlock_task_sighand(init, &flags);
	}
	rcu_read_unlock();
	return decides;
}

static void shut_down(struct work_struct *work)
{
	os_stop_heard();
	/* Those who are stopped, or cannot write, could not shut down. */
	if (um_processes_go())
		pr_notice("processes go on, so that they can shut down\n");
	if (!um_fs_thaw())
		pr_notice("file systems are writable again, so that processes can shut down\n");
	if (init_decides()) {
		ctrl_alt_del();
		return;
	}
	pr_notice("there is no init that would shut down: syncing disks and ending\n");
	ksys_sync();
	kernel_restart(NULL);
}

static DECLARE_WORK(shut_down_work, shut_down);

static irqreturn_t serve_requests(int irq, void *data)
{
	if (test_and_clear_bit(REQUEST_WINCH, &requests))
		um_line_winch();
	if (test_and_clear_bit(REQUEST_SHUTDOWN, &requests)) {
		pr_notice("the host asks us to shut down\n");
		um_reboot_ends();
		schedule_work(&shut_down_work);
	}
	return IRQ_HANDLED;
}

static int __init requests_setup(void)
{
	int irq, err;

	irq = um_irq_alloc("host requests");
	if (irq < 0)
		return irq;
	err = request_irq(irq, serve_requests, 0, "host-request", NULL);
	if (err) {
		um_irq_free(irq);
		return err;
	}
	request_irq_nr = irq;
	if (os_file_size_limit() != ~0ULL)
		pr_warn("the host lets no file grow beyond %llu bytes (ulimit -f): what is written to disks and files behind that fails\n",
			os_file_size_limit());
	err = os_hangup_init();
	if (err)
		pr_warn("no watch for the end of whoever started us: %pe\n",
			ERR_PTR(err));
	return 0;
}
device_initcall(requests_setup);

static int __init parse_stop_timeout(const char *value)
{
	unsigned int seconds;

	if (kstrtouint(value, 10, &seconds) || seconds > STOP_TIMEOUT_MAX)
		return um_option_error("stop_timeout=%.40s: expected a number of seconds, at most %d",
				       value, STOP_TIMEOUT_MAX);
	os_stop_patience(seconds);
	return 0;
}

UM_OPTION(stop_timeout, "stop_timeout=", 0, parse_stop_timeout,
"stop_timeout=<seconds>\n"
"    How long the guest may take to shut down after SIGTERM or SIGHUP; then\n"
"    the program ends without it. The default is 90; 0 is for ever.\n");
