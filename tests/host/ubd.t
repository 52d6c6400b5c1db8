#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds the block driver's host half with its tests, for raw and for layered
# disks, and runs them with both engines and twice: under the address and
# undefined-behaviour sanitizers, and under the thread one. TAP on standard output.
top=$(cd "$(dirname "$0")/../.." && pwd)
block=$top/arch/um/drivers/block
out=${OUT:-$top/build/tests/host}
mkdir -p "$out"

sources="$block/ubd_host.c $block/ubd_image_host.c $block/ubd_io_host.c $block/ubd_sync_host.c
	$block/ubd_cow_host.c $block/ubd_layer_host.c $block/ubd_threads_host.c $block/ubd_ring_host.c
	$block/cow_format_host.c $block/cow_map_host.c $block/ubd_config.c"

build() {
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror \
		-Wno-unused-parameter -Wno-missing-field-initializers -Wno-unused-function \
		-Wno-unused-variable -pthread -fsanitize="$2" -fno-sanitize-recover=all \
		-DSYS_FAULT_INJECTION $CFLAGS \
		-idirafter "$top/arch/um/include" -I"$top/arch/um" -I"$block" -o "$3" \
		"$top/tests/host/$1.c" $sources
}

# One result for each run; the details are shown when it fails.
n=0
bad=0
report() {
	n=$((n + 1))
	if [ "$1" != 0 ]; then
		sed 's/^/    /' "$3"
		echo "not ok $n - $2"
		bad=1
	elif grep -q '^1\.\.0 # SKIP' "$3"; then
		echo "ok $n - $2 # SKIP $(sed -n 's/^1\.\.0 # SKIP //p' "$3")"
	else
		echo "ok $n - $2"
	fi
}

for test in ubd_host_test ubd_layer_host_test ubd_durable_host_test; do
	for sanitizer in ${SANITIZE:-address,undefined thread}; do
		prog=$out/$test-${sanitizer%,*}
		build $test "$sanitizer" "$prog" || { report 1 "$test builds" /dev/null; continue; }
		for engine in threads io_uring; do
			tap=$prog-$engine.tap
			"$prog" $engine >"$tap" 2>&1
			report $? "$test $engine, -fsanitize=$sanitizer" "$tap"
		done
	done
done
echo "1..$n"
exit $bad
