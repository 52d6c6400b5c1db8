// SPDX-License-Identifier: GPL-2.0
/*
 * That a page was accessed is seen again after the kernel has cleared its accessed bit, as
 * reclaim does to find out: pages in use are told from pages that are not.
 */
#include <fcntl.h>

#include "util.h"

enum { HALF = 256 };

/* kB of the area at @start which /proc/self/smaps calls referenced. */
static long referenced(const void *start)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool here = false;
	char line[256];
	long kb = -1;

	need(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			here = (unsigned long)start >= from && (unsigned long)start < to;
		else if (here)
			sscanf(line, "Referenced: %ld", &kb);
	}
	fclose(f);
	return kb;
}

static void clear_references(void)
{
	int fd = open("/proc/self/clear_refs", O_WRONLY);

	need(fd >= 0 && write(fd, "1", 1) == 1);
	close(fd);
}

static u8 *map_file(size_t len)
{
	int fd = tmp_file(len);
	u8 *p;

	need(ftruncate(fd, len) == 0);
	p = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	need(p != MAP_FAILED);
	/* Two areas, so that they are told apart. */
	need(mprotect(p + len / 2, len / 2, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
	return p;
}

static void test_area(u8 *p, const char *name)
{
	const size_t half = HALF * PAGE;

	memset(p, 1, 2 * half);
	clear_references();
	ok(referenced(p) == 0 && referenced(p + half) == 0, "%s: nothing is referenced afterwards", name);
	for (int round = 0; round < 2; round++) {
		for (size_t at = 0; at < half; at += PAGE)
			do_read(p + at);
		/* A processor may remember for a while that most were, and not say so again. */
		ok(referenced(p) > 0, "%s: what is read is, round %d", name, round);
		ok_eq(referenced(p + half), 0, "%s: what is not read is not, round %d", name, round);
		clear_references();
	}
	sleep_ms(20);
	p[0] = 2;
	ok_eq(referenced(p), PAGE / 1024, "%s: one write is seen, too", name);
}

static u8 *map_two_areas(void)
{
	u8 *p = map_anon(2 * HALF * PAGE);

	need(mprotect(p + HALF * PAGE, HALF * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
	return p;
}

int main(void)
{
	if (access("/proc/self/clear_refs", F_OK)) {
		tap_skip("accessed bits", "this kernel has no /proc/self/clear_refs");
		return tap_done();
	}
	test_area(map_file(2 * HALF * PAGE), "file");
	test_area(map_two_areas(), "anonymous memory");
	return tap_done();
}
