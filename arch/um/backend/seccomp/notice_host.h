/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Notices: the host tells the kernel of a call which a guest thread makes, its
 * guest's or the stub's own, and the thread sleeps until the kernel answers
 * (seccomp's user notification). One listener hears the threads of all guest
 * processes, so there can be only one vCPU.
 */
#ifndef UM_SECCOMP_NOTICE_HOST_H
#define UM_SECCOMP_NOTICE_HOST_H

#include <host/types.h>

struct stub_call;
struct stub_page;
struct stub_slot;

/**
 * struct notice_call - a call of guest code
 * @nr: its number
 * @ip: where it returns to
 * @arg: its arguments
 */
struct notice_call {
	__s32 nr;
	__u64 ip;
	__u64 arg[6];
};

/**
 * notice_message() - prepare the order by which the template sends its listener
 * @page: the template's slot, where the message is put together
 * @fd: the descriptor there
 * @call: out: the order
 */
void notice_message(struct stub_page *page, int fd, struct stub_call *call);

/**
 * notice_open() - take the listener
 * @socket: the stub has sent it there; borrowed
 * @ip: of the call by which stubs tell of a stop
 * @fd: the listener's descriptor in mappers
 *
 * Context: boot. Return: 0 or -errno.
 */
int notice_open(int socket, __u64 ip, int fd);

/* Whether there is a listener. */
bool notice_ready(void);

/**
 * notice_expect() - a wait begins: forget what notice_interrupt() has said
 */
void notice_expect(void);

/**
 * notice_take() - wait for the notice of a thread
 * @slot: its slot; out: @notice, @stop and @call
 * @tick: come back after a hundredth of a second
 *
 * Context: the vCPU, after notice_expect(). Return: 0; -ETIMEDOUT; or -EAGAIN
 * if there is reason to look at the slot's state.
 */
int notice_take(struct stub_slot *slot, bool tick);

/**
 * notice_answer() - let a thread that waits for an answer go on
 * @slot: at SLOT_NOTICE or SLOT_CALLS
 * @result: what its call returns
 *
 * Context: the vCPU.
 */
void notice_answer(const struct stub_slot *slot, __u64 result);

/**
 * notice_order() - have the mapper give an answer
 * @slot: at SLOT_NOTICE or SLOT_CALLS
 * @result: what its call returns
 * @call: out: the order
 *
 * Context: the vCPU. Return: false if only we should answer on this host.
 */
bool notice_order(struct stub_slot *slot, __u64 result, struct stub_call *call);

/**
 * notice_interrupt() - end notice_take() if it is called before the next
 * notice_expect()
 *
 * Context: signal handler of the vCPU's thread. Elsewhere, a signal to that
 * thread must follow.
 */
void notice_interrupt(void);

#endif
