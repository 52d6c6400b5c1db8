/* SPDX-License-Identifier: GPL-2.0 */
/* Starting the first guest process, and the pages shared with all. */
#ifndef UM_SPAWN_HOST_H
#define UM_SPAWN_HOST_H

#include <host/types.h>

/**
 * spawn_host_init() - make the stub's executable and the file of pages
 *
 * Context: boot. Return: 0 or -errno.
 */
int spawn_host_init(void);

/**
 * spawn_host_probe() - can the stub be where it has to be?
 * @why: out: if not, why; static text
 *
 * Context: boot. Return: 0 or -errno.
 */
int spawn_host_probe(const char **why);

/**
 * spawn_host_first() - start the stub as a host process
 * @ram_fd: guest RAM, borrowed; the process gets its own descriptor
 * @socket: another one for it, likewise, or -1
 * @ncpus: how many vCPUs there can be; for each, it gets what a mapper reports by
 *
 * It waits, using the first pages of the file, until @go is set there.
 * Context: boot. Return: its pid or -errno.
 */
int spawn_host_first(int ram_fd, int socket, unsigned int ncpus);

/**
 * spawn_host_pages() - more pages of the file
 * @len: bytes, a multiple of the page size
 * @off: out: where in the file they begin
 * @ret: out: the kernel's view of them; stays mapped
 *
 * Context: vCPU, does not sleep; one at a time. Return: 0 or -errno.
 */
int spawn_host_pages(unsigned int len, __u64 *off, void **ret);

#endif
