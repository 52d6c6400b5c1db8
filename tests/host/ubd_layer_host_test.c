// SPDX-License-Identifier: GPL-2.0
/*
 * COW files in the block driver's host half: made, recognised, refused, their
 * backing file exchanged; random requests beside a plain copy of the disk; and
 * the order in which data and bitmap reach the file. What is left of it when
 * the host dies: ubd_durable_host_test.c. The engine is named as argument. Run
 * by tests/host/ubd.t under the sanitizers; emits TAP.
 */
#include "ubd_harness.h"

enum {
	DISK = 2000 * SECTOR,
};

/* Is the bit in the file, whatever is in memory? */
static bool bit_in_file(const char *path, __u64 sector)
{
	__u8 byte;

	read_header(path);
	read_file(path, &byte, 1, layout.bitmap_offset + sector / 8);
	return byte >> sector % 8 & 1;
}

/* The calls since inject(); what io_uring writes is none of them. */
static bool order_is(const char *want)
{
	if (engine_kind == UBD_ENGINE_IO_URING && *want == 'w')
		want++;
	return !strcmp(order, want);
}

static __u8 buf[1 << 20];

static void test_creation(void)
{
	const char *back = make_backing("back", DISK + 100, OLD_TIME);
	const char *cow = in_dir("new");
	static struct ubd_host_info info;
	struct ubd_host *h;
	struct stat st;

	inject_nothing();
	h = open_cow(cow, back, 0, &info);
	ok_eq(info.note, UBD_NOTE_CREATED, "a COW file is made for a backing file");
	ok(calls[SYS_fdatasync] == 1 && calls[SYS_fsync] == 1, "and durable, with its name");
	ok(info.layered && info.size == DISK + 100 && info.sector_size == SECTOR && !info.read_only,
	   "and opened: size and sectors are the backing file's");
	ok(!strcmp(info.backing, back), "which is named");
	read_header(cow);
	ok_eq(header.kind, COW_V3, "it is of version 3");
	ok_eq(header.mtime, OLD_TIME, "with the backing file's time");
	ok(!strcmp(header.backing, back), "and path");
	need(!stat(cow, &st));
	ok_eq(st.st_size, layout.end, "it is as long as the disk needs");
	ok(st.st_blocks <= 64, "but sparse");
	ok_eq(run_buf(h, UBD_OP_READ, 0, 0, buf, 64 * SECTOR), 0, "it reads");
	ok(is_pattern(buf, 64 * SECTOR, 0), "what the backing file has");
	ok_eq(run_buf(h, UBD_OP_READ, 0, DISK, buf, SECTOR), 0, "the last sector reads");
	ok(is_pattern(buf, 100, DISK) && all_zero(buf + 100, SECTOR - 100), "filled up with zeroes");
	memset(buf, 0x33, SECTOR);
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, DISK, buf, SECTOR), 0, "the last sector is written");
	ubd_host_close(h);
	h = open_cow(cow, "", 0, &info);
	ok_eq(info.note, UBD_NOTE_NONE, "it is found again by itself");
	ok_eq(run_buf(h, UBD_OP_READ, 0, DISK, buf, SECTOR), 0, "with its last sector");
	ok_eq(buf[99], 0x33, "as written");
	ubd_host_close(h);
	read_file(back, buf, 100, DISK);
	ok(is_pattern(buf, 100, DISK), "the backing file is as it was");
	need(!chdir(dir));
	unlink("rel");
	ubd_host_close(open_cow("rel", "back", 0, &info));
	read_header("rel");
	ok(!strcmp(header.backing, back), "a relative name becomes an absolute one");
	ubd_host_close(open_cow("rel", "", UBD_RAW, &info));
	ok(!info.layered && info.size > layout.data_offset, "flag d takes the COW file itself");
	expect_refused_cow(in_dir("none"), in_dir("missing"), 0, -ENOENT, "missing", "no backing file");
	ok(access(in_dir("none"), F_OK), "then nothing is made");
	inject(SYS_fsync, 0, 1, -EIO);
	expect_refused_cow(in_dir("none"), back, 0, -EIO, "cannot be made", "no durable name");
	ok(access(in_dir("none"), F_OK), "then nothing is left");
	inject(SYS_fsync, 0, 1, -EINVAL);
	h = open_cow(in_dir("plain"), back, 0, &info);
	ok_eq(info.note, UBD_NOTE_CREATED, "a file system that cannot sync folders is excused");
	ubd_host_close(h);
	inject_nothing();
	expect_refused_cow(in_dir("no/where"), back, 0, -ENOENT, NULL, "no folder");
}

