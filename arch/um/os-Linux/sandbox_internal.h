/* SPDX-License-Identifier: GPL-2.0 */
/* Between the two steps of the confinement. */
#ifndef UM_OS_LINUX_SANDBOX_INTERNAL_H
#define UM_OS_LINUX_SANDBOX_INTERNAL_H

#include <stdbool.h>

/* TCP ports may be listened at: some were allowed. */
bool sandbox_wants_tcp(void);

#endif
