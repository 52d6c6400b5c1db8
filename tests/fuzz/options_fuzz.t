#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Fuzzes the command line and the parsers of its options. (Those of ubd and of channels have targets
# of their own, which see more.)
. "$(dirname "$0")/fuzz.sh"
fuzz options "options" 2000 -I"$top/tests/fuzz/option_shim" -idirafter "$um/include" -I"$um" \
	-I"$um/drivers/char" -I"$um/drivers/char/channel" -I"$um/drivers/mgmt" \
	-D__stringify_1 -D'IS_ENABLED(x)=(x)' -D'EXPORT_SYMBOL(x)=' -DCONFIG_CMDLINE='""' -DCONFIG_OF=1 -DCONFIG_BLK_DEV_UBD=1 -DCONFIG_UM_WATCHDOG=1 \
	"$um/kernel/options.c" "$um/kernel/boot_option.c" "$um/kernel/mm/physmem.c" \
	"$um/drivers/mgmt/mconsole_option.c" "$um/drivers/mgmt/watchdog_option.c" \
	"$um/drivers/char/xterm_option.c" "$um/drivers/char/line_option.c" "$um/drivers/char/chan_parse.c" \
	"$um"/drivers/char/channel/*_host.c "$um/os-Linux/tty.c" \
	"$um/os-Linux/name_lock.c" "$um/os-Linux/unix_socket.c" "$um/drivers/block/ubd_config.c" \
	"$top/tests/host/chan_stubs.c"
fuzz_done
