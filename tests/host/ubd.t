#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
#
# Builds the block driver's host half with its test and runs it twice: under
# the address and undefined-behaviour sanitizers, and under the thread one.
# TAP on standard output; SANITIZE=thread or SANITIZE=address,undefined for one.
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
block=$top/arch/um/drivers/block
out=${OUT:-$top/build/tests/host}
mkdir -p "$out"

build() {
	${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror \
		-Wno-unused-parameter -Wno-missing-field-initializers \
		-pthread -fsanitize="$1" -fno-sanitize-recover=all \
		-DSYS_FAULT_INJECTION $CFLAGS \
		-idirafter "$top/arch/um/include" -I"$top/arch/um" -I"$block" -o "$2" \
		"$top/tests/host/ubd_host_test.c" "$block/ubd_host.c" "$block/ubd_config.c"
}

if [ -n "$SANITIZE" ]; then
	build "$SANITIZE" "$out/ubd_host_test"
	exec "$out/ubd_host_test"
fi

# One result for each run; the details are shown when it fails.
n=0
bad=0
for s in address,undefined thread; do
	n=$((n + 1))
	prog=$out/ubd_host_test-$n
	if build "$s" "$prog" && "$prog" >"$prog.tap"; then
		echo "ok $n - ubd host half, -fsanitize=$s"
	else
		sed 's/^/    /' "$prog.tap"
		echo "not ok $n - ubd host half, -fsanitize=$s"
		bad=1
	fi
done
echo "1..$n"
exit $bad
