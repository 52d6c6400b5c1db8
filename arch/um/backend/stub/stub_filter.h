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

#endif
