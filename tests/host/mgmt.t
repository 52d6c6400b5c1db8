#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The management console's parser, registry and host half.
. "$(dirname "$0")/host.sh"
trap 'rm -rf "$dir" /tmp/mgmt-test-??????' EXIT
build -D'EXPORT_SYMBOL_GPL(x)=' -Wno-sign-compare -I"$host/mgmt_shim" -I"$um/drivers/mgmt" \
	"$host/mgmt_test.c" "$host/chan_stubs.c" "$um/drivers/mgmt/mconsole_parse.c" \
	"$um/drivers/mgmt/config_registry.c" "$um/drivers/mgmt/mconsole_host.c" \
	"$um/os-Linux/name_lock.c" "$um/os-Linux/unix_socket.c"
run
