# SPDX-License-Identifier: GPL-2.0
#
# What the tests of this directory share; they source it. A target is <name>_fuzz.c. It runs with a
# fixed set of inputs (fuzz_main.c) under the sanitizers with any compiler, then for FUZZ_SECONDS
# (default 5) with libFuzzer where clang is.
top=$(cd "$(dirname "$0")/../.." && pwd)
um=$top/arch/um
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
	"$cc" -std=gnu11 -D_GNU_SOURCE -DSYS_FAULT_INJECTION -O1 -g \
		-Wall -Wextra -Wno-unused-parameter -Werror -fno-sanitize-recover=all \
		-I"$top/tests/fuzz" "$top/tests/fuzz/${target}_fuzz.c" "$top/tests/fuzz/fuzz_main.c" "$@"
}

has_libfuzzer() {
	echo 'int LLVMFuzzerTestOneInput(const char *d, long n);
	int LLVMFuzzerTestOneInput(const char *d, long n) { return !d && n; }' |
	clang -fsanitize=fuzzer -x c -o "$out/fuzz_probe_$$" - 2>/dev/null
	there=$?
	rm -f "$out/fuzz_probe_$$"
	return $there
}

# fuzz TARGET LABEL LONGEST ARG...: ARGs are sources and options for the compiler.
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

# The last line of a test.
fuzz_done() {
	echo "1..$n"
	exit $bad
}
