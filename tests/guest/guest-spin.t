#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# The same as guest-seccomp.t, with vCPUs and guests that spin for each other whatever the
# host has to do, so that this path is tested on a busy machine too.
# On a machine with few processors programs take longer then.
exec "$(dirname "$0")/run-guest" --backend seccomp --ncpus 1,2 --timeout 180 "$@" -- spin=on
