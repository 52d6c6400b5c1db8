/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A guest address space on the host, for both backends: a mapper, which is the
 * process that changes its mappings, and a guest thread for each vCPU that has
 * run it, which is a process too and shares the mapper's memory.
 *
 * Lock order: guest_mm.lock, then the locks of process_host.c.
 */
#ifndef UM_GUEST_MM_HOST_H
#define UM_GUEST_MM_HOST_H

#include <host/backend.h>
#include "child_host.h"

struct stub_orders;
struct stub_page;

/**
 * struct guest_slot - what a guest thread has of its address space
 * @thread: the thread; its pid is 0 as long as there is none
 * @page: its slot, as the kernel sees it, or NULL
 * @off: where that is in the file of pages
 * @mapped: the process has it
 * @ready: the backend has prepared the thread, which can be run
 * @core: the host core it is kept on, -1 if on none
 * @backend: what the backend remembers of it; stays when the process ends
 */
struct guest_slot {
	struct host_child thread;
	struct stub_page *page;
	__u64 off;
	bool mapped;
	bool ready;
	int core;
	void *backend;
};

/**
 * struct guest_mm - a guest address space
 * @mapper: the process; its pid is 0 if there is none
 * @orders: its orders, as the kernel sees them
 * @off: where they are in the file of pages
 * @lock: for what follows, up to @takes
 * @given: how many orders were written since the process began
 * @told: of them, how many the mapper knows of
 * @done: of them, how many were surely carried out
 * @place: where the next one goes in the ring
 * @failed: of those carried out, one failed with this -errno
 * @takes: one of those the mapper does not know of takes something from the guest
 * @core: the host core the mapper is kept on, -1 if on none
 * @next: in one of the lists of process_host.c
 * @next_all: in the list of all
 * @slot: by vCPU
 */
struct guest_mm {
	struct host_child mapper;
	struct stub_orders *orders;
	__u64 off;
	int lock;
	__u32 given;
	__u32 told;
	__u32 done;
	__u32 place;
	int failed;
	bool takes;
	int core;
	struct guest_mm *next;
	struct guest_mm *next_all;
	struct guest_slot slot[];
};

#endif
