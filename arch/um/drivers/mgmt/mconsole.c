// SPDX-License-Identifier: GPL-2.0
/*
 * The management console: requests from the host.
 * Flow: interrupt -> thread: mconsole_host_receive() -> mconsole_parse.c ->
 * mconsole_cmds.c -> mconsole_say() -> mconsole_host_send().
 * Threads, because commands open files, allocate memory and wait. The one that
 * receives serves what never waits itself; another one serves the rest, one by
 * one in the order in which they came. They are never frozen, so a stopped guest
 * can still be talked to.
 */
#define pr_fmt(fmt) "mconsole: " fmt

#include <linux/init.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <host/proc.h>
#include <host/socket.h>
#include <um/irq.h>
#include "mconsole.h"
#include "mconsole_parse.h"

enum {
	/* A client which reads nothing for so long gets no more. */
	SEND_PATIENCE = 5 * HZ,
	/*
	 * What a client may leave unread: a quarter of what hosts give a
	 * socket by default, so that there is room for others.
	 */
	SEND_WINDOW = 48 * 1024,
	/* Requests that wait for others. */
	WAITING_MAX = 64,
};

static struct mconsole_host *console_socket;
static DECLARE_WAIT_QUEUE_HEAD(console_wait);
static bool console_ready;

/* Guards those that wait; their number is never more than WAITING_MAX. */
static DEFINE_SPINLOCK(waiting_lock);
static LIST_HEAD(waiting);
static unsigned int waiting_nr;
static DECLARE_WAIT_QUEUE_HEAD(waiting_wait);

/* ---- answers ---- */

static int try_to_send(struct mconsole_job *job)
{
	u32 unread = mconsole_host_unread(console_socket);

	if (unread >= job->unread && unread - job->unread > SEND_WINDOW)
		return -EAGAIN;
	return mconsole_host_send(console_socket, &job->peer, &job->reply,
				  offsetof(struct mconsole_reply, data) +
				  job->reply.len);
}

/* Whoever does not read must not hold up those who come next for long. */
static void send_reply(struct mconsole_job *job, bool more)
{
	struct mconsole_reply *r = &job->reply;
	unsigned long end = jiffies + SEND_PATIENCE;
	int err;

	r->data[r->len++] = '\0';
	r->more = more;
	while (!job->gone) {
		err = try_to_send(job);
		if (!err)
			break;
		if (err != -EAGAIN || time_after(jiffies, end))
			job->gone = true;
		else
			schedule_timeout_uninterruptible(1);
	}
	r->err = 0;
	r->len = 0;
	job->answered = !more;
}

void mconsole_say(struct mconsole_job *job, const char *text, size_t len)
{
	struct mconsole_reply *r = &job->reply;
	size_t n;

	while (len) {
		if (r->len == MCONSOLE_MAX_DATA - 1)
			send_reply(job, true);
		n = min_t(size_t, len, MCONSOLE_MAX_DATA - 1 - r->len);
		memcpy(r->data + r->len, text, n);
		r->len += n;
		text += n;
		len -= n;
	}
}

void mconsole_done(struct mconsole_job *job)
{
	if (!job->answered)
		send_reply(job, false);
}

void mconsole_answer(struct mconsole_job *job, int err, const char *text)
{
	job->reply.err = -err;
	mconsole_say(job, text, strlen(text));
	mconsole_done(job);
}

/* ---- requests ---- */

/* The first protocol had no packets: its clients print what they get. */
static void answer_old_client(struct mconsole_job *job)
{
	static const char text[] =
		"ERR Version 0 mconsole clients are not supported by this driver";

	mconsole_host_send(console_socket, &job->peer, text, strlen(text));
}

/* Once, as there is no patience for those who have no business here. */
static void refuse_stranger(struct mconsole_job *job)
{
	static const char text[] =
		"Only the user who started it and root may manage it";
	struct mconsole_reply *r = &job->reply;

	r->err = EPERM;
	r->len = sizeof(text);
	memcpy(r->data, text, sizeof(text));
	mconsole_host_send(console_socket, &job->peer, r,
			   offsetof(struct mconsole_reply, data) + r->len);
}

static void serve(struct mconsole_job *job)
{
	job->unread = mconsole_host_unread(console_socket);
	mconsole_run(job);
	mconsole_done(job);
}

