// SPDX-License-Identifier: GPL-2.0
/*
 * Threads that read pages which others bring and drop meanwhile: whatever has happened between a
 * fault and its handling, a read is no write. On kernels that are preempted anywhere (preempt=full)
 * this fails at once if that is judged by what is mapped later.
 */
#include <pthread.h>

#include "util.h"

enum {
	READERS = 4,
	WAKERS = 3,
	PAGES = 64,
	WAKE_NS = 60 * 1000,
};

static char *pages;
static bool stop;

static void read_page(unsigned int n)
{
	do_read(pages + n % PAGES * PAGE);
}

/* Wakes up often, so that those who read are interrupted anywhere, and brings all pages. */
static void *waker(void *arg)
{
	struct timespec ts = { .tv_nsec = WAKE_NS + (long)arg * WAKE_NS / 10 };

	while (!READ_VAR(stop)) {
		nanosleep(&ts, NULL);
		for (int i = 0; i < PAGES; i++)
			read_page(i);
	}
	return NULL;
}

static void *reader(void *arg)
{
	u64 end = now_ns() + NSEC_PER_SEC;

	while (now_ns() < end) {
		madvise(pages, PAGES * PAGE, MADV_DONTNEED);
		for (int i = 0; i < PAGES; i += 3)
			read_page(i * 7 + (long)arg);
	}
	return NULL;
}

int main(void)
{
	pthread_t readers[READERS], wakers[WAKERS];

	pages = mmap(NULL, PAGES * PAGE, PROT_READ, MAP_SHARED, tmp_file(PAGES * PAGE), 0);
	need(pages != MAP_FAILED);
	for (long i = 0; i < WAKERS; i++)
		need(!pthread_create(&wakers[i], NULL, waker, (void *)i));
	for (long i = 0; i < READERS; i++)
		need(!pthread_create(&readers[i], NULL, reader, (void *)i));
	for (int i = 0; i < READERS; i++)
		need(!pthread_join(readers[i], NULL));
	WRITE_VAR(stop, true);
	for (int i = 0; i < WAKERS; i++)
		need(!pthread_join(wakers[i], NULL));
	ok(true, "threads read pages that others bring and drop");
	return tap_done();
}
