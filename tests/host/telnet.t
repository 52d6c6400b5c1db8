#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The telnet protocol as a plain program, under ASan and UBSan.
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
um=$top/arch/um
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -std=gnu11 -g -O1 -D_GNU_SOURCE -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -idirafter "$um/include" -I"$um/drivers/char/channel" \
	-o "$dir/telnet_test" "$top/tests/host/telnet_test.c" "$um/drivers/char/channel/telnet_host.c"
timeout 300 "$dir/telnet_test"
