/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything host code may call in the kernel. Host code never calls printk,
 * kmalloc, panic or schedule: it reports here and the kernel decides.
 */
#ifndef UM_HOST_UPCALL_H
#define UM_HOST_UPCALL_H

#include <host/types.h>
#include <host/guest.h>

/**
 * upcall_boot() - parse the command line and start the kernel
 * @argc: number of arguments
 * @argv: the arguments; stay valid and unchanged
 *
 * Context: main thread, before any other; does not return.
 */
void upcall_boot(int argc, char **argv) __attribute__((noreturn));

/**
 * upcall_vcpu_start() - a new vCPU's first kernel code
 *
 * Called on the kernel stack given to os_vcpu_start(), interrupts disabled.
 */
void upcall_vcpu_start(void) __attribute__((noreturn));

/**
 * upcall_interrupt() - deliver what is pending on this vCPU
 * @ip: interrupted instruction, for profiling and stack dumps
 * @sp: interrupted stack pointer
 * @bp: interrupted frame pointer
 *
 * Context: signal handler or kernel code of a vCPU whose irqs_off is zero;
 * may switch tasks before it returns.
 */
void upcall_interrupt(__u64 ip, __u64 sp, __u64 bp);

/**
 * upcall_event_ready() - a descriptor became ready
 * @cookie: the number given to os_event_add(), which is an interrupt number
 *
 * Context: interrupt, out of os_event_dispatch().
 */
void upcall_event_ready(__u32 cookie);

/**
 * upcall_host_fault() - kernel or host code took a fault of the processor
 * @regs: registers at the fault; the caller resumes with what is left there
 * @signo: SIGSEGV, SIGBUS, SIGILL, SIGFPE or SIGTRAP
 * @addr: faulting address
 *
 * A fault with a fix-up, or a WARN, is resolved by changing @regs. For all
 * others @regs is pointed at the code which reports the death of the task.
 * Context: signal handler on the alternate stack; must not sleep or switch.
 */
void upcall_host_fault(struct guest_regs *regs, int signo, __u64 addr);

/**
 * upcall_signal() - the host asks the whole program for something
 * @signo: SIGWINCH: a terminal has another size; SIGTERM, SIGHUP: shut down
 *
 * Context: signal handler of vCPU 0, any kernel context may be interrupted:
 * only notes the request and raises an interrupt.
 * Return: true if the kernel will see to it; false while it is starting. To a
 * shutdown the kernel answers by os_stop_heard().
 */
bool upcall_signal(int signo);

/**
 * upcall_backtrace() - another vCPU wants to know what this one does
 * @regs: of kernel or host code, where it was interrupted
 *
 * Context: signal handler of a vCPU, like an interrupt that cannot be masked;
 * irqs_off is set. Must not sleep, switch or enable interrupts.
 */
void upcall_backtrace(const struct guest_regs *regs);

/**
 * upcall_watchdog() - nobody served the watchdog in time
 * @ip: interrupted instruction
 * @sp: interrupted stack pointer
 * @bp: interrupted frame pointer
 *
 * Context: signal handler of vCPU 0; anything may have been interrupted, with
 * interrupts disabled and locks held. Does not return.
 */
void upcall_watchdog(__u64 ip, __u64 sp, __u64 bp) __attribute__((noreturn));

#endif
