#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds what the driver and the tools know of COW files with its tests, under
# the address and undefined-behaviour sanitizers, and runs them. TAP, one
# result for each program; the details are shown when it fails.
top=$(cd "$(dirname "$0")/../.." && pwd)
block=$top/arch/um/drivers/block
out=${OUT:-$top/build/tests/host}
mkdir -p "$out"

n=0
bad=0
check() {
	name=$1
	shift
	n=$((n + 1))
	if ${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror \
		-pthread -fsanitize="${SANITIZE:-address,undefined}" \
		-fno-sanitize-recover=all $CFLAGS \
		-idirafter "$top/arch/um/include" -I"$block" -o "$out/$name" \
		"$top/tests/host/$name.c" "$@" && "$out/$name" >"$out/$name.tap"; then
		echo "ok $n - $name"
	else
		sed 's/^/    /' "$out/$name.tap"
		echo "not ok $n - $name"
		bad=1
	fi
}

check cow_format_host_test "$block/cow_format_host.c"
check cow_map_host_test "$block/cow_map_host.c"
echo "1..$n"
exit $bad
