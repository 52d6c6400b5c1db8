#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Seats of vCPUs, and masks that others set.
. "$(dirname "$0")/host.sh"
build "$host/affinity_host_test.c" "$um/os-Linux/affinity.c"
run
