/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Names which channels give to things in the host's file system: removed with
 * the channel, or however else the program ends (SIGKILL excepted), unless they
 * are those of other things by then.
 */
#ifndef UM_CHAN_NAME_HOST_H
#define UM_CHAN_NAME_HOST_H

#include <host/types.h>

/**
 * chan_name_host_keep() - have a name removed at the end
 * @path: the name, which exists now
 *
 * Context: process or boot. Return: a ticket for chan_name_host_remove(), or
 * -ENOSPC or another -errno, and then the name is removed already.
 */
int chan_name_host_keep(const char *path);

/**
 * chan_name_host_remove() - remove it now
 * @ticket: from chan_name_host_keep(); nothing happens if it is negative
 *
 * Context: process.
 */
void chan_name_host_remove(int ticket);

#endif
