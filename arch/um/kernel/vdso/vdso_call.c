// SPDX-License-Identifier: GPL-2.0
/*
 * System calls which the host's vDSO code makes in a guest. Where the host's
 * clocksource cannot be read without one (or can no longer: hosts give up an
 * unstable TSC while they run) the host's clock_gettime() is a system call.
 * Like any of a guest's it arrives here, but it means the host's clock: it is
 * the counter of the guest's vDSO, not a call of the program, so neither
 * tracers nor filters of the guest see it.
 * Flow: guest_loop.c -> here.
 */
#include <linux/time64.h>
#include <linux/uaccess.h>
#include <asm/ptrace.h>
#include <asm/unistd.h>
#include <asm/vdso.h>
#include <host/timer.h>

void um_vdso_host_call(struct pt_regs *regs)
{
	struct __kernel_timespec ts;
	u64 ns;

	if ((int)regs->orig_ax == __NR_clock_gettime &&
	    (int)regs->di == CLOCK_MONOTONIC) {
		ns = os_clock_monotonic();
		ts.tv_sec = ns / NSEC_PER_SEC;
		ts.tv_nsec = ns % NSEC_PER_SEC;
		regs->ax = copy_to_user((void __user *)regs->si, &ts,
					sizeof(ts)) ? -EFAULT : 0;
	} else {
		regs->ax = -ENOSYS;
	}
	/* Nothing to restart after a signal. */
	regs->orig_ax = -1UL;
}
