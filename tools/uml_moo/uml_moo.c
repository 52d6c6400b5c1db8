// SPDX-License-Identifier: GPL-2.0
/*
 * uml_moo: merge a COW file and its backing file into one raw image, a new one
 * or, with -d, the backing file itself.
 */
#include <stdio.h>
#include <unistd.h>

#include "merge.h"

static const char usage[] =
"usage: uml_moo [-b <backing file>] <COW file> <new image>\n"
"       uml_moo [-b <backing file>] -d <COW file>\n"
"Merges a COW file of any version and its backing file.\n"
"  -b  the backing file, if it is not where the COW file says\n"
"  -d  write the changes into the backing file; if that is interrupted, the same\n"
"      command does it again. Other COW files of that backing file become invalid\n";

int main(int argc, char **argv)
{
	static struct cow_file cow;
	const char *backing = NULL;
	bool in_place = false;
	int c;

	tool_name = "uml_moo";
	while ((c = getopt(argc, argv, "b:dh")) != -1) {
		switch (c) {
		case 'b':
			backing = optarg;
			break;
		case 'd':
			in_place = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	if (argc - optind != (in_place ? 1 : 2)) {
		fputs(usage, stderr);
		return 1;
	}
	cow_file_open(&cow, argv[optind], COW_READ);
	cow_file_require(&cow);
	if (in_place)
		merge_in_place(&cow, backing);
	else
		merge_into_new(&cow, backing, argv[optind + 1]);
	return 0;
}
