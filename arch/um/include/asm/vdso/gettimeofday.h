/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the generic vDSO code for clocks asks of a port: the counter behind the
 * clocksource, and system calls to fall back on.
 *
 * The counter is the host's CLOCK_MONOTONIC in nanoseconds, as for the kernel
 * itself (kernel/time/clock.c). Guests read it by calling the host's own vDSO
 * function, which lies above their address space (backend/stub/).
 */
#ifndef __ASM_UM_VDSO_GETTIMEOFDAY_H
#define __ASM_UM_VDSO_GETTIMEOFDAY_H

#ifndef __ASSEMBLY__

#include <asm/unistd.h>
#include <asm/vdso.h>
#include <asm/vdso/syscall.h>

#define VDSO_HAS_TIME		1
#define VDSO_HAS_CLOCK_GETRES	1
/* The counter has 64 bits. */
#define VDSO_DELTA_NOMASK	1

/* No time, for when the host did not answer. */
#define UM_VDSO_NO_CYCLES	ULLONG_MAX

static __always_inline long clock_gettime_fallback(clockid_t clock,
						   struct __kernel_timespec *ts)
{
	return vdso_syscall3(__NR_clock_gettime, clock, (long)ts, 0);
}

static __always_inline long clock_getres_fallback(clockid_t clock,
						  struct __kernel_timespec *ts)
{
	return vdso_syscall3(__NR_clock_getres, clock, (long)ts, 0);
}

static __always_inline long gettimeofday_fallback(struct __kernel_old_timeval *tv,
						  struct timezone *tz)
{
	return vdso_syscall3(__NR_gettimeofday, (long)tv, (long)tz, 0);
}

static __always_inline u64 __arch_get_hw_counter(s32 clock_mode,
						 const struct vdso_data *vd)
{
	int (*host_clock)(clockid_t clock, struct __kernel_timespec *ts);
	struct __kernel_timespec ts;
	u64 ns;

	host_clock = (void *)um_vdso_data.host_clock;
	if (unlikely(host_clock(CLOCK_MONOTONIC, &ts)))
		return UM_VDSO_NO_CYCLES;
	ns = ts.tv_sec * NSEC_PER_SEC + ts.tv_nsec;
	/* A step back between two host processors would be a huge step on. */
	return ns < vd->cycle_last ? vd->cycle_last : ns;
}

static __always_inline bool um_vdso_cycles_ok(u64 cycles)
{
	return cycles != UM_VDSO_NO_CYCLES;
}

#define vdso_cycles_ok um_vdso_cycles_ok

static __always_inline const struct vdso_data *__arch_get_vdso_data(void)
{
	return _vdso_data;
}

#ifdef CONFIG_TIME_NS
static __always_inline
const struct vdso_data *__arch_get_timens_vdso_data(const struct vdso_data *vd)
{
	return _timens_data;
}
#endif

#endif
#endif
