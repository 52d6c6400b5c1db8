/* SPDX-License-Identifier: GPL-2.0 */
/* The ptrace backend. */
#ifndef UM_PTRACE_HOST_H
#define UM_PTRACE_HOST_H

#include <host/backend.h>

/* Works wherever a process may trace its own children. */
extern const struct um_backend ptrace_host_backend;

#endif
