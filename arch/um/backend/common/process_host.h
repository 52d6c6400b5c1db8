/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Guest processes: the template, which makes mappers; mappers that have no
 * address space at the moment, which are kept; and guest threads.
 */
#ifndef UM_PROCESS_HOST_H
#define UM_PROCESS_HOST_H

#include "guest_mm_host.h"

/**
 * struct process_params - what the template is told
 * @mode: STUB_MODE_*
 * @ram_fd: guest RAM, borrowed
 * @socket: another descriptor for it, or -1
 * @ncpus: how many vCPUs there can be
 * @notices: it is to make a listener, if it can
 */
struct process_params {
	__u32 mode;
	int ram_fd;
	int socket;
	unsigned int ncpus;
	bool notices;
};

/**
 * process_start() - start the template
 * @p: what it is told
 * @page: out: its slot
 *
 * It has not become a mapper yet under seccomp, but waits for its turn at its
 * first stop.
 * Context: boot. Return: 0 or -errno.
 */
int process_start(const struct process_params *p, struct stub_page **page);

/**
 * process_ready() - let the template become a mapper
 *
 * Context: boot. Return: 0 or -errno.
 */
int process_ready(void);

/**
 * process_forget_slot() - have the template unmap its slot, which mappers made
 * from it would have, too
 *
 * Context: boot, last. Return: 0 or -errno.
 */
int process_forget_slot(void);

/* The template, which has no guest. */
struct guest_mm *process_template(void);

/**
 * process_take() - an empty address space
 * @ret: out: it has a mapper, and no guest thread
 *
 * Context: vCPU, interrupts disabled. Owns: *ret until process_give_back().
 * Return: 0 or -errno.
 */
int process_take(struct guest_mm **ret);

/**
 * process_empty() - end the guest threads of an address space and unmap all
 * @mm: it
 *
 * When this returns, nothing of guest RAM can be reached by any thread of it,
 * whatever its guest did; if need be because all its processes are dead.
 * Context: vCPU, interrupts disabled.
 */
void process_empty(struct guest_mm *mm);

/**
 * process_give_back() - an address space is not used any more
 * @mm: emptied; NULL is accepted
 *
 * Context: vCPU, interrupts disabled.
 */
void process_give_back(struct guest_mm *mm);

/**
 * process_slot() - have a slot ready for a guest thread
 * @mm: address space
 * @cpu: which
 *
 * It is zeroed, and its rule as well but for the stack. A thread that was there
 * before has ended.
 * Context: vCPU, interrupts disabled. Return: 0 or -errno.
 */
int process_slot(struct guest_mm *mm, unsigned int cpu);

/**
 * process_thread() - make a guest thread
 * @mm: address space
 * @cpu: its slot, which is ready
 *
 * It waits in the stub for what comes first under its backend.
 * Context: vCPU, interrupts disabled. Return: 0 or -errno.
 */
int process_thread(struct guest_mm *mm, unsigned int cpu);

/* All that have a structure, for the exit and the like: linked by @next_all. */
struct guest_mm *process_all(void);

/**
 * process_exit() - end all guest processes, and wait a moment for that
 *
 * Context: any, async-signal-safe.
 */
void process_exit(void);

/**
 * process_stop() - undo process_start(), whatever it came to
 *
 * Context: boot: another backend can be started then.
 */
void process_stop(void);

#endif
