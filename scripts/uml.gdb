# SPDX-License-Identifier: GPL-2.0
#
# For gdb on a running User Mode Linux:
#
#   gdb -p <pid of ./linux> -x scripts/uml.gdb
#
# The kernel lives on signals: without these lines gdb would stop at each tick of its timer, each
# page fault of uaccess and each stop of a guest process. The kernel still gets all of them.
# A fault that is a bug shows as a breakpoint in die() or panic(): "break die", "break panic".

set pagination off
set confirm off

# Faults: the kernel's own handler tells which of them are meant to happen.
handle SIGSEGV SIGBUS SIGFPE SIGILL nostop noprint pass
# Timer, devices, the window's size.
handle SIGALRM SIGVTALRM SIGPROF SIGIO SIGURG SIGWINCH nostop noprint pass
# Stops of guest processes, and what threads of the kernel tell each other.
handle SIGCHLD SIGUSR1 SIGUSR2 SIGSYS SIGPIPE nostop noprint pass
handle SIG32 SIG33 SIG34 SIG35 SIG36 nostop noprint pass

# Leave the guest's processes to the kernel, which is their tracer.
set follow-fork-mode parent
set detach-on-fork on

define uml-help
	printf "break <kernel function>, continue, bt, detach. \"info threads\": the first is virtual CPU 0.\n"
	printf "SIGTRAP of gdb's breakpoints is gdb's; all other signals go to the kernel.\n"
end
document uml-help
A few words on what to do with a kernel that is a process.
end
