/* SPDX-License-Identifier: GPL-2.0 */
/* What config_registry.c needs of <linux/mutex.h>: one thread, but no slip. */
#ifndef MGMT_SHIM_MUTEX_H
#define MGMT_SHIM_MUTEX_H

#include <stdlib.h>

struct mutex {
	int held;
};

#define DEFINE_MUTEX(name)	struct mutex name

static inline void mutex_lock(struct mutex *m)
{
	if (m->held++)
		abort();
}

static inline void mutex_unlock(struct mutex *m)
{
	if (--m->held)
		abort();
}

#endif
