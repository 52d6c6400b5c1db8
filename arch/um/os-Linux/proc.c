// SPDX-License-Identifier: GPL-2.0
/* UML as a host process: how it ends or starts again, and small queries. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <cpuid.h>
#include <sys/auxv.h>

#include <host/proc.h>
#include <host/tty.h>
#include "affinity_internal.h"
#include "exit.h"
#include "keeper.h"
#include "proc_internal.h"
#include "sys.h"

enum {
	AT_EXIT_MAX = 8,
};

static void (*at_exit[AT_EXIT_MAX])(void);
static unsigned int at_exit_nr;
static char **program_args;
extern char **environ;

void proc_remember_args(char **argv)
{
	program_args = argv;
}

void os_at_exit(void (*fn)(void))
{
	if (at_exit_nr < AT_EXIT_MAX)
		at_exit[at_exit_nr++] = fn;
}

/* Undo what outlives us: once, by whichever thread comes first. */
static void clean_up(void)
{
	static int done;
	unsigned int i;

	if (__atomic_exchange_n(&done, 1, __ATOMIC_SEQ_CST))
		return;
	os_tty_restore_all();
	for (i = at_exit_nr; i > 0; i--)
		at_exit[i - 1]();
}

void os_exit(int status)
{
	clean_up();
	for (;;)
		sys_call(SYS_exit_group, status);
}

void proc_die_by_signal(int sig)
{
	struct sigaction sa = { .sa_handler = SIG_DFL };
	uint64_t all = ~0ULL;

	clean_up();
	sigaction(sig, &sa, NULL);
	sys_sigmask(SIG_UNBLOCK, &all, NULL);
	sys_tgkill(sys_getpid(), sys_gettid(), sig);
	for (;;)
		sys_call(SYS_exit_group, OS_EXIT_FAILURE);
}

void os_abort(void)
{
	struct rlimit core = { 0, 0 };

	getrlimit(RLIMIT_CORE, &core);
	if (core.rlim_cur)
		proc_die_by_signal(SIGABRT);
	os_exit(OS_EXIT_FAILURE);
}

void os_die(const char *fmt, ...)
{
	va_list ap;

	os_tty_restore_all();
	va_start(ap, fmt);
	dprintf(STDERR_FILENO, "linux: ");
	vdprintf(STDERR_FILENO, fmt, ap);
	dprintf(STDERR_FILENO, "\n");
	va_end(ap);
	os_exit(OS_EXIT_FAILURE);
}

void os_reexec(void)
{
	const char *self = (const char *)getauxval(AT_EXECFN);
	uint64_t all = ~0ULL;

	clean_up();
	if (keeper_ask_again())
		os_exit(OS_EXIT_OK);
	/* The new program would take the seat of this vCPU for all it may use. */
	affinity_release();
	/*
	 * exec resets the handlers: one of our signals that comes now would
	 * end the new program. It unblocks them when it has handlers.
	 */
	sys_sigmask(SIG_BLOCK, &all, NULL);
	/* The new program would not know, and one that panics would go on for ever. */
	if (stop_was_asked())
		os_exit(OS_EXIT_FAILURE);
	sys_call(SYS_execve, "/proc/self/exe", program_args, environ);
	if (self)
		sys_call(SYS_execve, self, program_args, environ);
	os_die("cannot start %s again", program_args[0]);
}

const char *os_getenv(const char *name)
{
	return getenv(name);
}

int os_random(void *buf, size_t len)
{
	ssize_t n = sys_getrandom(buf, len, 0);

	if (n < 0)
		return n;
	return (size_t)n == len ? 0 : -EIO;
}

void os_host_hwcaps(unsigned long *hwcap, unsigned long *hwcap2)
{
	unsigned int a, b, c, d = 0;

	/* libc's getauxval() keeps AT_HWCAP for itself; it is CPUID 1 EDX. */
	__get_cpuid(1, &a, &b, &c, &d);
	*hwcap = d;
	*hwcap2 = getauxval(AT_HWCAP2);
}

void os_host_uname(char *buf, size_t len)
{
	struct utsname u;
	const char *parts[] = { u.sysname, u.nodename, u.release, u.version,
				u.machine };
	size_t used = 0;
	unsigned int i;

	if (!len)
		return;
	buf[0] = 0;
	if (uname(&u))
		return;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		size_t n = strlen(parts[i]);

		if (used + n + 2 > len)
			break;
		if (used)
			buf[used++] = ' ';
		memcpy(buf + used, parts[i], n + 1);
		used += n;
	}
}

unsigned long os_host_map_min(void)
{
	enum { USUAL = 65536 };
	char text[32];
	int fd = sys_open("/proc/sys/vm/mmap_min_addr", O_RDONLY, 0);
	ssize_t n;

	if (fd < 0)
		return USUAL;
	n = sys_read(fd, text, sizeof(text) - 1);
	sys_close(fd);
	if (n <= 0)
		return USUAL;
	text[n] = 0;
	return strtoul(text, NULL, 10);
}
