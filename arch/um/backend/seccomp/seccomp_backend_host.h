/* SPDX-License-Identifier: GPL-2.0 */
#ifndef UM_SECCOMP_BACKEND_HOST_H
#define UM_SECCOMP_BACKEND_HOST_H

#include <host/backend.h>

/* Guests trap into a signal handler of their own and hand over by futex. */
extern const struct um_backend seccomp_host_backend;

#endif
