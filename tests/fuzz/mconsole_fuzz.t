#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Short deterministic run of the request parser's fuzz target. For a long one:
# FUZZ=1 tests/fuzz/mconsole_fuzz.t [libFuzzer options]
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
um=$top/arch/um
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if [ -n "$FUZZ" ]; then
	CC=clang
	sanitize=fuzzer,address,undefined
	main=
else
	sanitize=address,undefined
	main=$top/tests/fuzz/mconsole_fuzz_main.c
fi
${CC:-cc} -std=gnu11 -g -O1 -D_GNU_SOURCE \
	-fsanitize=$sanitize -fno-sanitize-recover=all \
	-Wall -Wextra -Wno-unused-parameter \
	-I"$top/tests/host/mgmt_shim" -I"$um/drivers/mgmt" \
	-o "$dir/mconsole_fuzz" \
	"$top/tests/fuzz/mconsole_fuzz.c" $main "$um/drivers/mgmt/mconsole_parse.c"
"$dir/mconsole_fuzz" "$@"
