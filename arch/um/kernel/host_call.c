// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting for the host without keeping a vCPU from other tasks: a disk image on
 * a file system of the network, say, which is opened while the machine runs.
 * Not here: what is asked for all the time; that has ways of its own (ubd).
 */
#include <linux/err.h>
#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/wait.h>
#include <host/call.h>
#include <um/host_call.h>
#include <um/irq.h>

static DECLARE_WAIT_QUEUE_HEAD(call_wait);
/* 0 until calls can be waited for. */
static int call_irq;

void um_host_call(void (*fn)(void *arg), void *arg)
{
	struct os_call call = { .fn = fn, .arg = arg, .cookie = call_irq };

	if (!call_irq || os_call_start(&call)) {
		fn(arg);
		return;
	}
	/* It may take long, and that is no fault of this kernel. */
	wait_event_idle(call_wait, smp_load_acquire(&call.done));
	os_call_end(&call);
}

static irqreturn_t call_interrupt(int irq, void *data)
{
	wake_up_all(&call_wait);
	return IRQ_HANDLED;
}

static int __init host_call_init(void)
{
	int irq = um_irq_alloc("host calls");
	int err;

	if (irq < 0)
		return irq;
	err = request_irq(irq, call_interrupt, 0, "host-call", NULL);
	if (err) {
		um_irq_free(irq);
		return err;
	}
	call_irq = irq;
	return 0;
}
/* Devices of the command line are there by then, opened without threads. */
late_initcall(host_call_init);
