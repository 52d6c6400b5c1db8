/* SPDX-License-Identifier: GPL-2.0 */
/* Clocksources which the vDSO can read: the host's monotonic clock. */
#ifndef __ASM_UM_VDSO_CLOCKSOURCE_H
#define __ASM_UM_VDSO_CLOCKSOURCE_H

#define VDSO_ARCH_CLOCKMODES	VDSO_CLOCKMODE_HOST

#endif
