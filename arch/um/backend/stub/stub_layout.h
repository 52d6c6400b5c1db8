/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the stub and the backends share: where things are in a guest process,
 * and the page through which they talk. Part of the contract: change
 * STUB_VERSION when the layout changes.
 *
 *   STUB_CODE  the stub program, read and execute
 *   STUB_DATA  struct stub_page, shared with the kernel; the stub's stack grows
 *              down from its end
 *   STUB_VDSO  the host's vDSO and the data pages it reads, moved here whole
 */
#ifndef UM_STUB_LAYOUT_H
#define UM_STUB_LAYOUT_H

#define STUB_CODE	0x7fffffe00000
#define STUB_DATA	0x7fffffe10000
#define STUB_DATA_SIZE	0x2000
#define STUB_VDSO	0x7ffffffa0000
#define STUB_AREA_END	0x7ffffffff000

/* Descriptors which the stub finds open. */
#define STUB_FD_DATA	3
#define STUB_FD_RAM	4

#define STUB_VERSION	2
#define STUB_OPS_MAX	96

#ifndef __ASSEMBLY__

#include <host/backend.h>

/**
 * struct stub_page - the stub's shared page
 * @version: STUB_VERSION, written by the stub
 * @go: the first stub waits here until the kernel has set it
 * @entry_apply: address of the code which works off @op
 * @entry_clone: address of the code which makes another stub process
 * @host_clock: address of the host's clock_gettime(); 0 if there is none
 * @nr: number of valid elements of @op
 * @err: result: 0 or the -errno of the operation that failed
 * @done: result: operations which were applied
 * @pad: zero
 * @op: map operations
 */
struct stub_page {
	__u32 version;
	__u32 go;
	__u64 entry_apply;
	__u64 entry_clone;
	__u64 host_clock;
	__u32 nr;
	__s32 err;
	__u32 done;
	__u32 pad;
	struct map_op op[STUB_OPS_MAX];
};

_Static_assert(sizeof(struct map_op) == 32, "stub layout");
_Static_assert(offsetof(struct stub_page, op) == 48, "stub layout");
_Static_assert(sizeof(struct stub_page) <= STUB_DATA_SIZE - 4096,
	       "room for the stub's stack");

#endif
#endif
