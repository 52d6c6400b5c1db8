// SPDX-License-Identifier: GPL-2.0
/*
 * Where things lie in an address space: mappings grow down from below the stack, and stack,
 * mappings, vDSO and heap are elsewhere in each new program, unless it asks for none of that.
 * Not here: what mappings do (mmap.c), how the stack grows (stack.c).
 */
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/resource.h>

#include "util.h"

#define STARTS 8
#define MANY_STARTS 300

struct places {
	u64 stack;
	u64 map;
	u64 vdso;
	u64 heap;
};

static void places_find(struct places *p)
{
	int here;

	p->stack = (uintptr_t)&here;
	p->map = (uintptr_t)map_anon(PAGE);
	p->vdso = getauxval(AT_SYSINFO_EHDR);
	p->heap = (uintptr_t)sbrk(0);
}

/* Where a new program of this file finds itself, with @persona. */
static void places_of_new_program(unsigned long persona, struct places *p)
{
	int pipe_fds[2];
	char fd[16];
	pid_t pid;

	need(pipe(pipe_fds) == 0);
	pid = fork_child();
	if (pid == 0) {
		snprintf(fd, sizeof(fd), "%d", pipe_fds[1]);
		personality(persona);
		execl("/proc/self/exe", "layout", fd, NULL);
		_exit(1);
	}
	need(read(pipe_fds[0], p, sizeof(*p)) == sizeof(*p));
	need(exited_with(wait_status(pid), 0));
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static void test_top_down(void)
{
	struct rlimit limit;
	struct places p;
	char *first, *second;

	/* Two kinds that cannot become one mapping. */
	first = map_anon(PAGE);
	second = mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ok(second < first, "a new mapping lies below the one before");
	places_find(&p);
	if (!ok(p.map < p.stack && p.map > p.heap, "mappings lie between the heap and the stack"))
		tap_note("heap %lx, mapping %lx, stack %lx", p.heap, p.map, p.stack);
	need(getrlimit(RLIMIT_STACK, &limit) == 0);
	ok(limit.rlim_cur == RLIM_INFINITY || p.stack - p.map > limit.rlim_cur,
	   "the stack has room for its limit above them");
}

/* The stack is moved by up to 16 GB, mappings by up to a terabyte: few programs meet. */
static void test_below_stack(void)
{
	struct places p;
	int good = 0;

	for (int i = 0; i < MANY_STARTS; i++) {
		places_of_new_program(PER_LINUX, &p);
		good += p.map < p.stack;
	}
	ok_eq(good, MANY_STARTS, "mappings lie below the stack in each of %d new programs", MANY_STARTS);
}

static void test_random(void)
{
	bool stack = false, map = false, vdso = false, heap = false;
	struct places first, p;

	places_of_new_program(PER_LINUX, &first);
	for (int i = 1; i < STARTS; i++) {
		places_of_new_program(PER_LINUX, &p);
		stack |= p.stack != first.stack;
		map |= p.map != first.map;
		vdso |= p.vdso != first.vdso;
		heap |= p.heap != first.heap;
	}
	ok(stack, "the stack is elsewhere in a new program");
	ok(map, "so are mappings");
	if (first.vdso)
		ok(vdso, "so is the vDSO");
	else
		tap_skip("so is the vDSO", "there is none");
	ok(heap, "so is the heap");
}

static void test_not_random(void)
{
	struct places first, p;

	places_of_new_program(ADDR_NO_RANDOMIZE, &first);
	places_of_new_program(ADDR_NO_RANDOMIZE, &p);
	ok(memcmp(&first, &p, sizeof(p)) == 0, "ADDR_NO_RANDOMIZE: all is at the same place");
	places_of_new_program(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT, &p);
	ok(p.map < first.map, "ADDR_COMPAT_LAYOUT: mappings begin low");
}

int main(int argc, char **argv)
{
	struct places p;

	if (argc == 2) {
		places_find(&p);
		return write(atoi(argv[1]), &p, sizeof(p)) != sizeof(p);
	}
	test_top_down();
	test_below_stack();
	test_random();
	test_not_random();
	return tap_done();
}
