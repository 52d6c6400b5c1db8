/* SPDX-License-Identifier: GPL-2.0 */
/* Signal frames on the guest's stack. */
#ifndef UM_SIGFRAME_H
#define UM_SIGFRAME_H

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
 * um_fp_sanitize() - make vector state from a guest loadable
 * @fp: um_fp_size bytes in XSAVE format
 *
 * Bits which the processor would refuse are cleared.
 */
void um_fp_sanitize(void *fp);

#endif
