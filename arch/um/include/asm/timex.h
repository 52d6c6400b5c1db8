/* SPDX-License-Identifier: GPL-2.0 */
/* The processor's time-stamp counter, as a source of entropy only. */
#ifndef __ASM_UM_TIMEX_H
#define __ASM_UM_TIMEX_H

typedef unsigned long cycles_t;

static inline cycles_t get_cycles(void)
{
	unsigned int low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return low | ((cycles_t)high << 32);
}
#define get_cycles get_cycles

#define CLOCK_TICK_RATE	1000000

#endif
