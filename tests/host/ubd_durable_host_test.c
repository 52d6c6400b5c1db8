// SPDX-License-Identifier: GPL-2.0
/*
 * What the block driver's host half has promised is there after the host died,
 * whatever failed before. The host is that of ubd_store.h, which forgets what
 * was not synced. Before each call that changes or syncs the file it might die:
 * what would be left is compared with what requests were told.
 *
 * - A sweep lets each call in turn fail, and each pair of calls.
 * - Several threads at once, with chance for failures.
 *
 * A sector is full of a number that says which write it is from; the first
 * content is FIRST, and zeroes are zeroes. The engine is named as argument. Run
 * by tests/host/ubd.t under the sanitizers; emits TAP.
 */
#include "ubd_store.h"

enum {
	/* What the backing file has, or the raw file at first. */
	FIRST = 1,
	WORDS = SECTOR / sizeof(__u64),
	WRITERS = QUEUES,
	/* No multiple of a page: writers share pages. */
	PART = 60,
	SECTORS_MAX = 240,
	/* Enough for one writer. */
	SECTORS_FEW = 64,
	WRITES = 150,
	LONGEST = 12,
	/* Seconds until a run counts as hung; pairs are many. */
	LIMIT = 300,
};

/* One request at a time: there is nothing to find for the thread sanitizer. */
#ifdef __SANITIZE_THREAD__
enum { WITH_SWEEPS = false };
#else
enum { WITH_SWEEPS = true };
#endif

/**
 * struct written - a request that changed sectors
 * @first: sector
 * @n: how many
 * @zero: to zeroes
 * @durable: its success is a promise of its own
 * @failed: it was told to have failed
 */
struct written {
	__u32 first;
	__u32 n;
	bool zero;
	bool durable;
	bool failed;
};

/**
 * struct writer - one who changes a part of the disk, one request at a time
 * @queue: which it uses
 * @begun: number of the last change, from 1 on
 * @ended: the last of which the result is known
 * @promised: changes up to this one are durable if they succeeded
 * @writes: the changes
 * @seed: of chance
 * @buf: what is written
 */
static struct writer {
	unsigned int queue;
	__u32 begun;
	__u32 ended;
	__u32 promised;
	struct written writes[WRITES + 1];
	__u32 seed;
	__u64 buf[LONGEST * WORDS];
} writers[WRITERS];

/* Guards the changes in writers[]; taken with store.lock, not the other way. */
static pthread_mutex_t book = PTHREAD_MUTEX_INITIALIZER;

/* What was known of a writer's changes before something was looked at. */
struct known {
	__u32 ended;
	__u32 promised;
};

static struct {
	bool layered;
	__u32 flags;
	const char *name;
} disks[] = {
	{ false, 0, "raw" }, { false, UBD_SYNC, "raw with flag s" },
	{ true, 0, "layered" }, { true, UBD_SYNC, "layered with flag s" },
};

/* The disk under test. */
static bool layered;
static __u32 disk_flags;
static const char *path;
static struct ubd_host *disk;
static __u32 nr_writers;
static __u32 sectors;

/* What was wrong, and how often it was looked at. */
static int wrong, looks;
/* One in so many moments is looked at. */
static __u32 look_odds = 1;

static __u64 value_of(const struct writer *w, __u32 number)
{
	return w->writes[number].zero ? 0 : ((__u64)w->queue + 1) << 32 | number;
}

static bool has(const struct written *x, __u32 sector)
{
	return sector >= x->first && sector < x->first + x->n;
}

/* Whether a sector may have this content; with the book. */
static bool may_be(const struct writer *w, const struct known *known, __u32 sector, __u64 value)
{
	const struct written *x;

	for (__u32 number = w->begun; number; number--) {
		x = &w->writes[number];
		if (!has(x, sector))
			continue;
		if (value == value_of(w, number))
			return true;
		if (number <= known->ended && !x->failed &&
		    (x->durable || number <= known->promised))
			return false;
	}
	return value == FIRST;
}

/* A sector in an image of the file, found without the driver. */
static const __u64 *sector_in(const __u8 *image, __u32 sector)
{
	static const __u64 first[WORDS] = { [0 ... WORDS - 1] = FIRST };

	if (!layered)
		return (const __u64 *)(image + sector * SECTOR);
	if (!(image[layout.bitmap_offset + sector / 8] >> sector % 8 & 1))
		return first;
	return (const __u64 *)(image + layout.data_offset + sector * SECTOR);
}

/* What io_uring writes may be seen by halves. */
static bool is_whole(const __u64 *words)
{
	return engine_kind == UBD_ENGINE_IO_URING ||
	       !memcmp(words, words + 1, SECTOR - sizeof(*words));
}

static void complain(bool if_so)
{
	if (if_so)
		__atomic_fetch_add(&wrong, 1, __ATOMIC_SEQ_CST);
}

