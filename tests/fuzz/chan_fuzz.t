#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Short deterministic run of the channel parser's fuzz target. For a long one:
#   clang -fsanitize=fuzzer,address,undefined, the same sources without
#   chan_fuzz_main.c (FUZZ=1 tests/fuzz/chan_fuzz.t [libFuzzer options]).
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
	main=$top/tests/fuzz/chan_fuzz_main.c
fi
${CC:-cc} -std=gnu11 -g -O1 -D_GNU_SOURCE -DSYS_FAULT_INJECTION \
	-fsanitize=$sanitize -fno-sanitize-recover=all \
	-Wall -Wextra -Wno-unused-parameter \
	-I"$top/tests/host/chan_shim" -idirafter "$um/include" -I"$um" \
	-I"$um/drivers/char" -I"$um/drivers/char/channel" \
	-o "$dir/chan_fuzz" \
	"$top/tests/fuzz/chan_fuzz.c" $main "$top/tests/host/chan_stubs.c" \
	"$um/drivers/char/chan_parse.c" \
	"$um"/drivers/char/channel/*_host.c "$um/os-Linux/tty.c"
"$dir/chan_fuzz" "$@"
