#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The telnet protocol.
. "$(dirname "$0")/host.sh"
build -I"$um/drivers/char/channel" "$host/telnet_test.c" "$um/drivers/char/channel/telnet_host.c"
run
