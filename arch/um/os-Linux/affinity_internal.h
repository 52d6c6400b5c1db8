/* SPDX-License-Identifier: GPL-2.0 */
/* For host code: on which host core a vCPU and its guest run. */
#ifndef UM_OS_LINUX_AFFINITY_INTERNAL_H
#define UM_OS_LINUX_AFFINITY_INTERNAL_H

/**
 * affinity_init() - remember on which cores the program may run
 *
 * Context: boot, before any other thread starts.
 */
void affinity_init(void);

/**
 * affinity_seat() - keep this vCPU on one core for a while
 *
 * To be called each time before a guest is run. The core is the host's
 * choice, which is asked for anew a few times a second, unless another vCPU
 * sits there; cores which somebody forbids us meanwhile (taskset, cpusets) are
 * respected.
 * Context: vCPU. Return: the core its guests should be kept on, or -1 if
 * they should be left to the host.
 */
int affinity_seat(void);

/**
 * affinity_release() - let the calling thread run on all cores it may
 *
 * Threads inherit the seat of the vCPU that starts them.
 * Context: any thread.
 */
void affinity_release(void);

/**
 * affinity_witness() - what others allow the calling thread holds for vCPUs
 *
 * For one thread which never changes its mask itself. Without it, a mask of
 * just the core where a vCPU sits is not noticed.
 * Context: a helper thread, once.
 */
void affinity_witness(void);

/**
 * affinity_move() - keep a thread on one core
 * @tid: the thread; 0 is the caller
 * @core: the core
 *
 * Return: 0 or -errno.
 */
int affinity_move(int tid, int core);

/**
 * affinity_part() - keep a thread off one core
 * @tid: the thread; 0 is the caller
 * @core: the core; the program may use others
 *
 * Return: 0 or -errno.
 */
int affinity_part(int tid, int core);

/* On how many cores the program may run. */
unsigned int affinity_cores(void);

#endif
