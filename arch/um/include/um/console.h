/* SPDX-License-Identifier: GPL-2.0 */
/* What the rest of the port may ask of the consoles. */
#ifndef UM_CONSOLE_H
#define UM_CONSOLE_H

#include <linux/types.h>

/**
 * um_line_winch() - the host says that the size of our terminal changed
 *
 * Context: interrupt.
 */
void um_line_winch(void);

/**
 * um_console_took() - a console showed a message of the kernel
 * @took: false if it will show no more of them, for one that goes away
 *
 * Context: any.
 */
void um_console_took(bool took);

/**
 * um_panic_dump() - write the log to standard error if no console had it
 *
 * Context: panic.
 */
void um_panic_dump(void);

#endif
