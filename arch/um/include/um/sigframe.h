/* SPDX-License-Identifier: GPL-2.0 */
/* Signal frames on the guest's stack. */
#ifndef UM_SIGFRAME_H
#define UM_SIGFRAME_H

#include <linux/types.h>

struct ksignal;
struct pt_regs;

/**
 * um_sigframe_setup() - make a guest run its signal handler
 * @ksig: the signal and its action
 * @regs: registers; changed to enter the handler
 *
 * Return: 0 or -EFAULT if the frame cannot be written.
 */
int um_sigframe_setup(struct ksignal *ksig, struct pt_regs *regs);

/**
 * um_fp_valid() - whether the processor would load this vector state
 * @fp: um_fp_size bytes in XSAVE format
 */
bool um_fp_valid(const void *fp);

#endif