/* Leave a request to the other thread. Return: false if too many wait. */
static bool put_off(const struct mconsole_job *job)
{
	struct mconsole_job *copy = kmemdup(job, sizeof(*job), GFP_KERNEL);
	bool room;

	if (!copy)
		return false;
	spin_lock(&waiting_lock);
	room = waiting_nr < WAITING_MAX;
	if (room) {
		list_add_tail(&copy->list, &waiting);
		waiting_nr++;
	}
	spin_unlock(&waiting_lock);
	if (room)
		wake_up(&waiting_wait);
	else
		kfree(copy);
	return room;
}

static struct mconsole_job *next_waiting(void)
{
	struct mconsole_job *job;

	spin_lock(&waiting_lock);
	job = list_first_entry_or_null(&waiting, struct mconsole_job, list);
	if (job) {
		list_del(&job->list);
		waiting_nr--;
	}
	spin_unlock(&waiting_lock);
	return job;
}

static int waiting_thread(void *arg)
{
	struct mconsole_job *job;

	for (;;) {
		wait_event_idle(waiting_wait, (job = next_waiting()));
		serve(job);
		kfree(job);
	}
	return 0;
}

static void take(struct mconsole_job *job, const void *packet, size_t len)
{
	switch (mconsole_request_parse(packet, len, job->text)) {
	case MCONSOLE_GOOD:
		if (mconsole_is_quick(job->text))
			serve(job);
		else if (!put_off(job))
			mconsole_answer(job, -EBUSY,
					"Too many requests are waiting");
		break;
	case MCONSOLE_OLD_CLIENT:
		answer_old_client(job);
		break;
	case MCONSOLE_OTHER_VERSION:
		mconsole_answer(job, -EPERM,
				"This driver only supports version 2 clients");
		break;
	case MCONSOLE_TOO_LARGE:
		mconsole_answer(job, -EPERM, "Request too large");
		break;
	default:
		mconsole_answer(job, -EPERM, "Request is shorter than it says");
		break;
	}
}

static void take_all(struct mconsole_job *job)
{
	static struct mconsole_request packet;
	ssize_t len;

	for (;;) {
		memset(job, 0, sizeof(*job));
		len = mconsole_host_receive(console_socket, &job->peer,
					    &packet, sizeof(packet));
		if (len == -EPERM) {
			refuse_stranger(job);
			cond_resched();
			continue;
		}
		if (len < 0)
			break;
		job->unread = mconsole_host_unread(console_socket);
		take(job, &packet, len);
		cond_resched();
	}
	if (len != -EAGAIN)
		pr_warn_ratelimited("cannot receive: %pe\n", ERR_PTR(len));
}

static int console_thread(void *arg)
{
	struct mconsole_job *job = arg;

	for (;;) {
		wait_event_idle(console_wait, READ_ONCE(console_ready));
		WRITE_ONCE(console_ready, false);
		take_all(job);
	}
	return 0;
}

static irqreturn_t console_interrupt(int irq, void *data)
{
	WRITE_ONCE(console_ready, true);
	wake_up(&console_wait);
	return IRQ_HANDLED;
}

/* ---- start ---- */

static int __init start_serving(void)
{
	struct mconsole_job *job = kzalloc(sizeof(*job), GFP_KERNEL);
	struct task_struct *task;
	int irq, err;

	if (!job)
		return -ENOMEM;
	task = kthread_run(console_thread, job, "mconsole");
	if (!IS_ERR(task))
		task = kthread_run(waiting_thread, NULL, "mconsole-waits");
	if (IS_ERR(task))
		return PTR_ERR(task);
	irq = um_irq_alloc("mconsole");
	if (irq < 0)
		return irq;
	err = request_irq(irq, console_interrupt, 0, "mconsole", job);
	return err ?: mconsole_host_watch(console_socket, irq);
}

static int __init mconsole_init(void)
{
	const char *path;
	int err;

	err = mconsole_host_open(&console_socket);
	/* No instance directory: that was said already. */
	if (err == -ENOENT)
		return 0;
	if (!err)
		err = start_serving();
	if (err == -ENAMETOOLONG) {
		pr_err("there is no management console: the path %s/mconsole has %zu characters, a socket's at most %d\n",
		       os_instance_dir(),
		       strlen(os_instance_dir()) + strlen("/mconsole"),
		       OS_SOCKET_PATH_MAX);
		return err;
	}
	if (err) {
		pr_err("there is no management console: %pe\n", ERR_PTR(err));
		return err;
	}
	path = mconsole_host_path(console_socket);
	pr_info("listening on %s\n", path);
	mconsole_news(MCONSOLE_SOCKET, path, strlen(path) + 1);
	return 0;
}
/* After the devices, so that there is something to be managed. */
late_initcall(mconsole_init);
