#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Host half of the watchdog as a plain program.
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
um=$top/arch/um
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -std=gnu11 -g -O1 -D_GNU_SOURCE -DSYS_FAULT_INJECTION -fsanitize=undefined \
	-fno-sanitize-recover=all -Wall -Wextra -Wno-unused-parameter \
	-idirafter "$um/include" -I"$um" -I"$um/drivers/mgmt" -o "$dir/watchdog_test" \
	"$top/tests/host/watchdog_test.c" "$um/drivers/mgmt/watchdog_host.c" -lpthread
timeout 300 "$dir/watchdog_test"
