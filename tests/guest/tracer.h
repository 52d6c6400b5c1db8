/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the ptrace tests: starting a traced child and waiting for its stops.
 */
#ifndef TESTS_GUEST_TRACER_H
#define TESTS_GUEST_TRACER_H

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "util.h"

#define trace(req, pid, addr, data) \
	ptrace((req), (pid), (void *)(uintptr_t)(addr), (void *)(uintptr_t)(data))

/* A child that asks to be traced, stops and then runs @fn. Returns once it has stopped. */
static inline pid_t traced_child(int (*fn)(void *), void *arg, long options)
{
	pid_t pid = fork_child();
	int status;

	if (pid == 0) {
		if (trace(PTRACE_TRACEME, 0, 0, 0) < 0)
			_exit(120);
		raw2(SYS_kill, getpid(), SIGSTOP);
		_exit(fn(arg));
	}
	status = wait_status(pid);
	need(WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	need(trace(PTRACE_SETOPTIONS, pid, 0, options | PTRACE_O_EXITKILL) == 0);
	return pid;
}

/* Let it go on with @request and @sig; the wait status of the next stop or end. */
static inline int resume(int request, pid_t pid, int sig)
{
	need(trace(request, pid, 0, sig) == 0);
	return wait_status(pid);
}

static inline bool stopped_by(int status, int sig)
{
	if (WIFSTOPPED(status) && WSTOPSIG(status) == sig)
		return true;
	tap_note("wait status 0x%x, want a stop by signal %d", status, sig);
	return false;
}

static inline bool stopped_at_event(int status, int event)
{
	if (status >> 8 == (SIGTRAP | event << 8))
		return true;
	tap_note("wait status 0x%x, want event %d", status, event);
	return false;
}

static inline struct user_regs_struct get_regs(pid_t pid)
{
	struct user_regs_struct regs;

	need(trace(PTRACE_GETREGS, pid, 0, &regs) == 0);
	return regs;
}

static inline void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	wait_status(pid);
}

#endif
