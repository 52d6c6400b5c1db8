#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# How the stub finds the host's vDSO, as a plain program, under ASan and UBSan.
set -e
top=$(cd "$(dirname "$0")/../.." && pwd)
um=$top/arch/um
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -std=gnu11 -g -O1 -D_GNU_SOURCE \
	-fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wall -Wextra -Werror -idirafter "$um/include" -I"$um/backend/stub" \
	-I"$top/tests/host" -o "$dir/stub_vdso" \
	"$top/tests/host/stub_vdso_host_test.c" "$um/backend/stub/stub_vdso.c"
timeout 300 "$dir/stub_vdso"
