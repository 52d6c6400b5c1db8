#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Fuzzes the parser of channels.
. "$(dirname "$0")/fuzz.sh"
fuzz chan "channels" 600 -I"$top/tests/host/chan_shim" -idirafter "$um/include" -I"$um" \
	-I"$um/drivers/char" -I"$um/drivers/char/channel" \
	"$top/tests/host/chan_stubs.c" "$um/drivers/char/chan_parse.c" \
	"$um"/drivers/char/channel/*_host.c "$um/os-Linux/tty.c" \
	"$um/os-Linux/name_lock.c" "$um/os-Linux/unix_socket.c"
fuzz_done
