// SPDX-License-Identifier: GPL-2.0
/*
 * POSIX threads: mutex, condition variable, barrier, rwlock, semaphore, once, keys, TLS
 * variables, storms of short threads, directed signals, robust and shared mutexes, and the
 * end of a process with threads (exit, exec, fatal signal).
 * Not here: bare futex calls (futex.c), bare clone (clone.c).
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>

#include "util.h"

#define THREADS 6

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;

static void spawn(pthread_t *t, void *(*fn)(void *), void *arg)
{
	int err = pthread_create(t, NULL, fn, arg);

	if (err)
		tap_bail("pthread_create: %s", strerror(err));
}

static void *join(pthread_t t)
{
	void *ret;

	need(pthread_join(t, &ret) == 0);
	return ret;
}

/* --- mutex ---------------------------------------------------------------- */

static unsigned long counter;
static int inside, most_inside;

static void *count_up(void *arg)
{
	for (int i = 0; i < *(int *)arg; i++) {
		pthread_mutex_lock(&lock);
		if (++inside > most_inside)
			most_inside = inside;
		if (i % 16 == 0)
			sched_yield();
		counter++;
		inside--;
		pthread_mutex_unlock(&lock);
	}
	return NULL;
}

static void test_mutex(void)
{
	pthread_t t[THREADS];
	int n = 1500;

	for (int i = 0; i < THREADS; i++)
		spawn(&t[i], count_up, &n);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	ok_eq(counter, THREADS * 1500, "a counter under a mutex");
	ok_eq(most_inside, 1, "never two threads inside");
	need(pthread_mutex_lock(&lock) == 0);
	ok_eq(pthread_mutex_trylock(&lock), EBUSY, "trylock of a held mutex");
	pthread_mutex_unlock(&lock);
}

/* --- condition variable: pass a ball around ------------------------------- */

enum { LAPS = 60 };

static int ball;

