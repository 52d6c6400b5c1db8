#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Attacks on the hand-over, with vCPUs and guests that spin for each other whatever the host has to do.
here=$(dirname "$0")
exec "$here/../guest/run-guest" --dir "$here" --bait --backend seccomp --ncpus 1,2 \
	--tests hang_blocked,hang_settle,hang_turns,leftover,lies,next_program,stale_frame,stale_map "$@" -- spin=on
