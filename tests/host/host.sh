# SPDX-License-Identifier: GPL-2.0
#
# Sourced by tests here which are one program: host halves and pure code, under sanitizers.
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
um=$top/arch/um
host=$top/tests/host
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# build ARG...: what the compiler gets, sources and options.
build() {
	${CC:-cc} -std=gnu11 -g -O1 -D_GNU_SOURCE -DSYS_FAULT_INJECTION \
		-fsanitize="${SANITIZE:-address,undefined}" -fno-sanitize-recover=all \
		-Wall -Wextra -Wno-unused-parameter -Wno-unused-result \
		-idirafter "$um/include" -I"$um" -o "$dir/test" "$@"
}

run() {
	timeout 300 "$dir/test"
}
