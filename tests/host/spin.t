#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# When vCPU and guest spin for each other.
. "$(dirname "$0")/host.sh"
build "$host/spin_host_test.c" "$um/backend/seccomp/spin_host.c"
run
