#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Host halves of the console channels and of terminals, under ASan and UBSan.
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
um=$top/arch/um
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -std=gnu11 -g -O1 -D_GNU_SOURCE -DSYS_FAULT_INJECTION \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Wno-unused-parameter -Wno-unused-result \
	-idirafter "$um/include" -I"$um" -I"$um/drivers/char/channel" \
	-o "$dir/chan_test" \
	"$top/tests/host/chan_test.c" "$top/tests/host/chan_stubs.c" \
	"$um"/drivers/char/channel/*_host.c "$um/os-Linux/tty.c" -lutil
timeout 300 "$dir/chan_test" </dev/null