static void test_refusals(void)
{
	const char *back = make_backing("back", DISK, OLD_TIME), *cow;
	struct timespec later[2] = { { .tv_sec = 5 }, { .tv_sec = 1234567890 } };
	struct ubd_host *h;

	cow = make_cow("cow", COW_V3, back, SECTOR);
	need(!truncate(back, DISK - SECTOR));
	expect_refused_cow(cow, "", 0, -ESTALE, "1023488 bytes, the COW file says 1024000",
			   "another size");
	make_backing("back", DISK, OLD_TIME);
	need(!utimensat(AT_FDCWD, back, later, 0));
	expect_refused_cow(cow, "", 0, -ESTALE,
			   "changed at 1234567890, the COW file says 1000000000", "another time");
	expect_refused_cow(cow, back, 0, -ESTALE, "1234567890", "another time, by name");
	make_backing("back", DISK, OLD_TIME);
	cow = make_cow("loop", COW_V3, make_backing("back2", DISK, OLD_TIME), SECTOR);
	h = open_cow(cow, "", 0, NULL);
	expect_refused_cow(cow, "", 0, -EBUSY, "locked", "a COW file in use");
	expect_refused_cow(in_dir("back2"), "", 0, -EBUSY, "locked", "a writer of a backing file in use");
	ubd_host_close(open_cow(make_cow("second", COW_V3, in_dir("back2"), SECTOR), "", 0, NULL));
	ok(true, "a second COW file of it is not");
	ubd_host_close(h);
	expect_refused_cow(cow, cow, 0, -EINVAL, "itself", "a COW file as its own backing file");
	expect_refused_cow(cow, in_dir("second"), 0, -EINVAL, "COW file itself", "a layer on a layer");
	expect_refused_cow(in_dir("third"), in_dir("second"), 0, -EINVAL, "COW file itself",
			   "a new layer on a layer");
	expect_refused_cow(make_file("raw", DISK), back, 0, -EINVAL, "no COW file",
			   "a raw file with a backing file");
	need(!truncate(in_dir("second"), 100));
	expect_refused_cow(in_dir("second"), "", 0, -EINVAL,
			   "it has 100 bytes, but a COW file's header takes 4128", "a cut header");
	ubd_host_close(open_ok(in_dir("second"), UBD_RAW, NULL));
	ok(true, "flag d takes it");
}

/* Cut anywhere before the end of what is stored, a file has lost something. */
static void test_cuts(void)
{
	static const __u32 kinds[] = { COW_V1, COW_V2, COW_V3, COW_V3_BROKEN };
	const char *back = make_backing("back", DISK, OLD_TIME), *cow;
	struct ubd_host *h;
	char says[64];

	for (int i = 0; i < 4; i++) {
		cow = make_cow("cow", kinds[i], back, SECTOR);
		read_header(cow);
		need(!truncate(cow, layout.bitmap_offset + layout.bitmap_len));
		ubd_host_close(open_cow(cow, "", 0, NULL));
		ok(true, "V%d: header and bitmap are all of a file without changes", i + 1);
		need(!truncate(cow, layout.bitmap_offset + layout.bitmap_len - 1));
		snprintf(says, sizeof(says), "%llu bytes, but header, bitmap and changes take %llu",
			 (unsigned long long)(layout.bitmap_offset + layout.bitmap_len - 1),
			 (unsigned long long)(layout.bitmap_offset + layout.bitmap_len));
		expect_refused_cow(cow, "", 0, -EINVAL, says, "a bitmap without its last byte");

		cow = make_cow("cow", kinds[i], back, SECTOR);
		h = open_cow(cow, "", 0, NULL);
		ok_eq(run_buf(h, UBD_OP_WRITE, 0, 1000 * SECTOR, buf, SECTOR), 0, "write");
		ubd_host_close(h);
		need(!truncate(cow, layout.data_offset + 1001 * SECTOR));
		ubd_host_close(open_cow(cow, "", 0, NULL));
		ok(true, "V%d: so are these and the last sector that is stored", i + 1);
		need(!truncate(cow, layout.data_offset + 1001 * SECTOR - 1));
		snprintf(says, sizeof(says), "%llu bytes, but header, bitmap and changes take %llu",
			 (unsigned long long)(layout.data_offset + 1001 * SECTOR - 1),
			 (unsigned long long)(layout.data_offset + 1001 * SECTOR));
		expect_refused_cow(cow, "", 0, -EINVAL, says, "a file without the last byte of it");
		expect_refused_cow(cow, back, UBD_READ_ONLY, -EINVAL, says, "even read-only");
	}
}

