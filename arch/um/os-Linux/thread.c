// SPDX-License-Identifier: GPL-2.0
/* Helper threads of host code, and the futexes they sleep on. */
#include <pthread.h>
#include <linux/futex.h>

#include <host/thread.h>
#include "affinity_internal.h"
#include "heap.h"
#include "sys.h"

struct os_thread {
	pthread_t id;
	const char *name;
	void (*fn)(void *arg);
	void *arg;
};

static void *thread_main(void *arg)
{
	struct os_thread *t = arg;

	pthread_setname_np(pthread_self(), t->name);
	affinity_release();
	t->fn(t->arg);
	return NULL;
}

int os_thread_start(const char *name, void (*fn)(void *arg), void *arg,
		    struct os_thread **ret)
{
	struct os_thread *t = heap_zalloc(sizeof(*t));
	uint64_t all = ~0ULL, old;
	int err;

	if (!t)
		return -ENOMEM;
	t->name = name;
	t->fn = fn;
	t->arg = arg;

	/* The new thread inherits the mask: it never sees a signal. */
	sys_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&t->id, NULL, thread_main, t);
	sys_sigmask(SIG_SETMASK, &old, NULL);
	if (err) {
		heap_free(t);
		return -err;
	}
	*ret = t;
	return 0;
}

void os_thread_join(struct os_thread *t)
{
	if (!t)
		return;
	pthread_join(t->id, NULL);
	heap_free(t);
}

void os_futex_wait(__u32 *word, __u32 val)
{
	sys_futex(word, FUTEX_WAIT_PRIVATE, val, NULL);
}

void os_futex_wake(__u32 *word, int nr)
{
	sys_futex(word, FUTEX_WAKE_PRIVATE, nr, NULL);
}
