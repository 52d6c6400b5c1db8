/* SPDX-License-Identifier: GPL-2.0 */
/* For os-Linux itself: the program as the other end of a console. */
#ifndef UM_OS_LINUX_ATTACH_H
#define UM_OS_LINUX_ATTACH_H

/**
 * attach_run() - connect our terminal to the socket of a console
 * @path: the socket
 *
 * Context: the program's only thread, instead of a kernel; does not return.
 */
void attach_run(const char *path) __attribute__((noreturn));

#endif