static void test_switching(void)
{
	static struct ubd_host_info info;
	const char *cow, *moved;

	cow = make_cow("cow", COW_V3, make_backing("back", DISK, OLD_TIME), SECTOR);
	need(!rename(in_dir("back"), in_dir("moved")));
	moved = in_dir("moved");
	expect_refused_cow(cow, "", 0, -ENOENT, "back", "a backing file that went away");
	ubd_host_close(open_cow(cow, moved, UBD_READ_ONLY, &info));
	read_header(cow);
	ok(info.note == UBD_NOTE_NONE && !strstr(header.backing, "moved"),
	   "read-only, another name is used but not written");
	ubd_host_close(open_cow(cow, moved, 0, &info));
	read_header(cow);
	ok(info.note == UBD_NOTE_SWITCHED && !strcmp(header.backing, moved),
	   "another name of the same file is written into the header");
	ubd_host_close(open_cow(cow, moved, 0, &info));
	ok_eq(info.note, UBD_NOTE_NONE, "once");
	make_backing("other", DISK, OLD_TIME + 1);
	expect_refused_cow(cow, in_dir("other"), 0, -ESTALE, "1000000001", "another file");
	read_header(cow);
	ok(!strcmp(header.backing, moved), "and the header is left alone");
}

/* Data, sync, bitmap, sync; whatever kind of file it is. */
static void test_order(void)
{
	static const __u32 kinds[] = { COW_V1, COW_V2, COW_V3, COW_V3_BROKEN };
	struct ubd_host *h;
	const char *cow;

	make_backing("back", DISK, OLD_TIME);
	for (int i = 0; i < 4; i++) {
		cow = make_cow("cow", kinds[i], in_dir("back"), SECTOR);
		h = open_cow(cow, "", 0, NULL);
		ok_eq(run_buf(h, UBD_OP_WRITE, 0, 10 * SECTOR, buf, SECTOR), 0, "V%d: write", i + 1);
		ok(!bit_in_file(cow, 10), "V%d: its bit waits", i + 1);
		inject_nothing();
		ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), 0, "V%d: flush", i + 1);
		ok(order_is("sbs"), "V%d: data is durable before the bitmap is written", i + 1);
		ok(bit_in_file(cow, 10) && !bit_in_file(cow, 11), "V%d: then it is in the file", i + 1);
		inject_nothing();
		ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), 0, "V%d: another flush", i + 1);
		ok(order_is("s"), "V%d: is for the data alone", i + 1);
		ok_eq(run_buf(h, UBD_OP_WRITE, 0, 20 * SECTOR, buf, SECTOR), 0, "V%d: write", i + 1);
		ubd_host_close(h);
		ok(bit_in_file(cow, 20), "V%d: closing writes the bitmap", i + 1);
	}
	cow = make_cow("cow", COW_V3, in_dir("back"), SECTOR);
	h = open_cow(cow, "", UBD_SYNC, NULL);
	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 10 * SECTOR, buf, SECTOR), 0, "write with flag s");
	ok(order_is("wsbs") && bit_in_file(cow, 10), "has its bit when it is done");
	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 10 * SECTOR, buf, SECTOR), 0, "the same again");
	ok(order_is("ws"), "needs no bitmap");
	ubd_host_close(h);
	cow = make_cow("cow", COW_V3, in_dir("back"), SECTOR);
	h = open_cow(cow, "", 0, NULL);
	ok_eq(run_buf(h, UBD_OP_WRITE, UBD_REQ_DURABLE, 0, buf, SECTOR), 0, "durable write");
	ok(bit_in_file(cow, 0), "has its bit, too");
	ubd_host_close(h);
}

