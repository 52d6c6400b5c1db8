#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Fuzzes the parsers of the block driver: the ubd options and the headers of COW files.
. "$(dirname "$0")/fuzz.sh"
block=$um/drivers/block
fuzz ubd_config "ubd options" 5000 -idirafter "$um/include" -I"$block" "$block/ubd_config.c"
fuzz cow_format "COW headers" 4300 -idirafter "$um/include" -I"$block" "$block/cow_format_host.c"
fuzz_done
