// SPDX-License-Identifier: GPL-2.0
/*
 * All processes stop on the host's wish, and go on. Kernel threads run all the
 * time, so a stopped guest serves requests of the host.
 * The freezer wants one task to do both, whoever asks for it: a worker's.
 */
#include <linux/err.h>
#include <linux/freezer.h>
#include <linux/kthread.h>
#include <linux/mutex.h>
#include <um/stop.h>
#include "watchdog.h"

static DEFINE_MUTEX(stop_lock);
/* All of these are guarded by stop_lock. */
static bool stopped;
static int freeze_result;
/* Made when it is first needed. */
static struct kthread_worker *freezer;

static void freeze(struct kthread_work *work)
{
	freeze_result = freeze_processes();
}

static void thaw(struct kthread_work *work)
{
	thaw_processes();
}

static DEFINE_KTHREAD_WORK(freeze_work, freeze);
static DEFINE_KTHREAD_WORK(thaw_work, thaw);

static void have_done(struct kthread_work *work)
{
	kthread_queue_work(freezer, work);
	kthread_flush_work(work);
}

static int freeze_all(void)
{
	if (!freezer)
		freezer = kthread_create_worker(0, "um-freezer");
	if (IS_ERR(freezer)) {
		freezer = NULL;
		return -ENOMEM;
	}
	have_done(&freeze_work);
	stopped = !freeze_result;
	if (stopped)
		um_watchdog_hold(true);
	return freeze_result;
}

int um_processes_stop(void)
{
	int err;

	mutex_lock(&stop_lock);
	err = stopped ? -EALREADY : freeze_all();
	mutex_unlock(&stop_lock);
	return err;
}

bool um_processes_stopping(void)
{
	return mutex_is_locked(&stop_lock);
}

bool um_processes_go(void)
{
	bool were_stopped;

	mutex_lock(&stop_lock);
	were_stopped = stopped;
	if (were_stopped) {
		stopped = false;
		um_watchdog_hold(false);
		have_done(&thaw_work);
	}
	mutex_unlock(&stop_lock);
	return were_stopped;
}
