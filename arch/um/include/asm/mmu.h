/* SPDX-License-Identifier: GPL-2.0 */
/* What an address space carries for the port. */
#ifndef __ASM_UM_MMU_H
#define __ASM_UM_MMU_H

#include <linux/spinlock_types.h>
#include <um/map_queue.h>

struct guest_mm;
struct page;
struct task_struct;

/* Pages of which the host may still map the old contents: mm/replaced.c. */
#define UM_REPLACED_MAX	8

/**
 * struct mm_context - address space, as the port sees it
 * @guest: the backend's address space; NULL for kernel threads' mm
 * @attached: bit mask of the vCPUs which the backend has prepared to run it
 * @owed: something may have been taken from the guest which nobody has waited for
 * @apply_lock: held while changes are applied; outside of @lock
 * @lock: for @queue and @fp_owner
 * @replaced: pages which a copy has replaced, kept until the host has let go
 * @nr_replaced: how many
 * @vdso: where exec put the vDSO, for the auxiliary vector; 0 if nowhere
 * @queue: changes of host mappings not yet applied
 * @fp_owner: by vCPU: the task whose floating-point state lies in the guest
 *	process there
 */
typedef struct mm_context {
	struct guest_mm *guest;
	u64 attached;
	bool owed;
	raw_spinlock_t apply_lock;
	raw_spinlock_t lock;
	struct page *replaced[UM_REPLACED_MAX];
	unsigned int nr_replaced;
	unsigned long vdso;
	struct um_map_queue queue;
	struct task_struct *fp_owner[NR_CPUS];
} mm_context_t;

#endif
