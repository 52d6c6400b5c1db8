// SPDX-License-Identifier: GPL-2.0
/*
 * main(): the program's first steps on the host, up to the upcall which
 * parses the command line and starts the kernel.
 */

#include <string.h>

#include <host/proc.h>
#include <host/upcall.h>
#include <host/vcpu.h>
#include "affinity_internal.h"
#include "attach.h"
#include "keeper.h"
#include "proc_internal.h"
#include "sys.h"

/* A closed descriptor 0, 1 or 2 must not become something else of ours. */
static int occupy_standard_descriptors(void)
{
	int fd;

	do {
		fd = sys_call(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? fd : sys_close(fd);
}

int main(int argc, char **argv)
{
	int err;

	if (argc == 3 && !strcmp(argv[1], "--attach"))
		attach_run(argv[2]);
	keeper_start(argv);
	proc_remember_args(argv);
	affinity_init();
	err = occupy_standard_descriptors();
	if (err)
		os_die("cannot open /dev/null (error %d)", -err);
	err = os_vcpu_boot();
	if (err)
		os_die("cannot set up the first vCPU (error %d)", -err);
	upcall_boot(argc, argv);
}
