// SPDX-License-Identifier: GPL-2.0
/*
 * What the host says about a guest thread, in /proc: is it running, and for how
 * long has it? A thread on the stub's few instructions uses microseconds and
 * does not sleep anywhere but where it should.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "os-Linux/sys.h"
#include "thread_host.h"

enum {
	/* Once, it may just have gone to sleep where it should. */
	SLEEPS_STRAY = 3,
	/* Fields of /proc/<pid>/task/<tid>/stat, behind the command's name. */
	FIELD_STATE = 1,
	FIELD_UTIME = 12,
	FIELD_STIME = 13,
};

struct look {
	char state;
	__u64 ticks;
};

static char *append_number(char *p, int n)
{
	char digits[12];
	int len = 0;

	do {
		digits[len++] = '0' + n % 10;
		n /= 10;
	} while (n);
	while (len)
		*p++ = digits[--len];
	return p;
}

static char *append(char *p, const char *text)
{
	while (*text)
		*p++ = *text++;
	return p;
}

static int open_stat(int pid, int tid)
{
	char path[64], *p = path;

	p = append(p, "/proc/");
	p = append_number(p, pid);
	p = append(p, "/task/");
	p = append_number(p, tid);
	p = append(p, "/stat");
	*p = 0;
	return sys_open(path, O_RDONLY, 0);
}

/* A space is before each field. */
static const char *field(const char *p, unsigned int n)
{
	while (n-- && p)
		p = strchr(p + 1, ' ');
	return p ? p + 1 : "";
}

static __u64 number(const char *p, unsigned int n)
{
	return strtoull(field(p, n), NULL, 10);
}

static bool look_at(int pid, int tid, struct look *look)
{
	char text[1024];
	const char *p;
	ssize_t n;
	int fd = open_stat(pid, tid);

	if (fd < 0)
		return false;
	n = sys_read(fd, text, sizeof(text) - 1);
	sys_close(fd);
	text[n > 0 ? n : 0] = 0;
	p = strrchr(text, ')');
	if (!p)
		return false;
	look->state = *field(p, FIELD_STATE);
	look->ticks = number(p, FIELD_UTIME) + number(p, FIELD_STIME);
	return true;
}

bool thread_strays(int pid, int tid, struct thread_watch *watch)
{
	struct look now;

	if (!look_at(pid, tid, &now))
		return true;
	if (!watch->looks++)
		watch->ticks = now.ticks;
	watch->sleeps += now.state == 'S';
	return watch->sleeps >= SLEEPS_STRAY ||
	       now.ticks - watch->ticks >= watch->may_run;
}
