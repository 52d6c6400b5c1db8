#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Attacks on the hand-over and on calls where all calls are signals, as on hosts without notices, and where
# thread pointers are set by calls.
here=$(dirname "$0")
exec "$here/../guest/run-guest" --dir "$here" --bait --skip fuzz_slots,stale_write,orders_write,toctou_name \
	--backend seccomp --ncpus 1 "$@" -- notices=off nofsgsbase
