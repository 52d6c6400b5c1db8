#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Host halves of the console channels and of terminals.
. "$(dirname "$0")/host.sh"
build -I"$um/drivers/char/channel" "$host/chan_test.c" "$host/chan_stubs.c" \
	"$um"/drivers/char/channel/*_host.c "$um/os-Linux/tty.c" \
	"$um/os-Linux/name_lock.c" "$um/os-Linux/unix_socket.c" -lutil
run </dev/null
