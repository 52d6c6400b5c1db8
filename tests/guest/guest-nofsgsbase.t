#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Guests whose thread pointers are set by system calls of the stub, as on hosts without the
# instructions for it: whatever makes threads and processes or has thread pointers.
exec "$(dirname "$0")/run-guest" --backend seccomp --ncpus 1,2 \
	--tests clone,exec,fork,futex,preempt,signals,thread,tls "$@" -- nofsgsbase
