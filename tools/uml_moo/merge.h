/* SPDX-License-Identifier: GPL-2.0 */
/* uml_moo: its two ways to merge, and the progress bar they share. */
#ifndef TOOLS_MERGE_H
#define TOOLS_MERGE_H

#include "cow_file.h"

/* Make @out_path: what the disk holds, as a raw image. */
void merge_into_new(struct cow_file *cow, const char *override, const char *out_path);

/* Write what the COW file has into its backing file. */
void merge_in_place(struct cow_file *cow, const char *override);

/* Shown on a terminal only. @done of @total bytes. */
void progress_show(__u64 done, __u64 total);
void progress_end(void);

#endif
