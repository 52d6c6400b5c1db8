// SPDX-License-Identifier: GPL-2.0
/*
 * What a function prints, as an answer: a console of printk which listens for
 * as long as the function runs. Messages are kept until then, because printk
 * may happen where a client cannot be waited for.
 */
#include <linux/console.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include "mconsole.h"

enum {
	/* All stacks of some hundred tasks. */
	CAPTURE_MAX = 1024 * 1024,
};

/* The console lock guards these. */
static char *capture_buf;
static size_t capture_len;
static size_t capture_lost;

static void capture_write(struct console *co, const char *s, unsigned int n)
{
	unsigned int fits;

	if (!capture_buf)
		return;
	fits = min_t(size_t, n, CAPTURE_MAX - capture_len);
	memcpy(capture_buf + capture_len, s, fits);
	capture_len += fits;
	capture_lost += n - fits;
}

/* Enabled from the start, so that no console= is needed for it. */
static struct console capture_console = {
	.name = "mc",
	.write = capture_write,
	.flags = CON_ENABLED | CON_ANYTIME,
	.index = -1,
};

static void capture_begin(char *buf)
{
	/* What was printed before goes where it belongs when this is let go. */
	console_lock();
	console_unlock();
	console_lock();
	capture_buf = buf;
	capture_len = 0;
	capture_lost = 0;
	console_unlock();
}

static size_t capture_end(size_t *lost)
{
	size_t len;

	/* Letting the lock go prints what is still waiting. */
	console_lock();
	console_unlock();
	console_lock();
	len = capture_len;
	*lost = capture_lost;
	capture_buf = NULL;
	console_unlock();
	return len;
}

void mconsole_captured(struct mconsole_job *job, void (*fn)(void *arg),
		       void *arg)
{
	char *buf = kvmalloc(CAPTURE_MAX, GFP_KERNEL);
	int level = console_loglevel;
	size_t len, lost;
	char text[64];

	if (!buf) {
		mconsole_answer(job, -ENOMEM, "Failed to allocate buffer");
		return;
	}
	capture_begin(buf);
	/* With "quiet", too: somebody wants to read it. */
	console_loglevel = max(level, CONSOLE_LOGLEVEL_DEBUG);
	fn(arg);
	len = capture_end(&lost);
	/* The function may have changed it: that is what sysrq 0 to 9 are for. */
	if (console_loglevel == max(level, CONSOLE_LOGLEVEL_DEBUG))
		console_loglevel = level;
	if (!job->answered)
		mconsole_say(job, buf, len);
	if (lost && !job->answered)
		mconsole_say(job, text, scnprintf(text, sizeof(text),
			     "\n[%zu bytes more; see the log]\n", lost));
	kvfree(buf);
}

static int __init mconsole_capture_init(void)
{
	register_console(&capture_console);
	return 0;
}
device_initcall(mconsole_capture_init);
