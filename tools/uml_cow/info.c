// SPDX-License-Identifier: GPL-2.0
/* uml_cow info: what the header says and how much was changed. */
#include <stdio.h>
#include <sys/stat.h>

#include <json.h>
#include "report.h"

typedef unsigned long long ull;

const char *kind_name(__u32 kind)
{
	static const char *const names[] = {
		[COW_V1] = "1", [COW_V2] = "2", [COW_V3] = "3",
		[COW_V3_BROKEN] = "3 (unpacked, of an old 64-bit program)",
	};

	return names[kind];
}

static void print_json(const struct cow_file *cow, __u64 changed, __u64 used)
{
	printf("{\n  \"file\": ");
	json_string(cow->path);
	printf(",\n  \"version\": %u,\n  \"unpacked\": %s,\n  \"backing\": ",
	       cow->header.kind == COW_V3_BROKEN ? COW_V3 : cow->header.kind,
	       cow->header.kind == COW_V3_BROKEN ? "true" : "false");
	json_string(cow->header.backing);
	printf(",\n  \"backing_mtime\": %u,\n  \"size\": %llu,\n  \"sector_size\": %u,\n"
	       "  \"alignment\": %u,\n  \"bitmap_offset\": %llu,\n  \"bitmap_length\": %llu,\n"
	       "  \"data_offset\": %llu,\n  \"sectors\": %llu,\n  \"changed_sectors\": %llu,\n"
	       "  \"length\": %llu,\n  \"needed\": %llu,\n  \"allocated\": %llu\n}\n",
	       cow->header.mtime, (ull)cow->header.size, cow->header.sector_size,
	       cow->header.align, (ull)cow->layout.bitmap_offset,
	       (ull)cow->layout.bitmap_len, (ull)cow->layout.data_offset,
	       (ull)cow->layout.sectors, (ull)changed, (ull)cow->length,
	       (ull)cow->needs, (ull)used);
}

static void print_text(const struct cow_file *cow, __u64 changed, __u64 used)
{
	printf("COW file:       %s, version %s\n", cow->path, kind_name(cow->header.kind));
	printf("backing file:   %s\n", cow->header.backing);
	printf("  changed at:   %u\n", cow->header.mtime);
	printf("disk:           %llu bytes, %llu sectors of %u\n", (ull)cow->header.size,
	       (ull)cow->layout.sectors, cow->header.sector_size);
	printf("changed:        %llu sectors, %.1f%%\n", (ull)changed,
	       100.0 * changed / cow->layout.sectors);
	printf("bitmap:         %llu bytes at %llu\n", (ull)cow->layout.bitmap_len,
	       (ull)cow->layout.bitmap_offset);
	printf("data:           at %llu\n", (ull)cow->layout.data_offset);
	printf("length:         %llu bytes\n", (ull)cow->length);
	if (cow->length < cow->needs)
		printf("  cut off:      header, bitmap and changes take %llu\n", (ull)cow->needs);
	printf("on the host:    %llu bytes\n", (ull)used);
}

int cow_info(const char *path, bool json)
{
	static struct cow_file cow;
	struct stat st = { 0 };
	__u64 changed;

	cow_file_open(&cow, path, COW_READ);
	fstat(cow.fd, &st);
	changed = cow_map_count(&cow.map);
	(json ? print_json : print_text)(&cow, changed, st.st_blocks * 512ULL);
	return 0;
}