static void check_image(const struct known *known, const __u8 *image)
{
	pthread_mutex_lock(&book);
	for (__u32 s = 0; s < nr_writers * PART; s++) {
		const __u64 *words = sector_in(image, s);

		complain(!is_whole(words) ||
			 !may_be(&writers[s / PART], &known[s / PART], s, words[0]));
	}
	pthread_mutex_unlock(&book);
}

static void get_known(struct known *known)
{
	pthread_mutex_lock(&book);
	for (int i = 0; i < WRITERS; i++)
		known[i] = (struct known){ writers[i].ended, writers[i].promised };
	pthread_mutex_unlock(&book);
}

/* The host could die now; called with store.lock. */
static void look(void)
{
	struct known known[WRITERS];

	if (store_any(look_odds))
		return;
	get_known(known);
	looks++;
	store_look();
	for (int luck = 0; luck < STORE_LUCKS; luck++) {
		store_crash(luck);
		check_image(known, store.crashed);
	}
}

static void look_now(void)
{
	pthread_mutex_lock(&store.lock);
	look();
	pthread_mutex_unlock(&store.lock);
}

/* Requests. */

static void fill(__u64 *words, size_t sectors, __u64 value)
{
	for (size_t i = 0; i < sectors * WORDS; i++)
		words[i] = value;
}

static bool is_change(__u32 op)
{
	return op == UBD_OP_WRITE || op == UBD_OP_DISCARD || op == UBD_OP_WRITE_ZEROES;
}

static void change_begins(struct writer *w, __u32 op, __u32 flags, __u32 first, __u32 n)
{
	pthread_mutex_lock(&book);
	need(w->begun < WRITES);
	w->writes[w->begun + 1] = (struct written) {
		.first = first, .n = n, .zero = op != UBD_OP_WRITE,
		.durable = flags & UBD_REQ_DURABLE || disk_flags & UBD_SYNC,
	};
	w->begun++;
	pthread_mutex_unlock(&book);
	if (op == UBD_OP_WRITE && engine_kind == UBD_ENGINE_IO_URING)
		store_touch((layered ? layout.data_offset : 0) + first * SECTOR, n * SECTOR);
}

static void change_ends(struct writer *w, int ret)
{
	pthread_mutex_lock(&book);
	w->writes[w->begun].failed = ret < 0;
	w->ended = w->begun;
	pthread_mutex_unlock(&book);
}

static int change(struct writer *w, __u32 op, __u32 flags, __u32 first, __u32 n)
{
	struct ubd_host_seg segs[2] = {
		{ w->buf, SECTOR }, { w->buf + WORDS, (n - 1) * SECTOR },
	};
	int ret;

	change_begins(w, op, flags, first, n);
	fill(w->buf, n, value_of(w, w->begun));
	ret = run_on(w->queue, disk, op, flags, first * SECTOR, n * SECTOR, segs,
		     op == UBD_OP_WRITE ? 1 + (n > 1) : 0);
	change_ends(w, ret);
	return ret;
}

/* It is for all changes that had ended when it began. */
static int flush(struct writer *w)
{
	struct known known[WRITERS];
	int ret;

	get_known(known);
	ret = run_on(w->queue, disk, UBD_OP_FLUSH, 0, 0, 0, NULL, 0);
	if (ret)
		return ret;
	pthread_mutex_lock(&book);
	for (int i = 0; i < WRITERS; i++)
		if (known[i].ended > writers[i].promised)
			writers[i].promised = known[i].ended;
	pthread_mutex_unlock(&book);
	return 0;
}

/* Also looks at what was read, unless the host has lost data. */
static int read_back(struct writer *w, __u32 first, __u32 n)
{
	struct ubd_host_seg seg = { w->buf, n * SECTOR };
	struct known all = { w->ended, w->ended };
	int ret;

	ret = run_on(w->queue, disk, UBD_OP_READ, 0, first * SECTOR, n * SECTOR, &seg, 1);
	if (ret || store_lost())
		return ret;
	/* Who reads sees what was told to be written, durable or not. */
	for (__u32 i = 0; i < n; i++)
		complain(!may_be(w, &all, first + i, w->buf[i * WORDS]));
	return 0;
}

static int step(struct writer *w, __u32 op, __u32 flags, __u32 first, __u32 n)
{
	if (op == UBD_OP_FLUSH)
		return flush(w);
	return is_change(op) ? change(w, op, flags, first, n) : read_back(w, first, n);
}

/* Disks. */

static void make_first(const char *name)
{
	static __u64 words[SECTORS_MAX * WORDS];
	const ssize_t len = sectors * SECTOR;
	struct timespec times[2] = { { .tv_sec = OLD_TIME }, { .tv_sec = OLD_TIME } };
	int fd;

	fill(words, sectors, FIRST);
	fd = open(in_dir(name), O_CREAT | O_TRUNC | O_RDWR, 0600);
	need(fd >= 0 && write(fd, words, len) == len && !futimens(fd, times));
	close(fd);
}

