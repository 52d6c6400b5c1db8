/* SPDX-License-Identifier: GPL-2.0 */
/* Under seccomp: the stub gives up all system calls but its own. */
#ifndef UM_STUB_FILTER_H
#define UM_STUB_FILTER_H

#include "stub_layout.h"

/**
 * stub_confine() - set up the signal handlers and the filter of all guests
 * @page: the template's slot; @page->notices asks for a listener, and says
 *	afterwards whether @page->listener is one
 *
 * Return: 0 or -errno of the filter.
 */
long stub_confine(struct stub_page *page);

/**
 * stub_refuse_calls() - the filter alone, for guests which are traced
 *
 * A tracer is told of calls before any filter is. This one is for those which
 * the host makes for a program without telling a tracer: the vsyscall page.
 * Where no filter can be had there is none.
 */
void stub_refuse_calls(void);

#endif
