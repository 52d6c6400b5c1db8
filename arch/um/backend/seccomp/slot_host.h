/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slot: one guest thread, and the page through which the kernel and the thread
 * hand the guest to each other.
 *
 * Guest code can write to its slots, so nothing read from one is believed: not
 * whose turn it is, not where the frame lies. A guest thread has no right which
 * it could misuse, so nothing depends on whether it really sleeps either.
 */
#ifndef UM_SECCOMP_SLOT_HOST_H
#define UM_SECCOMP_SLOT_HOST_H

#include <host/types.h>
#include "notice_host.h"

struct guest_mm;
struct host_child;
struct stub_page;
struct stub_rule;

/* What a thread does. */
enum slot_stop {
	/* It runs guest code. */
	SLOT_RUNS,
	/* It has stopped, as its slot says, which proves nothing. */
	SLOT_SAID,
	/* In the stub: it waits for an answer to its notice. */
	SLOT_NOTICE,
	/* At a call of guest code: it waits for the result, not in the stub. */
	SLOT_CALLS,
	/* On its way to where it will say that it has stopped. */
	SLOT_COMES,
};

/**
 * struct stub_slot - one guest thread
 * @page: its slot, as the kernel sees it
 * @rule: what the kernel tells it, in its address space's orders
 * @thread: the process
 * @va: where the guest process has the slot
 * @core: host core it is kept on or, if @apart, off; -1 if there is none
 * @apart: it runs beside its vCPU, not in turns with it
 * @looks: how often we look for its stop before we sleep
 * @kicked: was told to stop since it last did
 * @by_mapper: the mapper gives it the turn, after what it was told to map
 * @stop: what it does, as far as the kernel knows
 * @stop_before: what that was before it was given its turn by the mapper
 * @notices: it will tell of its next stop by a notice
 * @shy: so many more times it will not, although it could
 * @notice: number of the notice that is to be answered
 * @call: at SLOT_CALLS: which
 * @old: it has waited for an answer for a while
 * @partial: the kernel knows no more of the guest's registers than @call
 * @late: how long kicked guests of this thread had not stopped, in ticks
 * @bases: on hosts without FSGSBASE: FS and GS base which the thread has
 */
struct stub_slot {
	struct stub_page *page;
	struct stub_rule *rule;
	struct host_child *thread;
	guest_va_t va;
	int core;
	bool apart;
	__u32 looks;
	bool kicked;
	bool by_mapper;
	enum slot_stop stop;
	enum slot_stop stop_before;
	bool notices;
	unsigned int shy;
	__u64 notice;
	struct notice_call call;
	bool old;
	bool partial;
	unsigned int late;
	__u64 bases[2];
};

/* How the thread is to tell of its next stop. */
enum slot_tell { SLOT_TELL_BY_FUTEX, SLOT_TELL_BEST };

/**
 * slot_begin() - a new thread waits in the stub
 * @slot: @page, @rule, @thread and @va are set
 */
void slot_begin(struct stub_slot *slot);

/**
 * slot_give() - let the thread go on
 * @slot: stopped, in the stub
 * @mm: its address space; what is ordered there is done first
 * @tell: whether it may tell by a notice, if that is best
 *
 * Context: vCPU. Return: 0, or the -errno of an order that failed or of a lost
 * mapper: the thread does not go on then.
 */
int slot_give(struct stub_slot *slot, struct guest_mm *mm, enum slot_tell tell);

/**
 * slot_answer() - let the thread go on with the result of its guest's call
 * @slot: at SLOT_CALLS
 * @result: what the call returns
 *
 * Context: vCPU. Return: 0, or -EAGAIN if it should go another way.
 */
int slot_answer(struct stub_slot *slot, __u64 result);

/**
 * slot_recall() - bring a thread that waits for a result into the stub
 * @slot: not at SLOT_RUNS; in the stub afterwards
 *
 * Context: vCPU. Return: 0, or -ESRCH if it is gone.
 */
int slot_recall(struct stub_slot *slot);

/**
 * slot_settle() - have a thread that waits for an answer wait by futex
 * @slot: at SLOT_CALLS or SLOT_NOTICE; at SLOT_COMES afterwards
 *
 * Context: vCPU.
 */
void slot_settle(struct stub_slot *slot);

/**
 * slot_await() - wait until the thread says it has stopped
 * @slot: running
 * @mm: its address space
 *
 * Kills a thread that keeps kicks from coming through.
 * Context: vCPU. Return: 0; -ESRCH if the thread is gone; the -errno of an order
 * that failed before the thread had its turn, which it has not then.
 */
int slot_await(struct stub_slot *slot, struct guest_mm *mm);

/**
 * slot_quiet() - have a stopped thread sleep at once
 * @slot: any
 */
void slot_quiet(const struct stub_slot *slot);

/**
 * slot_kick() - make a thread stop, if it runs
 * @slot: any
 *
 * Context: the vCPU that waits for it, async-signal-safe.
 */
void slot_kick(struct stub_slot *slot);

/**
 * slot_lost() - the thread is gone: end the wait for it
 * @slot: any
 *
 * Context: async-signal-safe.
 */
void slot_lost(struct stub_slot *slot);

#endif