static void open_disk(void)
{
	disk = open_ok(path, disk_flags, NULL);
}

static void begin_disk(int which, __u32 users)
{
	nr_writers = users;
	sectors = users == 1 ? SECTORS_FEW : SECTORS_MAX;
	layered = disks[which].layered;
	disk_flags = disks[which].flags;
	make_first("first");
	path = in_dir("first");
	if (layered) {
		path = make_cow("cow", COW_V3, in_dir("first"), SECTOR);
		read_header(path);
	}
	for (unsigned int i = 0; i < WRITERS; i++) {
		memset(&writers[i], 0, sizeof(writers[i]));
		writers[i].queue = i;
		writers[i].seed = i + 1;
	}
	open_disk();
	store_begin(path, layered ? layout.data_offset : 0);
}

static void no_more_faults(void)
{
	pthread_mutex_lock(&store.lock);
	for (int i = 0; i < STORE_FAULTS; i++)
		store.fault_at[i] = -1;
	store.write_odds = 0;
	store.sync_odds = 0;
	pthread_mutex_unlock(&store.lock);
}

static __u64 seen[SECTORS_MAX * WORDS];

/* All that the driver says is there; the host lives on. */
static void look_through_driver(void)
{
	struct ubd_host_seg seg = { seen, sectors * SECTOR };
	struct known known[WRITERS];

	get_known(known);
	need(!run(disk, UBD_OP_READ, 0, 0, sectors * SECTOR, &seg, 1));
	for (__u32 s = 0; s < nr_writers * PART; s++)
		complain(!may_be(&writers[s / PART], &known[s / PART], s, seen[s * WORDS]));
}

/* The same is on the medium, but for some sectors at the beginning. */
static void look_at_medium(__u32 first)
{
	pthread_mutex_lock(&store.lock);
	store_look();
	store_crash(STORE_NOTHING);
	for (__u32 s = first; s < sectors; s++)
		complain(*sector_in(store.crashed, s) != seen[s * WORDS]);
	pthread_mutex_unlock(&store.lock);
}

/*
 * Whatever has happened: a disk that is opened again can be relied on. What can
 * be read then is there to stay after the next flush.
 */
static void use_again(void)
{
	const __u32 changed = 3;
	int failed;

	ubd_host_close(disk);
	no_more_faults();
	failed = store.failed_syncs;
	look_now();
	open_disk();
	look_through_driver();
	complain(change(&writers[0], UBD_OP_WRITE, 0, 0, changed));
	complain(run(disk, UBD_OP_FLUSH, 0, 0, 0, NULL, 0));
	look_at_medium(changed);
	ubd_host_close(disk);
	look_now();
	need(store.failed_syncs == failed);
	store_end();
}

/* Sweeps. */

static const struct {
	__u32 op, flags, first, n;
} steps[] = {
	{ UBD_OP_WRITE, 0, 0, 4 },
	{ UBD_OP_FLUSH },
	{ UBD_OP_WRITE, 0, 2, 5 },
	{ UBD_OP_WRITE, UBD_REQ_DURABLE, 10, 2 },
	{ UBD_OP_WRITE, UBD_REQ_DURABLE, 10, 1 },
	{ UBD_OP_WRITE, 0, 20, 8 },
	{ UBD_OP_WRITE_ZEROES, 0, 22, 2 },
	{ UBD_OP_READ, 0, 0, 12 },
	{ UBD_OP_FLUSH },
	{ UBD_OP_DISCARD, 0, 24, 8 },
	{ UBD_OP_WRITE, 0, 40, 2 },
	/* The same again: only its first bits were new. */
	{ UBD_OP_WRITE, 0, 40, 2 },
	{ UBD_OP_WRITE_ZEROES, UBD_REQ_DURABLE | UBD_REQ_KEEP_BLOCKS, 41, 6 },
	{ UBD_OP_READ, 0, 39, 10 },
	{ UBD_OP_FLUSH },
	{ UBD_OP_FLUSH },
};

enum {
	STEPS = sizeof(steps) / sizeof(steps[0]),
};

static bool has_to_sync(int i)
{
	return steps[i].op == UBD_OP_FLUSH || steps[i].flags & UBD_REQ_DURABLE ||
	       (disk_flags & UBD_SYNC && is_change(steps[i].op));
}

