// SPDX-License-Identifier: GPL-2.0
/* uml_cow check: everything that could be wrong with a COW file but its data. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

#include <json.h>
#include "report.h"

typedef unsigned long long ull;

enum {
	PROBLEMS_MAX = 16,
	PROBLEM_LEN = 2 * COW_BACKING_MAX + 200,
};

static char problems[PROBLEMS_MAX][PROBLEM_LEN];
static int nr_problems;

static void __attribute__((format(printf, 1, 2))) problem(const char *fmt, ...)
{
	va_list ap;

	if (nr_problems == PROBLEMS_MAX)
		return;
	va_start(ap, fmt);
	vsnprintf(problems[nr_problems++], PROBLEM_LEN, fmt, ap);
	va_end(ap);
}

static void check_backing(const struct cow_file *cow)
{
	static struct backing_file backing;
	int found, ret;

	ret = cow_backing_open(cow, NULL, COW_READ, &backing);
	if (ret) {
		problem("the backing file %s cannot be opened: %s", backing.path, strerror(-ret));
		return;
	}
	found = cow_backing_compare(&cow->header, &backing);
	if (found & COW_SIZE_DIFFERS)
		problem("the backing file has %llu bytes, the COW file says %llu",
			(ull)backing.size, (ull)cow->header.size);
	if (found & COW_MTIME_DIFFERS)
		problem("the backing file was changed at %u, the COW file says %u",
			backing.mtime, cow->header.mtime);
	if (cow_backing_is_cow(&backing))
		problem("the backing file is a COW file itself");
}

/* Bits behind the last sector mean nothing, but nobody sets them. */
static void check_bitmap(const struct cow_file *cow)
{
	const __u8 *bits = (const __u8 *)cow->map.words;
	__u64 stray = 0;

	for (__u64 i = cow->map.sectors; i < cow->map.len * 8; i++)
		stray += bits[i / 8] >> i % 8 & 1;
	if (stray)
		problem("%llu bits are set behind the last sector", (ull)stray);
}

/*
 * The last sector that is stored must lie in the file. All makers of COW files
 * give them their full length at once, so a shorter one was cut, even if there
 * was only a hole.
 */
static void check_length(const struct cow_file *cow)
{
	if (cow->length < cow->needs)
		problem("the file has %llu bytes, but header, bitmap and changes take %llu: it was cut off",
			(ull)cow->length, (ull)cow->needs);
	else if (cow->length < cow->layout.end)
		problem("the file has %llu bytes, a whole one has %llu: it was cut off where its bitmap tells of nothing",
			(ull)cow->length, (ull)cow->layout.end);
}

static void check_marker(const struct cow_file *cow)
{
	static char marker[2 * COW_BACKING_MAX];

	merge_marker_path(cow->path, marker, sizeof(marker));
	if (!access(marker, F_OK))
		problem("a merge into the backing file was interrupted (%s): uml_moo -d goes on with it",
			marker);
}

static void print_json(const char *path)
{
	printf("{\n  \"file\": ");
	json_string(path);
	printf(",\n  \"consistent\": %s,\n  \"problems\": [", nr_problems ? "false" : "true");
	for (int i = 0; i < nr_problems; i++) {
		printf("%s\n    ", i ? "," : "");
		json_string(problems[i]);
	}
	printf("%s]\n}\n", nr_problems ? "\n  " : "");
}

static void print_text(const char *path)
{
	for (int i = 0; i < nr_problems; i++)
		printf("%s: %s\n", path, problems[i]);
	if (!nr_problems)
		printf("%s: consistent\n", path);
}

int cow_check(const char *path, bool json)
{
	static struct cow_file cow;

	cow_file_open(&cow, path, COW_READ);
	check_bitmap(&cow);
	check_length(&cow);
	check_backing(&cow);
	check_marker(&cow);
	(json ? print_json : print_text)(path);
	return nr_problems ? 1 : 0;
}
