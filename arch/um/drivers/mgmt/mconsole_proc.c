// SPDX-License-Identifier: GPL-2.0
/*
 * The command proc <file>. Many files of /proc can be read by processes only,
 * into memory of theirs; so the console's thread becomes one for a while, with
 * an address space of one page.
 */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/mount.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include "mconsole.h"

enum {
	/* Where that page is. */
	WINDOW = 1 << 20,
};

/* Return: bytes in @buf, a page; 0 at the end; or -errno. */
static ssize_t proc_read(struct file *file, char *buf, loff_t *pos)
{
	void __user *window = (void __user *)(unsigned long)WINDOW;
	ssize_t n;

	n = vfs_read(file, window, PAGE_SIZE, pos);
	if (n > 0 && copy_from_user(buf, window, n))
		n = -EFAULT;
	return n;
}

static int proc_say(struct mconsole_job *job, struct file *file, char *buf)
{
	unsigned long window;
	loff_t pos = 0;
	ssize_t n;

	window = vm_mmap(NULL, WINDOW, PAGE_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, 0);
	if (IS_ERR_VALUE(window))
		return window;
	n = proc_read(file, buf, &pos);
	if (n < 0)
		return n;
	mconsole_say(job, "\n", 1);
	while (n > 0) {
		mconsole_say(job, buf, n);
		cond_resched();
		n = proc_read(file, buf, &pos);
	}
	return 0;
}

static int proc_say_with_mm(struct mconsole_job *job, struct file *file)
{
	char *buf = (char *)__get_free_page(GFP_KERNEL);
	struct mm_struct *mm = mm_alloc();
	int err = -ENOMEM;

	if (buf && mm) {
		arch_pick_mmap_layout(mm, &current->signal->rlim[RLIMIT_STACK]);
		kthread_use_mm(mm);
		err = proc_say(job, file, buf);
		kthread_unuse_mm(mm);
	}
	if (mm)
		mmput(mm);
	free_page((unsigned long)buf);
	return err;
}

static void proc_say_file(struct mconsole_job *job, struct vfsmount *proc,
			  const char *name)
{
	struct file *file;

	/* A reader that waits, such as kmsg's, would keep all others waiting. */
	file = file_open_root_mnt(proc, name, O_RDONLY | O_NONBLOCK, 0);
	if (IS_ERR(file)) {
		mconsole_answer(job, MCONSOLE_BAD_REQUEST,
				"Failed to open file");
		return;
	}
	if (proc_say_with_mm(job, file))
		mconsole_answer(job, MCONSOLE_BAD_REQUEST,
				"Read of file failed");
	/* Now, not when this thread returns to user mode: it never does. */
	__fput_sync(file);
}

void mconsole_cmd_proc(struct mconsole_job *job, const char *args)
{
	struct file_system_type *type = get_fs_type("proc");
	struct vfsmount *proc = ERR_PTR(-ENODEV);

	if (type) {
		proc = kern_mount(type);
		put_filesystem(type);
	}
	if (IS_ERR(proc)) {
		mconsole_answer(job, MCONSOLE_BAD_REQUEST,
				"Proc not available");
		return;
	}
	proc_say_file(job, proc, args);
	kern_unmount(proc);
}
