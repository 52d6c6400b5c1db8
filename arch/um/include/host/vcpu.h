/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vCPU: the host thread that runs the kernel, and the few words of state
 * which both worlds touch. Kernel code reaches it through the GS segment.
 *
 * Interrupts are host signals directed at the vCPU's thread. Their handler
 * only does the kernel's work when @irqs_off is zero; otherwise it leaves a
 * bit in @pending, which whoever clears @irqs_off must look at afterwards.
 */
#ifndef UM_HOST_VCPU_H
#define UM_HOST_VCPU_H

#include <host/types.h>

/* As many as there are slots in a guest process (backend/stub). */
#define UM_VCPUS_MAX	64

/* Bits of vcpu->pending. */
enum vcpu_irq {
	VCPU_IRQ_TIMER = 1,
	VCPU_IRQ_EVENT = 2,
	/* From other vCPUs: schedule, call functions, stop, leave the guest. */
	VCPU_IRQ_RESCHEDULE = 4,
	VCPU_IRQ_CALL = 8,
	VCPU_IRQ_STOP = 16,
	VCPU_IRQ_KICK = 32,
};

/**
 * struct um_vcpu - per-vCPU words shared by kernel and host code
 * @self: this structure, so that its address can be read through GS
 * @current_task: kernel: the task this vCPU runs
 * @percpu_offset: kernel: distance to this vCPU's per-CPU data
 * @cpu: number, from 0
 * @irqs_off: nonzero while the kernel keeps interrupts disabled
 * @pending: enum vcpu_irq bits which came while @irqs_off was set
 * @walking: kernel: nonzero while it uses page tables which it has not locked
 * @guest: host: the guest process this vCPU waits for inside run(), else NULL
 * @tid: host thread id
 */
struct um_vcpu {
	struct um_vcpu *self;
	void *current_task;
	__u64 percpu_offset;
	__u32 cpu;
	__u32 irqs_off;
	__u32 pending;
	__s32 tid;
	__u32 walking;
	void *guest;
};

/* Words of each vCPU, by number. */
extern struct um_vcpu os_vcpus[UM_VCPUS_MAX];

/**
 * os_vcpu_boot() - make the calling thread vCPU 0
 *
 * Sets up GS, the alternate stack for faults and the signal handlers.
 * Context: boot, main thread. Return: 0 or -errno.
 */
int os_vcpu_boot(void);

/**
 * os_vcpu_start() - have a host thread run the kernel as another vCPU
 * @v: the vCPU; its kernel words are set, interrupts disabled
 * @stack: top of a kernel stack, on which upcall_vcpu_start() is called
 *
 * The thread is made the first time, and woken when it was parked.
 * Context: vCPU, may sleep. Return: 0 or -errno.
 */
int os_vcpu_start(struct um_vcpu *v, void *stack);

/**
 * os_vcpu_park() - the calling vCPU is not used until it is started again
 *
 * Context: vCPU, interrupts disabled; not vCPU 0. Does not return.
 */
void os_vcpu_park(void) __attribute__((noreturn));

/**
 * os_vcpu_nap() - let other host threads run
 * @turn: how many naps the same wait has had before
 *
 * For a vCPU that waits, perhaps for a thread which the host does not run: a
 * short sleep, twice as long each turn, up to 10 ms. It is not sched_yield(),
 * which the host's scheduler may take to be between threads of ours only.
 * Context: any. An interrupt may end it early.
 */
void os_vcpu_nap(unsigned int turn);

/**
 * os_vcpu_kick() - make a vCPU look at its pending interrupts
 * @v: the vCPU; may be the caller's own
 * @bits: enum vcpu_irq bits to set first
 *
 * Context: any thread, any context; async-signal-safe.
 */
void os_vcpu_kick(struct um_vcpu *v, __u32 bits);

/**
 * os_vcpu_backtrace() - have another vCPU say what it does
 * @v: the vCPU
 *
 * It calls upcall_backtrace() as soon as the host runs it: interrupts which the
 * kernel keeps disabled do not matter.
 * Context: any thread, any context.
 */
void os_vcpu_backtrace(const struct um_vcpu *v);

/**
 * os_vcpu_poll_init() - have idle vCPUs look for work before they sleep
 * @always: even if the host has other use for their cores
 *
 * Context: boot, once. Without it os_vcpu_poll() does nothing.
 */
void os_vcpu_poll_init(bool always);

/**
 * os_vcpu_poll() - look for work for a while, if that pays
 * @work: a word which others change
 * @mask: bits of it; any of them is work, and so is a pending interrupt
 *
 * Called with irqs_off set, before os_vcpu_idle().
 * Context: the vCPU itself. Return: true if there is work.
 */
bool os_vcpu_poll(const unsigned long *work, unsigned long mask);

/**
 * os_vcpu_idle() - sleep until an interrupt is pending
 * @ms: milliseconds, at most; -1 for as long as it takes
 *
 * Called with irqs_off set. Returns at once if something is pending already;
 * descriptors that become ready meanwhile are queued and VCPU_IRQ_EVENT set.
 * Context: the vCPU itself.
 */
void os_vcpu_idle(__s32 ms);

#endif