static void *player(void *arg)
{
	int me = (long)arg;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < LAPS; i++) {
		while (ball % THREADS != me)
			pthread_cond_wait(&cond, &lock);
		ball++;
		pthread_cond_broadcast(&cond);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

static void test_cond(void)
{
	struct timespec until;
	pthread_t t[THREADS];
	u64 start;
	int err;

	for (long i = 0; i < THREADS; i++)
		spawn(&t[i], player, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	ok_eq(ball, THREADS * LAPS, "a ball passed around by a condition variable");

	start = now_ns();
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += 50000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&lock);
	do {
		err = pthread_cond_timedwait(&cond, &lock, &until);
	} while (!err);
	pthread_mutex_unlock(&lock);
	ok(err == ETIMEDOUT && now_ns() - start > 45 * NSEC_PER_MSEC,
	   "a timed wait ends at its time");
}

/* --- barrier, rwlock, semaphore ------------------------------------------- */

static int arrived[40], serial;
static bool early;

static void *meet(void *arg)
{
	(void)arg;
	for (int i = 0; i < (int)ARRAY_SIZE(arrived); i++) {
		ADD_VAR(arrived[i], 1);
		if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
			ADD_VAR(serial, 1);
		if (READ_VAR(arrived[i]) != THREADS)
			WRITE_VAR(early, true);
	}
	return NULL;
}

static void test_barrier(void)
{
	pthread_t t[THREADS];

	need(pthread_barrier_init(&barrier, NULL, THREADS) == 0);
	for (int i = 0; i < THREADS; i++)
		spawn(&t[i], meet, NULL);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	ok(!early, "nobody passes a barrier early");
	ok_eq(serial, ARRAY_SIZE(arrived), "one serial thread per meeting");
}

static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static int pair[2];
static bool torn;

static void *reader_or_writer(void *arg)
{
	for (int i = 0; i < 150; i++) {
		if ((long)arg % 3 == 0) {
			pthread_rwlock_wrlock(&rwlock);
			pair[0]++;
			sched_yield();
			pair[1]++;
		} else {
			pthread_rwlock_rdlock(&rwlock);
			if (READ_VAR(pair[0]) != READ_VAR(pair[1]))
				WRITE_VAR(torn, true);
		}
		pthread_rwlock_unlock(&rwlock);
	}
	return NULL;
}

static sem_t items, room;
static int queue[4], consumed;

static void *consumer(void *arg)
{
	(void)arg;
	for (int i = 0; i < 400; i++) {
		sem_wait(&items);
		consumed += queue[i % 4] == i;
		sem_post(&room);
	}
	return NULL;
}

static void test_rwlock_sem(void)
{
	pthread_t t[THREADS];

	for (long i = 0; i < THREADS; i++)
		spawn(&t[i], reader_or_writer, (void *)i);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	ok(!torn && pair[0] == 300 && pair[1] == 300, "readers never see half a write");

	need(sem_init(&items, 0, 0) == 0 && sem_init(&room, 0, 4) == 0);
	spawn(&t[0], consumer, NULL);
	for (int i = 0; i < 400; i++) {
		sem_wait(&room);
		queue[i % 4] = i;
		sem_post(&items);
	}
	join(t[0]);
	ok_eq(consumed, 400, "semaphores: producer and consumer");
}

/* --- storm ---------------------------------------------------------------- */

static __thread u64 tls_a = 0x1234567812345678;
static __thread char tls_b[256];

static void *short_life(void *arg)
{
	long n = (long)arg;

	if (tls_a != 0x1234567812345678 || tls_b[n % 256])
		return NULL;
	tls_a = n;
	tls_b[n % 256] = n | 1;
	if (n % 4 == 0)
		sched_yield();
	return (void *)(tls_a == (u64)n && tls_b[n % 256] == (char)(n | 1) ? n + 1 : 0L);
}

static void test_storm(void)
{
	pthread_t t[40];
	int good = 0;

	tls_a = 7;
	for (long i = 0; i < 150; i++) {
		spawn(&t[0], short_life, (void *)i);
		good += join(t[0]) == (void *)(i + 1);
	}
	ok_eq(good, 150, "150 threads one after the other, each with fresh TLS");
	good = 0;
	for (int round = 0; round < 4; round++) {
		for (long i = 0; i < 40; i++)
			spawn(&t[i], short_life, (void *)i);
		for (long i = 0; i < 40; i++)
			good += join(t[i]) == (void *)(i + 1);
	}
	ok_eq(good, 160, "four times 40 threads at once");
	ok_eq(tls_a, 7, "the main thread's TLS is its own");
}

/* --- once, keys, cancel --------------------------------------------------- */

static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static int once_runs, destroyed;

static void run_once(void)
{
	once_runs++;
	sched_yield();
}

static void destroy(void *value)
{
	ADD_VAR(destroyed, (long)value);
}

static void *once_and_key(void *arg)
{
	pthread_once(&once, run_once);
	pthread_setspecific(key, arg);
	sched_yield();
	return pthread_getspecific(key) == arg ? arg : NULL;
}

static void *sleep_long(void *arg)
{
	pthread_cleanup_push(destroy, arg);
	pause();
	pthread_cleanup_pop(0);
	return arg;
}

static void test_once_key_cancel(void)
{
	pthread_t t[THREADS];
	int good = 0;

	need(pthread_key_create(&key, destroy) == 0);
	for (long i = 0; i < THREADS; i++)
		spawn(&t[i], once_and_key, (void *)(i + 1));
	for (long i = 0; i < THREADS; i++)
		good += join(t[i]) == (void *)(i + 1);
	ok(once_runs == 1 && good == THREADS, "pthread_once and thread-specific values");
	ok_eq(destroyed, THREADS * (THREADS + 1) / 2,
	      "the values are destroyed at the thread's end");

	destroyed = 0;
	spawn(&t[0], sleep_long, (void *)5L);
	sleep_ms(20);
	need(pthread_cancel(t[0]) == 0);
	ok(join(t[0]) == PTHREAD_CANCELED && destroyed == 5, "a sleeping thread is cancelled");
}

/* --- signals -------------------------------------------------------------- */

static pid_t hit[THREADS];
static int hits;

static void note_tid(int sig, siginfo_t *info, void *uc)
{
	(void)sig;
	(void)info;
	(void)uc;
	/* One at a time: whoever sees the count finds the thread too. */
	WRITE_VAR(hit[READ_VAR(hits)], gettid());
	ADD_VAR(hits, 1);
}

static pid_t tids[THREADS];
static bool go_home;

static void *wait_home(void *arg)
{
	struct timespec nap = { 0, 2000000 };

	WRITE_VAR(tids[(long)arg], gettid());
	while (!READ_VAR(go_home))
		nanosleep(&nap, NULL);
	return NULL;
}

static void test_directed_signals(void)
{
	pthread_t t[THREADS];
	bool good = true;

	on_signal(SIGUSR1, note_tid, 0);
	for (long i = 0; i < THREADS; i++)
		spawn(&t[i], wait_home, (void *)i);
	for (int i = 0; i < THREADS; i++) {
		while (!READ_VAR(tids[i]))
			sleep_ms(1);
		pthread_kill(t[i], SIGUSR1);
		for (int tries = 0; READ_VAR(hits) <= i && tries < 1000; tries++)
			sleep_ms(1);
		good = good && READ_VAR(hits) == i + 1 && hit[i] == tids[i];
	}
	ok(good, "pthread_kill reaches the thread that is meant");
	WRITE_VAR(go_home, true);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
}

/* --- robust and shared ---------------------------------------------------- */

static pthread_mutex_t *shared_mutex(void)
{
	pthread_mutex_t *m = map_shared(PAGE);
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	need(pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED) == 0);
	need(pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST) == 0);
	need(pthread_mutex_init(m, &attr) == 0);
	return m;
}

