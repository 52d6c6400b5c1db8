#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# All guest test programs on the ptrace backend, for prove.
# More arguments go to run-guest: guest-ptrace.t --tests cow,mmap
exec "$(dirname "$0")/run-guest" --backend ptrace --ncpus 1 "$@"
