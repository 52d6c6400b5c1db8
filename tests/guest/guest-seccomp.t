#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# All guest test programs on the seccomp backend with one and two processors, for prove.
# More arguments go to run-guest: guest-seccomp.t --tests cow,mmap
exec "$(dirname "$0")/run-guest" --backend seccomp --ncpus 1,2 "$@"