static void test_failures(void)
{
	const char *cow;
	struct ubd_host *h;

	make_backing("back", DISK, OLD_TIME);
	cow = make_cow("cow", COW_V3, in_dir("back"), SECTOR);
	h = open_cow(cow, "", 0, NULL);
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 0, buf, SECTOR), 0, "write");
	inject(SYS_pwrite64, 0, 1, -ENOSPC);
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), -ENOSPC, "a bitmap without room is told");
	inject_nothing();
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), 0, "the next flush");
	ok(order_is("sbs") && bit_in_file(cow, 0), "makes good for it");

	ok_eq(run_buf(h, UBD_OP_WRITE, 0, SECTOR, buf, SECTOR), 0, "write");
	inject(SYS_fdatasync, 0, 1, -EIO);
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), -EIO, "data that is not durable is told");
	inject_nothing();
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), -EIO, "again, as it may be lost");
	ubd_host_close(h);
	ok(!bit_in_file(cow, 1), "its bit is never written");
	h = open_cow(cow, "", 0, NULL);
	ok_eq(run_buf(h, UBD_OP_READ, 0, SECTOR, buf, SECTOR), 0, "opened again");
	ok(is_pattern(buf, SECTOR, SECTOR), "its sector is as before");

	ok_eq(run_buf(h, UBD_OP_WRITE, 0, SECTOR, buf, SECTOR), 0, "write");
	inject(SYS_fdatasync, 1, 1, -EIO);
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), -EIO, "a bitmap that is not durable is told");
	inject_nothing();
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), -EIO, "again");
	ubd_host_close(h);

	h = open_cow(cow, "", UBD_SYNC, NULL);
	inject(SYS_pwrite64, 0, 1, -ENOSPC);
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 2 * SECTOR, buf, SECTOR), -ENOSPC,
	      "flag s: a write whose bit has no room is told");
	inject_nothing();
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 2 * SECTOR, buf, SECTOR), 0, "the same again");
	ok(order_is("wsbs") && bit_in_file(cow, 2), "has its bit when it is done");
	ubd_host_close(h);
	h = open_cow(cow, "", 0, NULL);
	need(!truncate(in_dir("back"), DISK / 2));
	ok_eq(run_buf(h, UBD_OP_READ, 0, DISK - SECTOR, buf, SECTOR), -EIO,
	      "what the backing file has lost is an error");
	ok_eq(run_buf(h, UBD_OP_READ, 0, 0, buf, SECTOR), 0, "the rest can be read");
	ubd_host_close(h);

	/* A V2 bitmap of 1001 sectors has 125 bytes: the last sector has no bit. */
	make_backing("back", 1001 * SECTOR, OLD_TIME);
	cow = make_cow("cow", COW_V2, in_dir("back"), SECTOR);
	h = open_cow(cow, "", 0, NULL);
	ok_eq(run_buf(h, UBD_OP_READ, 0, 999 * SECTOR, buf, 2 * SECTOR), 0, "a sector without a bit reads");
	ok(is_pattern(buf, 2 * SECTOR, 999 * SECTOR), "from the backing file");
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 1000 * SECTOR, buf, SECTOR), -ENOSPC, "it cannot be written");
	ok_eq(run(h, UBD_OP_WRITE_ZEROES, 0, 1000 * SECTOR, SECTOR, NULL, 0), -ENOSPC, "nor zeroed");
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 999 * SECTOR, buf, SECTOR), 0, "the one before can");
	ubd_host_close(h);

	make_backing("back", DISK, OLD_TIME);
	h = open_cow(make_cow("cow", COW_V3, in_dir("back"), SECTOR), "", UBD_READ_ONLY, NULL);
	ok_eq(run_buf(h, UBD_OP_WRITE, 0, 0, buf, SECTOR), -EROFS, "read-only: no write");
	ok_eq(run(h, UBD_OP_DISCARD, 0, 0, SECTOR, NULL, 0), -EROFS, "no discard");
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), 0, "a flush is nothing to do");
	ubd_host_close(h);
}

/* Random requests, and what the disk should be after them. */

