#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Host half of the watchdog.
. "$(dirname "$0")/host.sh"
SANITIZE=undefined
build -I"$um/drivers/mgmt" "$host/watchdog_test.c" "$um/drivers/mgmt/watchdog_host.c" -lpthread
run
