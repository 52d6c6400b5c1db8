#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# All attacks on the ptrace backend, for prove. Those that need slots are left out by themselves.
here=$(dirname "$0")
exec "$here/../guest/run-guest" --dir "$here" --bait --skip fuzz_slots --backend ptrace --ncpus 1 "$@"
