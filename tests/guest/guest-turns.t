#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The same as guest-seccomp.t with one processor that never spins for its guests: whatever else
# the host has to do, calls come by notices where it can do that.
exec "$(dirname "$0")/run-guest" --backend seccomp --ncpus 1 "$@" -- spin=off
