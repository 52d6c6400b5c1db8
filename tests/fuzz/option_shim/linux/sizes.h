/* SPDX-License-Identifier: GPL-2.0 */
#define SZ_16M	0x1000000UL
#define SZ_256M	0x10000000UL
