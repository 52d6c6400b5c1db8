#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The management console's parser, registry and host half, under ASan and UBSan.
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
um=$top/arch/um
dir=$(mktemp -d)
trap 'rm -rf "$dir" /tmp/mgmt-test-??????' EXIT
${CC:-cc} -std=gnu11 -g -O1 -D_GNU_SOURCE -DSYS_FAULT_INJECTION -D'EXPORT_SYMBOL_GPL(x)=' \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Wno-unused-parameter -Wno-unused-result -Wno-sign-compare \
	-I"$top/tests/host/mgmt_shim" -idirafter "$um/include" -I"$um" -I"$um/drivers/mgmt" \
	-o "$dir/mgmt_test" \
	"$top/tests/host/mgmt_test.c" "$top/tests/host/chan_stubs.c" \
	"$um/drivers/mgmt/mconsole_parse.c" "$um/drivers/mgmt/config_registry.c" \
	"$um/drivers/mgmt/mconsole_host.c"
timeout 300 "$dir/mgmt_test"
