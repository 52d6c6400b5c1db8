// SPDX-License-Identifier: GPL-2.0
/* Clocks (through the host's vDSO) and the vCPU's one-shot timer. */
#include <host/timer.h>
#include "sys.h"
#include "this_vcpu.h"
#include "vcpu_internal.h"

enum {
	NS_PER_S = 1000000000,
};

/* The host kernel's names of the timers, by vCPU. */
static int timers[UM_VCPUS_MAX];
static bool created[UM_VCPUS_MAX];

static __u64 read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (__u64)ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

__u64 os_clock_monotonic(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

__u64 os_clock_realtime(void)
{
	return read_clock(CLOCK_REALTIME);
}

int os_timer_create(void)
{
	struct um_vcpu *v = this_vcpu();
	struct sigevent ev = {
		.sigev_notify = SIGEV_THREAD_ID,
		.sigev_signo = OS_SIGNAL_TIMER,
		.sigev_value = { .sival_ptr = v },
		._sigev_un._tid = v->tid,
	};
	int err;

	if (created[v->cpu])
		return 0;
	err = sys_call(SYS_timer_create, CLOCK_MONOTONIC, &ev, &timers[v->cpu]);
	created[v->cpu] = !err;
	return err;
}

int os_timer_arm(__u64 delta)
{
	struct itimerspec it = {
		.it_value = { .tv_sec = delta / NS_PER_S,
			      .tv_nsec = delta % NS_PER_S },
	};

	return sys_call(SYS_timer_settime, timers[this_vcpu()->cpu], 0, &it, NULL);
}
