/* SPDX-License-Identifier: GPL-2.0 */
/* Starting the first guest process, and the data pages of all. */
#ifndef UM_SPAWN_HOST_H
#define UM_SPAWN_HOST_H

#include <host/types.h>

struct stub_page;

/**
 * spawn_host_init() - make the stub's executable and the data-page file
 *
 * Context: boot. Return: 0 or -errno.
 */
int spawn_host_init(void);

/**
 * spawn_host_first() - start the stub as a host process
 * @ram_fd: guest RAM, borrowed; the process gets its own descriptor
 * @socket: another one for it, likewise, or -1
 *
 * It waits, using data page 0, until @go is set there.
 * Context: boot. Return: its pid or -errno.
 */
int spawn_host_first(int ram_fd, int socket);

/**
 * spawn_host_page() - the kernel's view of a data page
 * @index: which
 * @ret: out: the page; stays mapped
 *
 * Context: vCPU, does not sleep. Return: 0 or -errno.
 */
int spawn_host_page(unsigned int index, struct stub_page **ret);

#endif
