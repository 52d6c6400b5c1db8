/* SPDX-License-Identifier: GPL-2.0 */
/* What the rest of the port may ask of the consoles. */
#ifndef UM_CONSOLE_H
#define UM_CONSOLE_H

/**
 * um_line_winch() - the host says that the size of our terminal changed
 *
 * Context: interrupt.
 */
void um_line_winch(void);

#endif
