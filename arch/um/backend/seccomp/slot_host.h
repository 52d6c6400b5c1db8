/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A slot: one stub thread of a guest process, and the page through which the
 * kernel and the thread hand the guest to each other.
 *
 * Guest code can write to its slots, so nothing read from one is believed:
 * not whose turn it is, not where the frame lies. Only slot_hold() proves
 * that a thread sleeps in the stub.
 */
#ifndef UM_SECCOMP_SLOT_HOST_H
#define UM_SECCOMP_SLOT_HOST_H

#include <host/types.h>
#include "notice_host.h"

struct stub_page;

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
 * struct stub_slot - one stub thread
 * @page: its slot, as the kernel sees it
 * @va: where the guest process has it
 * @index: its number in the file of slots
 * @pid: host process
 * @tid: host thread
 * @core: host core it is kept on or, if @apart, off; -1 if there is none
 * @apart: it runs beside its vCPU, not in turns with it
 * @looks: how often we look for its stop before we sleep
 * @live: the process has this thread
 * @held: was proven asleep, and moved to the futex @hold of its page
 * @lost: the process is gone
 * @kicked: was told to stop since it last did
 * @stop: what it does, as far as the kernel knows
 * @notices: it will tell of its next stop by a notice
 * @shy: so many more times it will not, although it could
 * @notice: number of the notice that is to be answered
 * @call: at SLOT_CALLS: which
 * @old: it has waited for an answer for a while
 * @loaded: it has calls to make that carry the secret
 * @token: which it does not know before it has made them
 * @partial: the kernel knows no more of the guest's registers than @call
 * @bases: on hosts without FSGSBASE: FS and GS base which the thread has
 */
struct stub_slot {
	struct stub_page *page;
	guest_va_t va;
	unsigned int index;
	int pid;
	int tid;
	int core;
	bool apart;
	__u32 looks;
	bool live;
	bool held;
	bool lost;
	bool kicked;
	enum slot_stop stop;
	bool notices;
	unsigned int shy;
	__u64 notice;
	struct notice_call call;
	bool old;
	bool loaded;
	__u64 token;
	bool partial;
	__u64 bases[2];
};

/* How the thread is to tell of its next stop. */
enum slot_tell { SLOT_TELL_BY_FUTEX, SLOT_TELL_BEST };

/**
 * slot_give() - let the thread go on
 * @slot: stopped, in the stub
 * @tell: whether it may tell by a notice, if that is best
 *
 * Context: vCPU.
 */
void slot_give(struct stub_slot *slot, enum slot_tell tell);

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
 * Context: vCPU. Return: 0, or -ESRCH if its process is gone.
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
 *
 * Kills the process if its guest keeps kicks from coming through.
 * Context: vCPU. Return: 0, or -ESRCH if its process is gone.
 */
int slot_await(struct stub_slot *slot);

/**
 * slot_hold() - make sure that the thread sleeps in the stub, and goes on
 * sleeping until slot_give() or until another thread of its process that is
 * not held writes to its slot
 * @slot: has said that it stopped
 *
 * Waits as long as the host does not let the thread run.
 * Context: vCPU. Return: 0, or -ESRCH if the process is gone; one that lied is killed.
 */
int slot_hold(struct stub_slot *slot);

/**
 * slot_seal() - undo what other threads may have written to keep it from
 * sleeping on
 * @slot: held, as all others of the process are
 */
void slot_seal(const struct stub_slot *slot);

/**
 * slot_still_held() - has the thread slept all the time since slot_hold()?
 * @slot: held
 *
 * Return: if not, it is not held any more.
 */
bool slot_still_held(struct stub_slot *slot);

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
 * slot_kill() - end the process of a thread that did what no guest should
 * @slot: any
 *
 * Context: vCPU. It is dead afterwards, and @slot lost.
 */
void slot_kill(struct stub_slot *slot);

/**
 * slot_lost() - the process of a thread is gone: end the wait for it
 * @slot: any
 *
 * Context: async-signal-safe.
 */
void slot_lost(struct stub_slot *slot);

#endif
