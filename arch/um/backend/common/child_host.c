// SPDX-License-Identifier: GPL-2.0
/*
 * Deaths of guest processes. SIGCHLD only counts and looks at those processes
 * somebody waits for right now; who begins to wait looks himself if there were
 * deaths since he last did. So neither costs more when there are many guests.
 *
 * Barriers: child_watch() stores what it watches, then reads the count; the
 * handler adds to the count, then reads what is watched. Both are sequentially
 * consistent, so one of them sees the other.
 */
#include <sys/wait.h>

#include "os-Linux/sys.h"
#include "os-Linux/this_vcpu.h"
#include "child_host.h"

static struct host_child *watched[UM_VCPUS_MAX];
static __u32 deaths;

bool child_gone(const struct host_child *c)
{
	const int pid = c->pid;
	siginfo_t si = { };
	int err;

	if (pid <= 0)
		return true;
	err = sys_call(SYS_waitid, P_PID, pid, &si,
		       WEXITED | WNOHANG | WNOWAIT | __WALL, NULL);
	return err || si.si_pid;
}

static void look_at(struct host_child *c, unsigned int cpu)
{
	if (!child_gone(c))
		return;
	__atomic_store_n(&c->lost, true, __ATOMIC_SEQ_CST);
	c->on_death(c, cpu);
}

static void on_sigchld(int sig, siginfo_t *info, void *ctx)
{
	struct host_child *c;
	unsigned int cpu;

	(void)sig;
	(void)info;
	(void)ctx;
	__atomic_add_fetch(&deaths, 1, __ATOMIC_SEQ_CST);
	for (cpu = 0; cpu < UM_VCPUS_MAX; cpu++) {
		c = __atomic_load_n(&watched[cpu], __ATOMIC_SEQ_CST);
		if (c)
			look_at(c, cpu);
	}
}

int child_init(void)
{
	struct sigaction sa = {
		.sa_sigaction = on_sigchld,
		.sa_flags = SA_SIGINFO | SA_RESTART | SA_NOCLDSTOP,
	};

	sigfillset(&sa.sa_mask);
	return sigaction(SIGCHLD, &sa, NULL) ? -EINVAL : 0;
}

void child_begin(struct host_child *c, int pid)
{
	c->lost = false;
	/* It may have ended already: have the next who waits look. */
	c->seen = __atomic_load_n(&deaths, __ATOMIC_SEQ_CST) - 1;
	c->pid = pid;
}

struct host_child *child_watch(struct host_child *c)
{
	const unsigned int cpu = this_vcpu()->cpu;
	struct host_child *old = watched[cpu];
	__u32 now;

	__atomic_store_n(&watched[cpu], c, __ATOMIC_SEQ_CST);
	if (!c)
		return old;
	now = __atomic_load_n(&deaths, __ATOMIC_SEQ_CST);
	if (now != c->seen) {
		c->seen = now;
		look_at(c, cpu);
	}
	return old;
}

void child_kill(const struct host_child *c)
{
	if (c->pid > 0)
		sys_kill(c->pid, SIGKILL);
}

void child_reap(struct host_child *c)
{
	int status;

	if (c->pid > 0)
		while (sys_wait4(c->pid, &status, __WALL) == -EINTR)
			;
	c->pid = 0;
}

bool child_try_reap(struct host_child *c)
{
	int status;

	if (c->pid <= 0 || sys_wait4(c->pid, &status, __WALL | WNOHANG))
		c->pid = 0;
	return !c->pid;
}
