// SPDX-License-Identifier: GPL-2.0
/*
 * Limits which the host sets to the program (setrlimit): which of them is behind
 * an error, and the two that end a program by a signal. Those get a last line, and
 * the terminal its modes back.
 * Context: handlers are async-signal-safe.
 */
#include <sys/resource.h>

#include <host/proc.h>
#include <host/upcall.h>
#include "proc_internal.h"
#include "signal_internal.h"
#include "sys.h"

enum {
	/* Where the limits are equal, SIGKILL comes instead of SIGXCPU: be first. */
	CPU_MARGIN_NS = 100 * 1000 * 1000,
	NS_PER_S = 1000 * 1000 * 1000,
	/*
	 * The limit counts ticks, CLOCK_PROCESS_CPUTIME_ID does not. The clock of
	 * this process that does: its number is ~pid << 3 | kind, pid and kind 0.
	 */
	CLOCK_OF_TICKS = ~0U << 3,
};

static bool is_limited(int resource, rlim_t *value)
{
	struct rlimit limit;

	if (getrlimit(resource, &limit))
		return false;
	*value = limit.rlim_cur;
	return limit.rlim_cur != RLIM_INFINITY;
}

const char *os_limit_reason(int err)
{
	static const struct {
		int err;
		int resource;
		const char *text;
	} reasons[] = {
		{ ENOMEM, RLIMIT_AS, "the host's limit of address space (ulimit -v)" },
		{ EFBIG, RLIMIT_FSIZE, "the host's limit of file sizes (ulimit -f)" },
		{ EMFILE, RLIMIT_NOFILE, "the host's limit of open files (ulimit -n)" },
		{ EAGAIN, RLIMIT_NPROC, "the host's limit of processes (ulimit -u)" },
	};
	unsigned int i;
	rlim_t value;

	for (i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].err == -err &&
		    is_limited(reasons[i].resource, &value))
			return reasons[i].text;
	return NULL;
}

__u64 os_file_size_limit(void)
{
	rlim_t value;

	return is_limited(RLIMIT_FSIZE, &value) ? value : ~0ULL;
}

static void on_cpu_limit(int sig, siginfo_t *si, void *ctx)
{
	os_die("the host's limit of processor time (ulimit -t) is reached");
}

/* The call fails, too, and whoever made it has to say so. */
static void on_file_limit(int sig, siginfo_t *si, void *ctx)
{
}

/* Without a timer there is only the signal. */
static void watch_cpu_time(void)
{
	struct sigevent ev = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGXCPU,
	};
	struct itimerspec at = { 0 };
	rlim_t seconds;
	int timer;

	if (!is_limited(RLIMIT_CPU, &seconds))
		return;
	/* The host makes one second of none. */
	at.it_value.tv_sec = seconds ? seconds - 1 : 0;
	at.it_value.tv_nsec = NS_PER_S - CPU_MARGIN_NS;
	if (!sys_call(SYS_timer_create, CLOCK_OF_TICKS, &ev, &timer))
		sys_call(SYS_timer_settime, timer, TIMER_ABSTIME, &at, NULL);
}

int limit_signals_init(void)
{
	int err;

	err = signal_handle(SIGXCPU, on_cpu_limit, SA_RESTART, 0);
	err = err ?: signal_handle(SIGXFSZ, on_file_limit, SA_RESTART, 0);
	if (!err)
		watch_cpu_time();
	return err;
}
