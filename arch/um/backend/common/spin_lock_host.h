/* SPDX-License-Identifier: GPL-2.0 */
/* A lock for host code which vCPUs run with interrupts disabled. */
#ifndef UM_SPIN_LOCK_HOST_H
#define UM_SPIN_LOCK_HOST_H

#include <host/vcpu.h>

enum {
	/* Looks at a lock before its holder is thought to have no core. */
	LOCK_SPINS = 1000,
};

/* The holder has interrupts disabled: it soon goes on, if the host lets it. */
static inline void spin_lock_host(int *word)
{
	unsigned int spins = 0;

	while (__atomic_exchange_n(word, 1, __ATOMIC_ACQUIRE)) {
		__builtin_ia32_pause();
		if (++spins > LOCK_SPINS)
			os_vcpu_nap(spins - LOCK_SPINS);
	}
}

static inline void spin_unlock_host(int *word)
{
	__atomic_store_n(word, 0, __ATOMIC_RELEASE);
}

#endif
