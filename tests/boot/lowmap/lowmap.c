// SPDX-License-Identifier: GPL-2.0
/*
 * Maps the lowest pages, as root and as another user, and writes there. Says how each ended.
 */
#include <stdio.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGE = 4096, NOBODY = 65534, REFUSED = 1, FINE = 0 };

static int try_page(unsigned long addr, uid_t uid)
{
	volatile char *p;

	if (uid && setuid(uid))
		return 2;
	p = mmap((void *)addr, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	if (p == MAP_FAILED)
		return REFUSED;
	*p = 1;
	return FINE;
}

static void report(const char *name, unsigned long addr, uid_t uid)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid)
		_exit(try_page(addr, uid));
	waitpid(pid, &status, 0);
	printf("%s: status %d signal %d\n", name, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
	       WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	fflush(stdout);
}

int main(void)
{
	report("user at 64 KiB", 0x10000, NOBODY);
	report("user at 128 KiB", 0x20000, NOBODY);
	report("root at 0", 0, 0);
	report("user afterwards", 0x20000, NOBODY);
	reboot(RB_POWER_OFF);
}
