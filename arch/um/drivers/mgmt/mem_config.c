// SPDX-License-Identifier: GPL-2.0
/*
 * "mem" of the configuration registry: pages of guest RAM are taken from the
 * guest and given to the host, and back. They are chosen by the page
 * allocator, one by one, so fragmentation does not matter; guest RAM never
 * becomes more than it was at the start.
 */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <host/mem.h>
#include "config_registry.h"

/* The host's pages; the registry's lock guards them. */
static LIST_HEAD(mem_pages);
static u64 mem_pages_nr;

static struct page *mem_take_page(void)
{
	struct page *page;

	page = alloc_page(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN);
	if (!page)
		return NULL;
	if (os_ram_discard(page_to_phys(page), PAGE_SIZE)) {
		__free_page(page);
		return NULL;
	}
	adjust_managed_page_count(page, -1);
	list_add(&page->lru, &mem_pages);
	mem_pages_nr++;
	return page;
}

static void mem_give_page(void)
{
	struct page *page = list_first_entry(&mem_pages, struct page, lru);

	list_del(&page->lru);
	mem_pages_nr--;
	adjust_managed_page_count(page, 1);
	__free_page(page);
}

static int mem_plug(u64 nr, char **err)
{
	if (nr > mem_pages_nr) {
		*err = "There is no more memory than at the start";
		return -EINVAL;
	}
	while (nr--)
		mem_give_page();
	return 0;
}

/* All or nothing. */
static int mem_unplug(u64 nr, char **err)
{
	u64 done;

	for (done = 0; done < nr; done++) {
		if (mem_take_page()) {
			cond_resched();
			continue;
		}
		while (done--)
			mem_give_page();
		*err = "Failed to release memory";
		return -ENOMEM;
	}
	return 0;
}

static int mem_config(char *str, char **err)
{
	char sign, *end;
	u64 nr;

	if (*str++ != '=') {
		*err = "Expected '=' after 'mem'";
		return -EINVAL;
	}
	sign = *str++;
	if (sign != '+' && sign != '-') {
		*err = "Expected increment to start with '-' or '+'";
		return -EINVAL;
	}
	nr = memparse(str, &end) >> PAGE_SHIFT;
	if (end == str || *end) {
		*err = "Failed to parse memory increment";
		return -EINVAL;
	}
	return sign == '+' ? mem_plug(nr, err) : mem_unplug(nr, err);
}

static u64 mem_kib(void)
{
	return (um_ram_size - mem_pages_nr * PAGE_SIZE) >> 10;
}

static int mem_query(const char *id, char *buf, size_t len)
{
	return *id ? -EINVAL : scnprintf(buf, len, "%lluK", mem_kib());
}

static int mem_remove(const char *id, char **err)
{
	*err = "Memory doesn't support the remove operation";
	return -EINVAL;
}

static int mem_list(char *buf, size_t len)
{
	return scnprintf(buf, len, "mem=%lluK\n", mem_kib());
}

static const struct um_config_ops mem_ops = {
	.name = "mem",
	.config = mem_config,
	.query = mem_query,
	.remove = mem_remove,
	.list = mem_list,
};

static int __init mem_config_init(void)
{
	return um_config_register(&mem_ops);
}
device_initcall(mem_config_init);
