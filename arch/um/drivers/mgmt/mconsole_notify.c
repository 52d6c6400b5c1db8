// SPDX-License-Identifier: GPL-2.0
/*
 * News for the host, sent to the socket of mconsole=notify:<path>: that the
 * kernel is there, a panic, a hang, and what guests write to /proc/mconsole.
 */
#define pr_fmt(fmt) "mconsole=notify: " fmt

#include <linux/err.h>
#include <linux/init.h>
#include <linux/panic_notifier.h>
#include <linux/proc_fs.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include "mconsole.h"

/*
 * A listener who has gone is worth one message, and another one when somebody
 * else had come meanwhile. One who only reads too slowly is there.
 */
static void note_listener(int err)
{
	static int lost;

	if (err == -EAGAIN)
		return;
	if (!xchg(&lost, !!err) && err)
		pr_warn("nobody listens at %s: %pe\n", mconsole_notify_path,
			ERR_PTR(err));
}

int mconsole_news(enum mconsole_notify_type type, const char *text, size_t len)
{
	struct mconsole_notify n = {
		.magic = MCONSOLE_MAGIC,
		.version = MCONSOLE_VERSION,
		.type = type,
	};

	int err;

	if (!mconsole_notify_path)
		return -ENOENT;
	n.len = min_t(size_t, len, sizeof(n.data));
	memcpy(n.data, text, n.len);
	err = mconsole_host_notify(mconsole_notify_path, &n,
				   offsetof(struct mconsole_notify, data) +
				   n.len);
	note_listener(err);
	return err;
}

static int notify_panic(struct notifier_block *nb, unsigned long event,
			void *msg)
{
	mconsole_news(MCONSOLE_PANIC, msg, strlen(msg) + 1);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = {
	.notifier_call = notify_panic,
	.priority = 1,
};

static ssize_t news_write(struct file *file, const char __user *buf,
			  size_t len, loff_t *pos)
{
	char text[MCONSOLE_MAX_DATA];
	size_t n = min(len, sizeof(text));
	int err;

	if (copy_from_user(text, buf, n))
		return -EFAULT;
	err = mconsole_news(MCONSOLE_USER_NOTIFY, text, n);
	return err ?: n;
}

static const struct proc_ops news_ops = {
	.proc_write = news_write,
	.proc_lseek = noop_llseek,
};

static int __init mconsole_notify_init(void)
{
	if (!mconsole_notify_path)
		return 0;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return proc_create("mconsole", 0200, NULL, &news_ops) ? 0 : -ENOMEM;
}
fs_initcall(mconsole_notify_init);
