#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Fuzzes the parser of requests to the management console.
. "$(dirname "$0")/fuzz.sh"
fuzz mconsole "requests" 700 -I"$top/tests/host/mgmt_shim" -I"$um/drivers/mgmt" \
	"$um/drivers/mgmt/mconsole_parse.c"
fuzz_done
