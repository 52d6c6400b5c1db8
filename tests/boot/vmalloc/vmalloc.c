// SPDX-License-Identifier: GPL-2.0
/*
 * A module whose initialisation maps and unmaps kernel memory on all CPUs for a
 * while (seconds=), each area being written to, while one of them has all that
 * was freed flushed, over and over.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/vmalloc.h>

enum { PAGES_MAX = 8 };

static unsigned int seconds = 3;
module_param(seconds, uint, 0);
MODULE_PARM_DESC(seconds, "how long");

static unsigned long end;
static atomic_long_t rounds, wrong;
static atomic_t running;

static int allocate(void *unused)
{
	unsigned long *p;
	unsigned int n = 0, i;

	while (time_before(jiffies, end)) {
		n = n % PAGES_MAX + 1;
		p = vzalloc(n * PAGE_SIZE);
		if (!p)
			break;
		for (i = 0; i < n; i++) {
			if (p[i * PAGE_SIZE / sizeof(*p)])
				atomic_long_inc(&wrong);
			p[i * PAGE_SIZE / sizeof(*p)] = (unsigned long)p;
		}
		vfree(p);
		atomic_long_inc(&rounds);
		cond_resched();
	}
	atomic_dec(&running);
	return 0;
}

static int flush(void *unused)
{
	while (time_before(jiffies, end)) {
		vm_unmap_aliases();
		cond_resched();
	}
	atomic_dec(&running);
	return 0;
}

static int __init vmalloc_init(void)
{
	struct task_struct *task;
	unsigned int cpu;

	end = jiffies + seconds * HZ;
	for_each_online_cpu(cpu) {
		task = kthread_create_on_cpu(allocate, NULL, cpu, "vmalloc/%u");
		if (IS_ERR(task))
			return PTR_ERR(task);
		atomic_inc(&running);
		wake_up_process(task);
	}
	task = kthread_run(flush, NULL, "vmalloc-flush");
	if (IS_ERR(task))
		return PTR_ERR(task);
	atomic_inc(&running);
	/* One that dies of an oops never says so. */
	while (atomic_read(&running) && time_before(jiffies, end + 5 * HZ))
		msleep(50);
	pr_info("vmalloc: %ld rounds, %ld wrong, %d still run\n",
		atomic_long_read(&rounds), atomic_long_read(&wrong),
		atomic_read(&running));
	return -EINVAL;
}
module_init(vmalloc_init);

MODULE_DESCRIPTION("Map and unmap kernel memory on all CPUs");
MODULE_LICENSE("GPL");
