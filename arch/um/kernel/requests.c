// SPDX-License-Identifier: GPL-2.0
/*
 * What the host asks of the whole program by a signal. The signal handler may
 * have interrupted anything: it notes the request, an interrupt serves it.
 */
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/signal.h>
#include <host/event.h>
#include <host/upcall.h>
#include <um/irq.h>
#include <um/console.h>

/* Set once the kernel can serve requests; until then they are dropped. */
static int request_irq_nr;

void upcall_signal(int signo)
{
	if (request_irq_nr && signo == SIGWINCH)
		os_event_raise(request_irq_nr);
}

static irqreturn_t serve_requests(int irq, void *data)
{
	um_line_winch();
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
