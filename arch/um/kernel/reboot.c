// SPDX-License-Identifier: GPL-2.0
/*
 * How the kernel ends: halt and power-off exit with /proc/exitcode's value (0),
 * reboot starts the program again (noreboot: exits), a panic exits with 1, or
 * by SIGABRT where core dumps are wanted.
 */
#include <linux/console.h>
#include <linux/kernel.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/proc_fs.h>
#include <linux/reboot.h>
#include <linux/seq_file.h>
#include <linux/uaccess.h>
#include <host/proc.h>
#include <um/boot.h>
#include <um/console.h>
#include <um/reboot.h>

static int exit_status;
static bool noreboot;

void (*pm_power_off)(void);
EXPORT_SYMBOL(pm_power_off);

/* panic=N comes here too: that is no good end whatever /proc/exitcode says. */
static bool panicked(void)
{
	return atomic_read(&panic_cpu) != PANIC_CPU_INVALID;
}

void um_reboot_ends(void)
{
	noreboot = true;
}

void machine_restart(char *cmd)
{
	if (noreboot)
		os_exit(panicked() ? OS_EXIT_FAILURE : exit_status);
	os_reexec();
}

void machine_power_off(void)
{
	os_exit(exit_status);
}

void machine_halt(void)
{
	machine_power_off();
}

/* What to tell somebody whose root file system was not found. */
static void explain_no_root(const char *msg)
{
	if (!strstr(msg, "Unable to mount root") &&
	    !strstr(msg, "No working init"))
		return;
	pr_emerg("Nothing could be booted. The command line was: %s\n",
		 saved_command_line);
	pr_emerg("To boot a disk image: linux ubd0=<image> root=/dev/ubd0\n");
	pr_emerg("For the rescue system: linux   (without root= and ubd0=)\n");
}

static int end_by_panic(struct notifier_block *nb, unsigned long event,
			void *msg)
{
	explain_no_root(msg);
	console_flush_on_panic(CONSOLE_FLUSH_PENDING);
	um_panic_dump();
	/* panic=N: generic code waits and restarts. */
	if (panic_timeout)
		return NOTIFY_DONE;
	os_abort();
}

static struct notifier_block panic_block = {
	.notifier_call = end_by_panic,
	.priority = INT_MIN,
};

static int exitcode_show(struct seq_file *m, void *v)
{
	seq_printf(m, "%d\n", exit_status);
	return 0;
}

static int exitcode_open(struct inode *inode, struct file *file)
{
	return single_open(file, exitcode_show, NULL);
}

static ssize_t exitcode_write(struct file *file, const char __user *buf,
			      size_t len, loff_t *pos)
{
	int val, err;

	err = kstrtoint_from_user(buf, len, 0, &val);
	if (err)
		return err;
	exit_status = val & 0xff;
	return len;
}

static const struct proc_ops exitcode_ops = {
	.proc_open = exitcode_open,
	.proc_read = seq_read,
	.proc_lseek = seq_lseek,
	.proc_release = single_release,
	.proc_write = exitcode_write,
};

/* As early as can be: before it, a panic would loop for ever and say nothing. */
void __init um_reboot_setup(void)
{
	noreboot |= um_boot_wishes.noreboot;
	pm_power_off = machine_power_off;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
}

static int __init exitcode_setup(void)
{
	return proc_create("exitcode", 0600, NULL, &exitcode_ops) ? 0 : -ENOMEM;
}
fs_initcall(exitcode_setup);