static __u8 model[DISK];
static __u32 seed;

static __u32 any(__u32 below)
{
	seed = seed * 1664525 + 1013904223;
	return (__u64)(seed >> 4) * below >> 28;
}

/* Scattered over guest RAM, as the block layer has it. */
static int run_scattered(struct ubd_host *h, __u32 op, __u64 offset, size_t len)
{
	static struct ubd_host_seg segs[UBD_HOST_SEGS_MAX];
	unsigned int nr = 0;
	size_t at = 0, n;

	while (at < len) {
		n = nr == UBD_HOST_SEGS_MAX - 1 ? len - at : 1 + any(4 * BLOCK);
		if (n > len - at)
			n = len - at;
		segs[nr++] = (struct ubd_host_seg){ buf + at, n };
		at += n;
	}
	return run(h, op, 0, offset, len, segs, nr);
}

static bool random_request(struct ubd_host *h, __u32 unit)
{
	size_t sectors = DISK / unit, n = 1 + any(any(3) ? 16 : sectors / 2);
	__u64 first = any(sectors - n + 1);
	__u64 at = first * unit;
	size_t len = n * unit;

	switch (any(8)) {
	case 0:
		memset(model + at, 0, len);
		return !run(h, any(2) ? UBD_OP_DISCARD : UBD_OP_WRITE_ZEROES,
			    any(2) ? UBD_REQ_KEEP_BLOCKS : 0, at, len, NULL, 0);
	case 1:
		return !run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0);
	case 2:
	case 3:
	case 4:
		for (size_t i = 0; i < len; i += 8)
			memset(buf + i, any(256), 8);
		memcpy(model + at, buf, len);
		return !run_scattered(h, UBD_OP_WRITE, at, len);
	}
	memset(buf, 0xee, len);
	return !run_scattered(h, UBD_OP_READ, at, len) && !memcmp(buf, model + at, len);
}

static bool whole_disk_is_model(struct ubd_host *h)
{
	bool good = !run_scattered(h, UBD_OP_READ, 0, DISK / 2) && !memcmp(buf, model, DISK / 2);

	return good && !run_scattered(h, UBD_OP_READ, DISK / 2, DISK / 2) &&
	       !memcmp(buf, model + DISK / 2, DISK / 2);
}

static void test_model(void)
{
	static const struct {
		__u32 kind, unit, flags;
		const char *name;
	} disks[] = {
		{ COW_V1, 512, 0, "V1" }, { COW_V2, 512, 0, "V2" }, { COW_V3, 512, 0, "V3" },
		{ COW_V3_BROKEN, 512, 0, "broken V3" }, { COW_V3, 4096, 0, "V3 with sectors of 4096" },
		{ COW_V3, 512, UBD_SYNC, "V3 with flag s" },
	};
	struct ubd_host *h;
	const char *cow;
	int bad;

	for (int i = 0; i < 6; i++) {
		make_backing("back", DISK, OLD_TIME);
		read_file(in_dir("back"), model, DISK, 0);
		cow = make_cow("cow", disks[i].kind, in_dir("back"), disks[i].unit);
		seed = i + 1;
		bad = 0;
		h = open_cow(cow, "", disks[i].flags, NULL);
		for (int n = 0; n < 400; n++)
			bad += !random_request(h, disks[i].unit);
		ok_eq(bad, 0, "%s: 400 random requests", disks[i].name);
		ubd_host_close(h);
		h = open_cow(cow, "", disks[i].flags, NULL);
		ok(whole_disk_is_model(h), "%s: opened again, all is there", disks[i].name);
		ubd_host_close(h);
		read_file(in_dir("back"), buf, DISK, 0);
		ok(is_pattern(buf, DISK, 0), "%s: the backing file is as it was", disks[i].name);
	}
}

