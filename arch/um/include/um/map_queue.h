/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The queue of host-mapping changes of one address space. Changes are noted
 * here when page-table entries change and applied in one batch before guest
 * code resumes. Adjacent ranges of one kind are merged.
 */
#ifndef UM_MAP_QUEUE_H
#define UM_MAP_QUEUE_H

#include <linux/types.h>

enum um_map_change {
	/* The host must not map this range any more. */
	UM_MAP_FORGET,
	/* Entries changed: compare them with what the host has. */
	UM_MAP_COMPARE,
};

enum {
	UM_MAP_QUEUE_LEN = 32,
};

/**
 * struct um_map_range - a queued change
 * @start: page-aligned guest address
 * @end: first address after
 * @change: enum um_map_change
 */
struct um_map_range {
	unsigned long start;
	unsigned long end;
	unsigned int change;
};

struct um_map_queue {
	unsigned int nr;
	struct um_map_range range[UM_MAP_QUEUE_LEN];
};

/**
 * um_map_queue_add() - note a change
 * @q: the queue
 * @change: what kind
 * @start: first address
 * @end: first address after
 *
 * Merges with the newest entry where that keeps the meaning.
 * Return: false if there is no room and the queue must be applied first.
 */
bool um_map_queue_add(struct um_map_queue *q, enum um_map_change change,
		      unsigned long start, unsigned long end);

#endif
