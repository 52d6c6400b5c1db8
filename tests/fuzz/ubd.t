#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Fuzzes the ubd option parser: a fixed set of texts under the sanitizers with
# any compiler, then FUZZ_SECONDS (default 5) of libFuzzer where clang is.
top=$(cd "$(dirname "$0")/../.." && pwd)
block=$top/arch/um/drivers/block
out=${OUT:-$top/build/tests/fuzz}
mkdir -p "$out"

build() {
	cc=$1
	shift
	"$cc" -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror \
		-fno-sanitize-recover=all "$@" \
		-idirafter "$top/arch/um/include" -I"$block" \
		"$top/tests/fuzz/ubd_config_fuzz.c" "$block/ubd_config.c"
}

bad=0
report() {
	if [ "$1" = 0 ]; then
		echo "ok $2 - $3"
	else
		sed 's/^/# /' "$out/ubd_config.log"
		echo "not ok $2 - $3"
		bad=1
	fi
}

echo 1..2
{
	build "${CC:-cc}" -DFUZZ_MAIN -fsanitize=address,undefined -o "$out/ubd_config_fixed" &&
	"$out/ubd_config_fixed"
} >"$out/ubd_config.log" 2>&1
report $? 1 "ubd options, fixed texts"

if echo 'int LLVMFuzzerTestOneInput(const char *d, long n); int LLVMFuzzerTestOneInput(const char *d, long n) { return !d && n; }' |
   clang -fsanitize=fuzzer -x c -o "$out/ubd_config_probe" - 2>/dev/null; then
	{
		build clang -fsanitize=fuzzer,address,undefined -o "$out/ubd_config_fuzz" &&
		"$out/ubd_config_fuzz" -max_len=5000 -seed=1 -artifact_prefix="$out/" \
			-max_total_time="${FUZZ_SECONDS:-5}"
	} >"$out/ubd_config.log" 2>&1
	report $? 2 "ubd options, libFuzzer"
else
	echo "ok 2 - ubd options, libFuzzer # SKIP clang with libFuzzer is not installed"
fi
exit $bad
