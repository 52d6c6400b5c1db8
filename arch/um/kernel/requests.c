// SPDX-License-Identifier: GPL-2.0
/*
 * What the host asks of the whole program by a signal. The signal handler may
 * have interrupted anything: it notes the request, an interrupt serves it, and
 * leaves to a work item what may sleep.
 */
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/reboot.h>
#include <linux/signal.h>
#include <linux/workqueue.h>
#include <host/event.h>
#include <host/upcall.h>
#include <um/console.h>
#include <um/irq.h>
#include <um/reboot.h>
#include <um/stop.h>

/* Set once the kernel can serve requests; until then they are refused. */
static int request_irq_nr;
static unsigned long requests;

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

/* Processes which are stopped could not shut down. */
static void shut_down(struct work_struct *work)
{
	if (um_processes_go())
		pr_notice("processes go on, so that they can shut down\n");
	ctrl_alt_del();
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
	return 0;
}
device_initcall(requests_setup);
