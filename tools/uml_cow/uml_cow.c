// SPDX-License-Identifier: GPL-2.0
/* uml_cow: look at a COW file, check it, or tell it where its backing file is now. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report.h"

static const char usage[] =
"usage: uml_cow [-j] info <COW file>\n"
"       uml_cow [-j] check <COW file>\n"
"       uml_cow [-f] rebase <COW file> <backing file>\n"
"  info    print the header and how much was changed\n"
"  check   find what is inconsistent; the exit status is 1 if anything is\n"
"  rebase  name another backing file, which must have the same contents: its size\n"
"          and modification time are checked\n"
"  -j      as JSON\n"
"  -f      rebase: whatever the modification time is\n";

int main(int argc, char **argv)
{
	bool json = false, force = false;
	const char *command, *path;
	int c, words;

	while ((c = getopt(argc, argv, "jfh")) != -1) {
		switch (c) {
		case 'j':
			json = true;
			break;
		case 'f':
			force = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	words = argc - optind;
	command = words > 0 ? argv[optind] : "";
	path = argv[optind + 1];
	if (words == 2 && !strcmp(command, "info"))
		return cow_info(path, json);
	if (words == 2 && !strcmp(command, "check"))
		return cow_check(path, json);
	if (words == 3 && !strcmp(command, "rebase"))
		return cow_rebase(path, argv[optind + 2], force);
	fputs(usage, stderr);
	return 1;
}
