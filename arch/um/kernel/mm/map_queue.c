// SPDX-License-Identifier: GPL-2.0
/* The queue of host-mapping changes: merging. See um/map_queue.h. */
#include <um/map_queue.h>

/* A queued change and a new one of the same kind which touch each other. */
static bool extend(struct um_map_range *r, unsigned long start,
		   unsigned long end)
{
	if (start > r->end || end < r->start)
		return false;
	if (start < r->start)
		r->start = start;
	if (end > r->end)
		r->end = end;
	return true;
}

bool um_map_queue_add(struct um_map_queue *q, enum um_map_change change,
		      unsigned long start, unsigned long end)
{
	struct um_map_range *last = &q->range[q->nr - 1];

	/* Only the newest may grow: older ones must stay before it. */
	if (q->nr && last->change == change && extend(last, start, end))
		return true;
	if (q->nr == UM_MAP_QUEUE_LEN)
		return false;
	q->range[q->nr++] = (struct um_map_range) {
		.start = start, .end = end, .change = change,
	};
	return true;
}
