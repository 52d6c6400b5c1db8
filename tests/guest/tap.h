/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tiny TAP producer for the guest tests: ok(), ok_eq(), tap_skip(), tap_bail(), tap_done().
 * Only the main thread of the main process calls these; children and threads hand their
 * verdict back by exit status or shared memory. The plan comes last, so that a program
 * that dies half-way has no plan and is seen to have died.
 */
#ifndef TESTS_GUEST_TAP_H
#define TESTS_GUEST_TAP_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define __printf(fmt, args) __attribute__((__format__(__printf__, fmt, args)))
#define __noreturn __attribute__((__noreturn__))

static int tap_count;
static int tap_failures;

__printf(4, 5)
static inline bool tap_result(bool good, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	if (!good) {
		tap_failures++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return good;
}

static inline void tap_compare(long long got, long long want)
{
	if (got == want)
		return;
	printf("# got %lld (0x%llx), want %lld (0x%llx)\n", got, got, want, want);
	fflush(stdout);
}

/* A comment line, for figures that help to read a failure. */
__printf(1, 2)
static inline void tap_note(const char *fmt, ...)
{
	va_list ap;

	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* A test that cannot be made here; @reason says what is missing. */
static inline void tap_skip(const char *name, const char *reason)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, name, reason);
	fflush(stdout);
}

/* The set-up failed: nothing after this would mean anything. */
__printf(1, 2) __noreturn
static inline void tap_bail(const char *fmt, ...)
{
	va_list ap;

	printf("Bail out! ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	_Exit(99);
}

/* The plan, and the exit status of the program. */
static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	fflush(stdout);
	return tap_failures ? 1 : 0;
}

#define ok(cond, ...) tap_result(!!(cond), __FILE__, __LINE__, __VA_ARGS__)

#define ok_eq(got, want, ...)						\
	({								\
		long long __got = (long long)(got);			\
		long long __want = (long long)(want);			\
									\
		tap_compare(__got, __want);				\
		tap_result(__got == __want, __FILE__, __LINE__, __VA_ARGS__); \
	})

/* For set-up steps: go on only if @cond holds. */
#define need(cond)							\
	do {								\
		if (!(cond))						\
			tap_bail("%s:%d: %s: %s", __FILE__, __LINE__, #cond, strerror(errno)); \
	} while (0)

#endif
