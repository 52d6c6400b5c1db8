// SPDX-License-Identifier: GPL-2.0
/* uml_moo: how far it is, on a terminal, at most some times a second. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "merge.h"

enum {
	BAR = 40,
	MIN_INTERVAL_MS = 100,
};

static long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

void progress_show(__u64 done, __u64 total)
{
	static const char hashes[BAR + 1] = "########################################";
	static long long last;
	int n;

	if (!isatty(STDERR_FILENO) || !total)
		return;
	if (done < total && now_ms() - last < MIN_INTERVAL_MS)
		return;
	last = now_ms();
	n = done * BAR / total;
	fprintf(stderr, "\r[%-*.*s] %3llu%% of %llu MiB ", BAR, n, hashes,
		(unsigned long long)(done * 100 / total),
		(unsigned long long)(total >> 20));
}

void progress_end(void)
{
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
}
