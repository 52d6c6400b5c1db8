// SPDX-License-Identifier: GPL-2.0
/* libc's heap, entered by one vCPU context at a time. See heap.h. */
#include <stdlib.h>

#include "heap.h"
#include "this_vcpu.h"

void *heap_zalloc(size_t size)
{
	__u32 irqs = vcpu_irqs_hold();
	void *p = calloc(1, size);

	vcpu_irqs_release(irqs);
	return p;
}

void heap_free(void *p)
{
	__u32 irqs = vcpu_irqs_hold();

	free(p);
	vcpu_irqs_release(irqs);
}