/* A bitmap of many chunks, all of them changed before one flush. */
static void test_large(void)
{
	const __u64 size = 3ULL << 30, step = 8 << 20;
	const char *back = in_dir("large"), *cow;
	struct ubd_host *h;
	int fd, bad = 0;
	__u64 at;

	fd = open(back, O_CREAT | O_RDWR, 0600);
	need(fd >= 0 && !ftruncate(fd, size));
	close(fd);
	cow = make_cow("cow", COW_V3, back, SECTOR);
	h = open_cow(cow, "", 0, NULL);
	for (at = 0; at < size; at += step) {
		memset(buf, 1 + at / step % 255, SECTOR);
		bad += run_buf(h, UBD_OP_WRITE, 0, at, buf, SECTOR) != 0;
	}
	inject_nothing();
	ok_eq(run(h, UBD_OP_FLUSH, 0, 0, 0, NULL, 0), 0, "a flush of many chunks");
	/* 192 chunks of 16 MiB of the disk each. */
	ok_eq(calls[SYS_pwrite64], 192, "writes each of them once");
	for (at = 0; at < size; at += step)
		bad += !bit_in_file(cow, at / SECTOR) || bit_in_file(cow, at / SECTOR + 1);
	ok_eq(bad, 0, "and none is forgotten");
	ubd_host_close(h);
	h = open_cow(cow, "", 0, NULL);
	for (at = 0; at < size; at += step)
		bad += run_buf(h, UBD_OP_READ, 0, at, buf, 2 * SECTOR) || buf[0] != 1 + at / step % 255 ||
		       buf[SECTOR];
	ok_eq(bad, 0, "opened again, all is there");
	ubd_host_close(h);
}

/* Many writes and a flush now and then, all under way at once. */
enum {
	WRITES = 1500,
	WINDOW = 64,
};

static struct {
	struct ubd_host_req req;
	struct ubd_host_seg seg;
	__u64 sector;
	__u8 data[SECTOR];
} slots[WINDOW];

static void storm_submit(struct ubd_host *h, int slot, __u64 sector)
{
	bool flush = any(16) == 0;

	slots[slot].sector = sector;
	memset(slots[slot].data, 1 + sector % 255, SECTOR);
	slots[slot].seg = (struct ubd_host_seg){ slots[slot].data, SECTOR };
	slots[slot].req = (struct ubd_host_req){
		.host = h, .op = flush ? UBD_OP_FLUSH : UBD_OP_WRITE,
		.offset = flush ? 0 : sector * SECTOR, .len = flush ? 0 : SECTOR,
		.segs = &slots[slot].seg, .nr_segs = flush ? 0 : 1,
	};
	hand_over(&slots[slot].req);
}

static void test_storm(void)
{
	struct ubd_host_req *req, *next;
	int bad = 0, under_way = 0;
	static bool written[WRITES];
	__u64 sector = 0;
	const char *cow;
	struct ubd_host *h;

	make_backing("back", DISK, OLD_TIME);
	cow = make_cow("cow", COW_V3, in_dir("back"), SECTOR);
	h = open_cow(cow, "", 0, NULL);
	for (; under_way < WINDOW; under_way++)
		storm_submit(h, under_way, sector++);
	while (under_way) {
		for (req = collect_some(0); req; req = next) {
			int slot = ((char *)req - (char *)slots) / sizeof(slots[0]);

			next = req->next;
			under_way--;
			bad += req->result != 0;
			written[slots[slot].sector] = req->op == UBD_OP_WRITE;
			if (sector == WRITES)
				continue;
			storm_submit(h, slot, sector++);
			under_way++;
		}
	}
	ok_eq(bad, 0, "%d writes and flushes at once", WRITES);
	ubd_host_close(h);
	h = open_cow(cow, "", 0, NULL);
	for (sector = 0; sector < WRITES; sector++) {
		need(!run_buf(h, UBD_OP_READ, 0, sector * SECTOR, buf, SECTOR));
		if (written[sector])
			bad += buf[0] != 1 + sector % 255 || buf[SECTOR - 1] != buf[0];
		else
			bad += !is_pattern(buf, SECTOR, sector * SECTOR);
	}
	ok_eq(bad, 0, "each sector is what was written, or as before");
	ubd_host_close(h);
}

int main(int argc, char **argv)
{
	const char *name;

	begin(argc, argv);
	need(!start_engine(engine_kind, 1, &name));
	test_creation();
	test_refusals();
	test_cuts();
	test_switching();
	test_order();
	test_failures();
	test_model();
	test_large();
	test_storm();
	ubd_host_stop();
	need(!chdir("/"));
	remove_dir();
	return tap_done();
}
