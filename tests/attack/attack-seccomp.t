#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# All attacks on the seccomp backend as it is, with one and two processors, for prove.
# More arguments go to run-guest: attack-seccomp.t --tests lies,hang_turns
here=$(dirname "$0")
exec "$here/../guest/run-guest" --dir "$here" --bait --skip fuzz_slots --backend seccomp --ncpus 1,2 "$@"
