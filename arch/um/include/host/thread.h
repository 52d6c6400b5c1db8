/* SPDX-License-Identifier: GPL-2.0 */
/* Helper threads of host code. They never run kernel code. */
#ifndef UM_HOST_THREAD_H
#define UM_HOST_THREAD_H

#include <host/types.h>

struct os_thread;

/**
 * os_thread_start() - start a helper thread
 * @name: shown by ps -L, at most 15 characters
 * @fn: what it runs; all signals are blocked there
 * @arg: argument of @fn
 * @ret: the thread. Owns: *ret until os_thread_join()
 *
 * Context: process or boot, may block. Return: 0 or -errno.
 */
int os_thread_start(const char *name, void (*fn)(void *arg), void *arg,
		    struct os_thread **ret);

/**
 * os_thread_join() - wait for a helper thread to return from its function
 * @t: the thread; NULL is accepted
 *
 * Context: process, may block.
 */
void os_thread_join(struct os_thread *t);

/**
 * os_futex_wait() - sleep while a word holds a value
 * @word: the word; shared between threads of this process
 * @val: sleep only while it holds this
 *
 * Wakes up without reason too: check again. Context: host thread.
 */
void os_futex_wait(__u32 *word, __u32 val);

/**
 * os_futex_wake() - wake sleepers of os_futex_wait()
 * @word: the word
 * @nr: at most so many
 *
 * Context: any; async-signal-safe.
 */
void os_futex_wake(__u32 *word, int nr);

#endif
