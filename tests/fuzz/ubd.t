#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Fuzzes the parsers of the block driver, the ubd options and the headers of COW
# files: a fixed set of inputs under the sanitizers with any compiler, then
# FUZZ_SECONDS (default 5) of libFuzzer for each where clang is.
top=$(cd "$(dirname "$0")/../.." && pwd)
block=$top/arch/um/drivers/block
out=${OUT:-$top/build/tests/fuzz}
mkdir -p "$out"

n=0
bad=0
report() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		sed 's/^/# /' "$out/$target.log" | tail -n 40
		echo "not ok $n - $2"
		bad=1
	fi
}

build() {
	cc=$1
	shift
	"$cc" -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror \
		-fno-sanitize-recover=all -idirafter "$top/arch/um/include" -I"$block" \
		"$top/tests/fuzz/${target}_fuzz.c" "$@"
}

has_libfuzzer() {
	echo 'int LLVMFuzzerTestOneInput(const char *d, long n);
	int LLVMFuzzerTestOneInput(const char *d, long n) { return !d && n; }' |
	clang -fsanitize=fuzzer -x c -o "$out/fuzz_probe" - 2>/dev/null
}

# fuzz TARGET LABEL LONGEST SOURCE...
fuzz() {
	target=$1
	label=$2
	longest=$3
	shift 3
	{
		build "${CC:-cc}" -DFUZZ_MAIN -fsanitize=address,undefined \
			-o "$out/${target}_fixed" "$@" &&
		"$out/${target}_fixed"
	} >"$out/$target.log" 2>&1
	report $? "$label, fixed inputs"
	if ! has_libfuzzer; then
		n=$((n + 1))
		echo "ok $n - $label, libFuzzer # SKIP clang with libFuzzer is not installed"
		return
	fi
	{
		build clang -fsanitize=fuzzer,address,undefined -o "$out/${target}_fuzz" "$@" &&
		"$out/${target}_fuzz" -max_len="$longest" -seed=1 -artifact_prefix="$out/" \
			-max_total_time="${FUZZ_SECONDS:-5}"
	} >"$out/$target.log" 2>&1
	report $? "$label, libFuzzer"
}

fuzz ubd_config "ubd options" 5000 "$block/ubd_config.c"
fuzz cow_format "COW headers" 4300 "$block/cow_format_host.c"
echo "1..$n"
exit $bad
