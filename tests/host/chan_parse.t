#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The channel parser.
. "$(dirname "$0")/host.sh"
build -I"$host/chan_shim" -I"$um/drivers/char" -I"$um/drivers/char/channel" \
	"$host/chan_parse_host_test.c" "$host/chan_stubs.c" "$um/drivers/char/chan_parse.c" \
	"$um"/drivers/char/channel/*_host.c "$um/os-Linux/tty.c" \
	"$um/os-Linux/name_lock.c" "$um/os-Linux/unix_socket.c"
run
