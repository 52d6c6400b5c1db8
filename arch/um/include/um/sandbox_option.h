/* SPDX-License-Identifier: GPL-2.0 */
/* The option sandbox=: how parts of the port take part in it. */
#ifndef UM_SANDBOX_OPTION_H
#define UM_SANDBOX_OPTION_H

#include <linux/init.h>
#include <host/sandbox.h>

/*
 * UM_SANDBOX_NEEDS() - a function that names what its part of the port is going
 * to open later: os_sandbox_allow(), os_sandbox_allow_port(). It is called after
 * options were parsed, before the kernel proper (no printk, no allocation).
 * What it cannot allow, it leaves: opening it says what is wrong.
 */
#define UM_SANDBOX_NEEDS(_fn)						\
	static void (*const __um_sandbox_##_fn)(void)			\
	__used __section(".init.um.sandbox") = _fn

/* All of them, put together by the linker, in no order. */
extern void (*const __um_sandbox_start[])(void);
extern void (*const __um_sandbox_end[])(void);

/* First step, if it was asked for; ends the program if it is not possible. */
void um_sandbox_enter(void);

/* Between the choice of a backend and its start: a filter for its guests. */
void um_sandbox_guests(const char *backend);

/**
 * um_sandbox_hint() - why the host may have refused something
 * @err: what it said
 *
 * Return: text to be put behind a message, or an empty one if the sandbox has
 * nothing to do with it.
 */
const char *um_sandbox_hint(int err);

#endif