static void *die_with_lock(void *arg)
{
	pthread_mutex_lock(arg);
	return NULL;
}

static void test_robust(void)
{
	pthread_mutex_t *m = shared_mutex();
	unsigned int *sum = (unsigned int *)(m + 1);
	pthread_t t;
	pid_t pid, pids[3];
	bool good = true;

	spawn(&t, die_with_lock, m);
	join(t);
	ok_eq(pthread_mutex_lock(m), EOWNERDEAD, "a robust mutex of a thread that ended");
	ok(pthread_mutex_consistent(m) == 0 && pthread_mutex_unlock(m) == 0 &&
	   pthread_mutex_lock(m) == 0, "can be made consistent");
	pthread_mutex_unlock(m);

	pid = fork_child();
	if (pid == 0) {
		pthread_mutex_lock(m);
		kill(getpid(), SIGKILL);
	}
	wait_status(pid);
	ok_eq(pthread_mutex_lock(m), EOWNERDEAD, "a robust mutex of a process that was killed");
	pthread_mutex_consistent(m);
	pthread_mutex_unlock(m);

	for (int i = 0; i < 3; i++) {
		pids[i] = fork_child();
		if (pids[i])
			continue;
		for (int n = 0; n < 300; n++) {
			unsigned int now;

			pthread_mutex_lock(m);
			now = *sum;
			if (n % 8 == 0)
				sched_yield();
			*sum = now + 1;
			pthread_mutex_unlock(m);
		}
		_exit(0);
	}
	for (int i = 0; i < 3; i++)
		good = exited_with(wait_status(pids[i]), 0) && good;
	ok(good && *sum == 900, "a mutex shared by three processes");
	munmap(m, PAGE);
}

static void test_inherit(void)
{
	pthread_mutexattr_t attr;
	pthread_mutex_t save = lock;
	pthread_t t[THREADS];
	int n = 200;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (pthread_mutex_init(&lock, &attr)) {
		tap_skip("priority inheritance mutex", "kernel without FUTEX_PI");
		lock = save;
		return;
	}
	counter = 0;
	for (int i = 0; i < THREADS; i++)
		spawn(&t[i], count_up, &n);
	for (int i = 0; i < THREADS; i++)
		join(t[i]);
	ok_eq(counter, THREADS * 200, "a counter under a priority inheritance mutex");
}

/* --- ends ----------------------------------------------------------------- */

static void *spin(void *arg)
{
	for (;;)
		asm volatile("pause" : : : "memory");
	return arg;
}

static void *exit_now(void *arg)
{
	sleep_ms(20);
	_exit((long)arg);
}

static int exit_child(void *arg)
{
	pthread_t t[4];

	for (int i = 0; i < 3; i++)
		spawn(&t[i], i ? spin : sleep_long, NULL);
	spawn(&t[3], exit_now, arg);
	pause();
	return 1;
}

static void *crash(void *arg)
{
	sleep_ms(20);
	do_write(NULL);
	return arg;
}

static int crash_child(void *arg)
{
	pthread_t t[2];

	spawn(&t[0], spin, NULL);
	spawn(&t[1], crash, arg);
	pause();
	return 1;
}

static void *exec_now(void *arg)
{
	char *argv[] = { "thread", "after-exec", NULL };
	char text[16];

	(void)arg;
	/* The new program must find itself with the process ID of the whole group. */
	snprintf(text, sizeof(text), "%d", getpid());
	setenv("WANT_PID", text, 1);
	sleep_ms(20);
	execv("/proc/self/exe", argv);
	_exit(2);
}

static int exec_child(void *arg)
{
	pthread_t t[3];

	spawn(&t[0], spin, arg);
	spawn(&t[1], sleep_long, arg);
	spawn(&t[2], exec_now, arg);
	pause();
	return 1;
}

static int main_leaves_child(void *arg)
{
	pthread_t t;

	spawn(&t, exit_now, arg);
	pthread_exit(NULL);
}

static void test_ends(void)
{
	ok(exited_with(run_child(exit_child, (void *)21L), 21), "exit in one thread ends them all");
	ok(killed_by(run_child(crash_child, NULL), SIGSEGV), "a crash in one thread ends them all");
	ok(exited_with(run_child(exec_child, NULL), 44), "exec in one thread replaces them all");
	ok(exited_with(run_child(main_leaves_child, (void *)23L), 23),
	   "the process outlives its main thread");
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "after-exec"))
		return getpid() == gettid() && getpid() == atoi(getenv("WANT_PID")) ? 44 : 45;
	test_mutex();
	test_cond();
	test_barrier();
	test_rwlock_sem();
	test_storm();
	test_once_key_cancel();
	test_directed_signals();
	test_robust();
	test_inherit();
	test_ends();
	return tap_done();
}
