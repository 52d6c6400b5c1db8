/* SPDX-License-Identifier: GPL-2.0 */
/* Nothing is exported from a plain program. */
