// SPDX-License-Identifier: GPL-2.0
/*
 * Attacks rule R1: guest code's own ways to make a system call: int 0x80 and sysenter from 64-bit
 * and from 32-bit code, x32 numbers, and the host's vsyscall page.
 * Harm: a directory on the host (run-guest looks); the host's time where the guest's is another; or a
 * call of the guest's which is another than the number means: that of 32-bit programs.
 */
#include "attack.h"

#define VSYSCALL_TIME	0xffffffffff600400UL
/* 32-bit code, its stack and the path lie below 4 GiB. */
#define LOW		0x20000000UL

enum { MKDIR_32 = 39, SELECTOR_32 = 0x23, Y2001 = 978307200, YEARS_20 = 20 * 365 * 86400 };

static void go_int80(void)
{
	unsigned long ret;

	__asm__ volatile("int $0x80" : "=a" (ret)
			 : "a" (MKDIR_32), "b" (LOW), "c" (0755), "D" (LOW), "S" (0755) : "memory");
}

/* The same number, taken for one of 64-bit programs, is mkdir. */
static void go_int80_as_64(void)
{
	unsigned long ret;

	__asm__ volatile("int $0x80" : "=a" (ret)
			 : "a" (SYS_mkdir), "b" (LOW), "c" (0755), "D" (LOW), "S" (0755) : "memory");
}

static void go_sysenter(void)
{
	unsigned long ret;

	__asm__ volatile("sysenter" : "=a" (ret)
			 : "a" (MKDIR_32), "b" (LOW), "c" (0755), "D" (LOW), "S" (0755) : "memory");
}

static void go_x32(void)
{
	raw2(SYS_mkdir | 0x40000000, LOW, 0755);
}

/* mov $39, %eax; mov $LOW, %ebx; mov $0755, %ecx; <call>; hlt */
static void go_32bit(const char *call)
{
	u8 *code = (u8 *)LOW + 256;
	struct { u32 ip, cs; } far = { LOW + 256, SELECTOR_32 };

	memcpy(code, "\xb8\x27\x00\x00\x00\xbb\x00\x00\x00\x20\xb9\xed\x01\x00\x00", 15);
	memcpy(code + 15, call, 2);
	code[17] = 0xf4;
	__asm__ volatile("movq %1, %%rsp\n\tljmpl *%0" : : "m" (far), "r" (LOW + 2048) : "memory");
}

static void go_32bit_int80(void)
{
	go_32bit("\xcd\x80");
}

static void go_32bit_sysenter(void)
{
	go_32bit("\x0f\x34");
}

static void go_32bit_syscall(void)
{
	go_32bit("\x0f\x05");
}

static void (*const ways[])(void) = {
	go_int80, go_int80_as_64, go_sysenter, go_x32, go_32bit_int80, go_32bit_sysenter, go_32bit_syscall,
};

static bool try_way(unsigned int i)
{
	const struct itimerval soon = { .it_value = { .tv_usec = VISIT_US } };

	if (!sigsetjmp(visit_jump, 1)) {
		setitimer(ITIMER_REAL, &soon, NULL);
		ways[i]();
	}
	return false;
}

static bool try_time(unsigned int i)
{
	long (*host_time)(long *) = (void *)VSYSCALL_TIME;
	volatile long now = 0;

	(void)i;
	if (!sigsetjmp(visit_jump, 1))
		now = host_time(NULL);
	/* 16 years after the guest's: the host's. */
	return now > Y2001 + YEARS_20;
}

int main(void)
{
	const struct timespec past = { .tv_sec = Y2001 };
	struct timespec now;

	attack_begin();
	need(mmap((void *)LOW, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == (void *)LOW);
	strcpy((char *)LOW, host_path("made"));
	try_all(ARRAY_SIZE(ways), try_way);
	ok(true, "calls by int 0x80, sysenter, x32 numbers and 32-bit code");
	strcpy((char *)LOW, "/tmp/made");
	try_all(ARRAY_SIZE(ways), try_way);
	ok(access("/tmp/made", F_OK) == -1, "nor are they other calls of the guest's");

	need(clock_gettime(CLOCK_REALTIME, &now) == 0);
	need(clock_settime(CLOCK_REALTIME, &past) == 0);
	ok_eq(try_all(1, try_time), 0, "the vsyscall page does not tell the host's time");
	clock_settime(CLOCK_REALTIME, &now);
	return tap_done();
}
