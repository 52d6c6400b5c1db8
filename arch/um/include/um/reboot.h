/* SPDX-License-Identifier: GPL-2.0 */
/* How the machine ends. */
#ifndef UM_REBOOT_H
#define UM_REBOOT_H

/**
 * um_reboot_ends() - a reboot ends the program from now on
 *
 * As if noreboot had been given. Context: any.
 */
void um_reboot_ends(void);

/**
 * um_reboot_setup() - let a panic end the program
 *
 * Context: setup_arch().
 */
void um_reboot_setup(void);

#endif
