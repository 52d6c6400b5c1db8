#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Attacks on the hand-over and on calls, with a vCPU that never spins for its guests: whatever else the
# host has to do, calls come by notices where it can do that.
here=$(dirname "$0")
exec "$here/../guest/run-guest" --dir "$here" --bait --skip fuzz_slots,stale_write,orders_write,calls_offsets \
	--backend seccomp --ncpus 1 "$@" -- spin=off
