// SPDX-License-Identifier: GPL-2.0
/* The choice of a backend at boot: backend=, or the best that works here. */
#include <linux/errno.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <host/backend.h>
#include "ptrace/ptrace_host.h"
#include "seccomp/seccomp_backend_host.h"

/* Best first: "auto" takes the first whose probe succeeds. */
static const struct um_backend *const backends[] = {
	&seccomp_host_backend,
	&ptrace_host_backend,
};

int __init um_backend_select(const char *name, unsigned int ncpus,
			     const struct um_backend *after,
			     const struct um_backend **ret, const char **why)
{
	bool automatic = !strcmp(name, "auto"), seen = !after;
	int err = after ? -ENOENT : -EINVAL;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(backends); i++) {
		if (!seen) {
			seen = backends[i] == after;
			continue;
		}
		if (!automatic && strcmp(name, backends[i]->name))
			continue;
		if (ncpus > backends[i]->max_cpus) {
			if (!**why)
				*why = "it runs one processor only";
			err = -EOPNOTSUPP;
			continue;
		}
		err = backends[i]->probe(why);
		if (!err) {
			*ret = backends[i];
			return 0;
		}
		/* -EINVAL is for names nobody has. */
		if (err == -EINVAL)
			err = -ENODEV;
	}
	return err;
}

const char *__init um_backend_name(unsigned int i)
{
	return i < ARRAY_SIZE(backends) ? backends[i]->name : NULL;
}
