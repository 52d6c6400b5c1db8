/* SPDX-License-Identifier: GPL-2.0 */
/* What an address space carries for the port. */
#ifndef __ASM_UM_MMU_H
#define __ASM_UM_MMU_H

#include <um/map_queue.h>

struct guest_mm;
struct task_struct;

/**
 * struct mm_context - address space, as the port sees it
 * @guest: the backend's address space; NULL for kernel threads' mm
 * @fp_owner: the task whose floating-point state lies in the guest process
 * @vdso: where exec put the vDSO, for the auxiliary vector; 0 if nowhere
 * @queue: changes of host mappings not yet applied
 */
typedef struct mm_context {
	struct guest_mm *guest;
	struct task_struct *fp_owner;
	unsigned long vdso;
	struct um_map_queue queue;
} mm_context_t;

#endif
