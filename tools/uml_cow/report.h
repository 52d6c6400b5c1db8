/* SPDX-License-Identifier: GPL-2.0 */
/* uml_cow: its commands. Each returns the exit status. */
#ifndef TOOLS_REPORT_H
#define TOOLS_REPORT_H

#include "cow_file.h"

int cow_info(const char *path, bool json);
int cow_check(const char *path, bool json);
int cow_rebase(const char *path, const char *backing, bool force);

/* What a version is called. */
const char *kind_name(__u32 kind);

#endif
