/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Orders to mappers. An order is written where guest code can read but not
 * write it, and the mapper reports by descriptors which guest code does not
 * have: neither can be forged.
 */
#ifndef UM_MAPPER_HOST_H
#define UM_MAPPER_HOST_H

#include "guest_mm_host.h"

struct stub_call;

/**
 * mapper_init() - make the descriptors by which mappers report
 * @ncpus: how many vCPUs there can be
 *
 * Context: boot. Return: 0 or -errno.
 */
int mapper_init(unsigned int ncpus);

/**
 * mapper_fd() - one of those descriptors
 * @i: index, from 0, in the order in which the stub has them
 *
 * Return: the descriptor, borrowed.
 */
int mapper_fd(unsigned int i);

/**
 * mapper_begin() - there is a new mapper, which has carried out nothing
 * @mm: its address space
 * @pid: its pid, or 0 if it is not known yet
 */
void mapper_begin(struct guest_mm *mm, int pid);

/**
 * mapper_order() - give an order
 * @mm: address space
 * @call: the order
 *
 * The mapper need not be told before mapper_tell() or mapper_sync().
 * Context: vCPU, interrupts disabled.
 */
void mapper_order(struct guest_mm *mm, const struct stub_call *call);

/**
 * mapper_map_op() - order a map operation
 * @mm: address space
 * @op: what to do
 *
 * Context: as mapper_order().
 */
void mapper_map_op(struct guest_mm *mm, const struct map_op *op);

/**
 * mapper_sync() - wait until all orders are carried out
 * @mm: address space
 *
 * What came after an order that failed was not done.
 * Context: vCPU, interrupts disabled; sleeps on the host.
 * Return: 0 or the pid if the last order made a process; the -errno of an order
 * that failed; -ESRCH if the mapper is gone.
 */
int mapper_sync(struct guest_mm *mm);

/* The mm_apply() of backends: see host/backend.h. */
int mapper_apply(struct guest_mm *mm, const struct map_op *ops, unsigned int nr,
		 bool now);

/**
 * mapper_tell() - have the mapper go on with one more order
 * @mm: address space
 * @last: the order
 *
 * Context: vCPU, interrupts disabled. Does not wait.
 */
void mapper_tell(struct guest_mm *mm, const struct stub_call *last);

/* Whether there are orders which the mapper was not told of. */
static inline bool mapper_owes(const struct guest_mm *mm)
{
	return mm->given != mm->told;
}

/* Whether one of them takes something away from the guest. */
static inline bool mapper_takes(const struct guest_mm *mm)
{
	return mm->takes;
}

#endif
