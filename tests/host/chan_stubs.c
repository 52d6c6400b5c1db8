// SPDX-License-Identifier: GPL-2.0
/*
 * The host services which channels stand on, for tests: the heap is libc's,
 * events are a real edge-triggered epoll set that chan_event_poll() looks at,
 * and system calls can be made to fail, or to be interrupted. The test is a vCPU.
 */
#include <asm/prctl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <os-Linux/exit.h>
#include <os-Linux/heap.h>
#include <host/event.h>
#include <host/proc.h>
#include <host/sandbox.h>
#include <host/vcpu.h>
#include "chan_stubs.h"

void (*chan_at_exit)(void);
void (*chan_before_call)(void);
struct um_vcpu chan_vcpu;

static int epoll_fd = -1;
static long fail_nr = -1, fail_result;

void *heap_zalloc(size_t size)
{
	return calloc(1, size);
}

void heap_free(void *p)
{
	free(p);
}

void os_at_exit(void (*fn)(void))
{
	chan_at_exit = fn;
}

const char *os_umid(void)
{
	return "test";
}

/* A test that needs one has its own. */
__attribute__((weak)) const char *os_instance_dir(void)
{
	return "";
}

static __attribute__((constructor)) void become_vcpu(void)
{
	chan_vcpu.self = &chan_vcpu;
	syscall(SYS_arch_prctl, ARCH_SET_GS, &chan_vcpu);
}

int os_sandbox_allow(const char *path, __u32 access)
{
	return 0;
}

int os_sandbox_allow_port(__u32 port)
{
	return 0;
}

bool os_sandbox_is_on(void)
{
	return false;
}

void os_vcpu_kick(struct um_vcpu *v, __u32 bits)
{
	v->pending |= bits;
}

void os_vcpu_nap(unsigned int turn)
{
	usleep(1);
}

bool sys_fault_hook(long nr, long *ret)
{
	if (chan_before_call)
		chan_before_call();
	if (nr != fail_nr)
		return false;
	*ret = fail_result;
	return true;
}

void chan_fail(long nr, long result)
{
	fail_nr = nr;
	fail_result = result;
}

static int event_ctl(int op, int fd, __u32 dir, __u32 cookie)
{
	struct epoll_event ev = { .events = EPOLLET, .data.u32 = cookie };

	if (dir & OS_EVENT_IN)
		ev.events |= EPOLLIN;
	if (dir & OS_EVENT_OUT)
		ev.events |= EPOLLOUT;
	if (epoll_fd < 0)
		epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return epoll_ctl(epoll_fd, op, fd, &ev) ? -errno : 0;
}

int os_event_add(int fd, __u32 dir, __u32 cookie)
{
	return event_ctl(EPOLL_CTL_ADD, fd, dir, cookie);
}

int os_event_rearm(int fd, __u32 dir, __u32 cookie)
{
	return event_ctl(EPOLL_CTL_MOD, fd, dir, cookie);
}

void os_event_del(int fd)
{
	event_ctl(EPOLL_CTL_DEL, fd, 0, 0);
}

int chan_event_poll(int ms)
{
	struct epoll_event ev;

	if (epoll_wait(epoll_fd, &ev, 1, ms) != 1)
		return -1;
	return ev.data.u32;
}
