// SPDX-License-Identifier: GPL-2.0
/*
 * Readiness of host descriptors as interrupts of vCPU 0.
 *
 * One epoll set, edge-triggered. Two may wait for it: the idle vCPU itself,
 * and the watcher thread, which signals the vCPU when it is busy. An epoll
 * set wakes one waiter for an event, the one that came last; so an idle vCPU
 * gets its events without the watcher being involved. Whoever is woken puts
 * the cookies into the ready bitmap, which os_event_dispatch() empties.
 */
#include <host/event.h>
#include <host/thread.h>
#include <host/upcall.h>
#include <host/vcpu.h>
#include "affinity_internal.h"
#include "event_internal.h"
#include "sys.h"
#include "this_vcpu.h"

enum {
	BITS_PER_WORD = 64,
	READY_WORDS = OS_EVENT_MAX / BITS_PER_WORD,
	EVENT_BATCH = 32,
};

static int epoll_fd = -1;
static struct um_vcpu *event_vcpu;
static uint64_t ready[READY_WORDS];

static void mark_ready(uint32_t cookie)
{
	__atomic_fetch_or(&ready[cookie / BITS_PER_WORD],
			  1ULL << (cookie % BITS_PER_WORD), __ATOMIC_SEQ_CST);
}

/* Wait for events (@ms -1: for ever) and mark them. Return: how many, or -errno. */
static int harvest(const uint64_t *sigmask, int ms)
{
	struct epoll_event ev[EVENT_BATCH];
	int i, n;

	n = sys_epoll_pwait(epoll_fd, ev, EVENT_BATCH, ms, sigmask);
	for (i = 0; i < n; i++)
		mark_ready(ev[i].data.u32);
	return n;
}

static void watch(void *arg)
{
	uint64_t all = ~0ULL;

	(void)arg;
	affinity_witness();
	for (;;)
		if (harvest(&all, -1) > 0)
			os_vcpu_kick(event_vcpu, VCPU_IRQ_EVENT);
}

int os_event_init(void)
{
	struct os_thread *watcher;

	event_vcpu = this_vcpu();
	epoll_fd = sys_epoll_create();
	if (epoll_fd < 0)
		return epoll_fd;
	return os_thread_start("uml-events", watch, NULL, &watcher);
}

static int control(int op, int fd, __u32 dir, __u32 cookie)
{
	struct epoll_event ev = {
		.events = EPOLLET | EPOLLRDHUP |
			  ((dir & OS_EVENT_IN) ? EPOLLIN | EPOLLPRI : 0) |
			  ((dir & OS_EVENT_OUT) ? EPOLLOUT : 0),
		.data.u32 = cookie,
	};

	if (cookie >= OS_EVENT_MAX)
		return -EINVAL;
	return sys_epoll_ctl(epoll_fd, op, fd, &ev);
}

int os_event_add(int fd, __u32 dir, __u32 cookie)
{
	return control(EPOLL_CTL_ADD, fd, dir, cookie);
}

int os_event_rearm(int fd, __u32 dir, __u32 cookie)
{
	return control(EPOLL_CTL_MOD, fd, dir, cookie);
}

void os_event_del(int fd)
{
	sys_epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}

void os_event_raise(__u32 cookie)
{
	mark_ready(cookie);
	os_vcpu_kick(event_vcpu, VCPU_IRQ_EVENT);
}

void os_event_dispatch(void)
{
	unsigned int i;
	uint64_t bits;

	for (i = 0; i < READY_WORDS; i++) {
		if (!__atomic_load_n(&ready[i], __ATOMIC_RELAXED))
			continue;
		bits = __atomic_exchange_n(&ready[i], 0, __ATOMIC_SEQ_CST);
		while (bits) {
			upcall_event_ready(i * BITS_PER_WORD +
					   __builtin_ctzll(bits));
			bits &= bits - 1;
		}
	}
}

bool event_sleep(const uint64_t *sigmask, int ms)
{
	return harvest(sigmask, ms) > 0;
}
