#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The same as guest-seccomp.t, with vCPUs and guests that spin for each other whatever the
# host has to do, so that this path is tested on a busy machine too.
# A guest that feigns to stop is not stopped then, and looks at its slot for most of a minute.
exec "$(dirname "$0")/run-guest" --backend seccomp --ncpus 1,2 --timeout 180 "$@" -- spin=on
