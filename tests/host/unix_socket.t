#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Sockets with a name in the file system.
. "$(dirname "$0")/host.sh"
build "$host/unix_socket_test.c" "$host/chan_stubs.c" "$um/os-Linux/name_lock.c" "$um/os-Linux/unix_socket.c"
run
