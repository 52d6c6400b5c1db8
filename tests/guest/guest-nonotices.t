#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Guests whose calls all are signals, as on hosts without user notification, with one processor
# (more than one never have notices): what makes calls, or is interrupted in them.
exec "$(dirname "$0")/run-guest" --backend seccomp --ncpus 1 \
	--tests callregs,exec,fork,futex,ptrace_regs,signals,syscalls,thread "$@" -- notices=off