/* Return: how many host calls that were. */
static int sweep_once(int which, enum store_fault fault, bool drops, int a, int b)
{
	int failures = 0, was_wrong = wrong, nr, ret;
	bool lost;

	begin_disk(which, 1);
	store.fault = fault;
	store.drops = drops;
	store.fault_at[0] = a;
	store.fault_at[1] = b;
	store.moment = look;
	for (int i = 0; i < STEPS; i++) {
		lost = store.failed_syncs;
		ret = step(&writers[0], steps[i].op, steps[i].flags, steps[i].first, steps[i].n);
		failures += ret < 0;
		/* What was lost once is not there because nobody asks again. */
		if (lost && has_to_sync(i))
			complain(steps[i].op == UBD_OP_FLUSH ? ret != -EIO : ret >= 0);
		look_now();
	}
	/* A failure is told once, and nothing else fails. */
	if (!store.failed_syncs)
		complain(failures != store.failed);
	nr = store.calls;
	use_again();
	if (wrong != was_wrong)
		tap_note("%s: wrong when calls %d and %d fail (%s%s)", disks[which].name, a, b,
			 fault == STORE_FAILS ? "error" : "short", drops ? ", pages dropped" : "");
	return nr;
}

static void sweep(int which)
{
	int nr, runs = 0;

	wrong = 0;
	looks = 0;
	nr = sweep_once(which, STORE_FAILS, false, -1, -1);
	ok_eq(wrong, 0, "%s: %d host calls, none of which fails", disks[which].name, nr);
	for (int a = 0; a < nr; a++)
		sweep_once(which, STORE_SHORT, false, a, -1);
	ok_eq(wrong, 0, "%s: each of them in turn is cut short", disks[which].name);
	for (int a = 0; a < nr; a++)
		for (int drops = 0; drops < 2; drops++)
			sweep_once(which, STORE_FAILS, drops, a, -1);
	ok_eq(wrong, 0, "%s: each of them in turn fails", disks[which].name);
	for (int a = 0; a < nr; a++)
		for (int b = a + 1; b < nr + 2; b++, runs++)
			sweep_once(which, STORE_FAILS, runs % 2, a, b);
	ok_eq(wrong, 0, "%s: each pair of them fails", disks[which].name);
	tap_note("%d moments at which the host may die", looks);
}

/* Several threads. */

static __u32 any(struct writer *w, __u32 below)
{
	w->seed = w->seed * 1664525 + 1013904223;
	return (__u64)(w->seed >> 4) * below >> 28;
}

static void random_step(struct writer *w)
{
	static const __u32 ops[] = {
		UBD_OP_WRITE, UBD_OP_WRITE, UBD_OP_WRITE, UBD_OP_WRITE,
		UBD_OP_FLUSH, UBD_OP_READ, UBD_OP_DISCARD, UBD_OP_WRITE_ZEROES,
	};
	__u32 n = 1 + any(w, any(w, 3) ? 3 : LONGEST);
	__u32 first = w->queue * PART + any(w, PART - n + 1);
	__u32 op = ops[any(w, 8)], flags = 0;

	if (op != UBD_OP_DISCARD && is_change(op) && !any(w, 4))
		flags |= UBD_REQ_DURABLE;
	if (op == UBD_OP_WRITE_ZEROES && any(w, 2))
		flags |= UBD_REQ_KEEP_BLOCKS;
	step(w, op, flags, first, n);
}

static void *writer_main(void *arg)
{
	struct writer *w = arg;

	while (w->begun < WRITES - 1)
		random_step(w);
	return NULL;
}

static void crowd(int which, __u32 write_odds, __u32 sync_odds, const char *name)
{
	pthread_t id[WRITERS];

	begin_disk(which, WRITERS);
	wrong = 0;
	looks = 0;
	look_odds = 4;
	store.drops = sync_odds % 2;
	store.write_odds = write_odds;
	store.sync_odds = sync_odds;
	store.moment = look;
	for (int i = 0; i < WRITERS; i++)
		need(!pthread_create(&id[i], NULL, writer_main, &writers[i]));
	for (int i = 0; i < WRITERS; i++)
		pthread_join(id[i], NULL);
	no_more_faults();
	look_odds = 1;
	if (!store.failed_syncs)
		complain(flush(&writers[0]));
	tap_note("%s: %d calls and %d syncs failed, the host may die at %d moments",
		 disks[which].name, store.failed, store.failed_syncs, looks);
	use_again();
	ok_eq(wrong, 0, "%s, %d threads: %s", disks[which].name, WRITERS, name);
}

int main(int argc, char **argv)
{
	const char *name;

	begin(argc, argv);
	alarm(LIMIT);
	need(!start_engine(engine_kind, QUEUES, &name));
	for (int which = 0; which < 4; which++) {
		if (WITH_SWEEPS)
			sweep(which);
		crowd(which, 0, 0, "nothing fails");
		crowd(which, 20, 0, "writes fail");
		for (__u32 odds = 40; odds < 44; odds++)
			crowd(which, 30, odds, "syncs fail, too");
	}
	ubd_host_stop();
	remove_dir();
	return tap_done();
}
