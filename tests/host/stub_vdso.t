#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# How the stub finds the host's vDSO.
. "$(dirname "$0")/host.sh"
build -I"$um/backend/stub" -I"$host" "$host/stub_vdso_host_test.c" "$um/backend/stub/stub_vdso.c"
run
