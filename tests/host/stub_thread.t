#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What the host says about a guest thread that is late.
. "$(dirname "$0")/host.sh"
build -I"$um/backend/seccomp" "$host/thread_host_test.c" "$um/backend/seccomp/thread_host.c"
run
