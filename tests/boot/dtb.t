#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
dtb=: a device tree is what the file says; a file that is none, or is not there, ends with a message
which names it. A kernel without CONFIG_OF says so.
"""

import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import COMPLAINT, LINUX, OBJ, Guest, Tap, clean, rescue  # noqa: E402

TREE = """/dts-v1/;
/ {
	compatible = "uml,test";
	model = "a tree for a test";
	#address-cells = <1>;
	#size-cells = <1>;
	one: node@1 {
		reg = <1 2>;
		text = "of the host";
		empty;
	};
	node@2 { other = <&one>; };
};
"""


def refused(tap, path, why, label):
    guest = Guest("mem=64M", f"dtb={path}", terminal=False)
    status = guest.wait(30)
    lines = [line for line in clean(guest.text).splitlines() if f"dtb={path}" in line and "ommand line" not in line]
    tap.ok(status == 1 and len(lines) == 1 and why in lines[0] and not COMPLAINT.search(guest.text),
           f"{label}: refused", f"status {status}", guest.tail())
    guest.close()


def bad_files(tap):
    with open("tree.dtb", "rb") as file:
        tree = file.read()
    os.mkdir("folder")
    for name, content in (("empty", b""), ("short", tree[:20]), ("cut", tree[:-4]), ("text", b"no tree\n" * 100),
                          ("huge", tree[:4] + b"\x7f\xff\xff\xff" + tree[8:]), ("noise", tree[:4] + os.urandom(4096))):
        with open(name, "wb") as file:
            file.write(content)
        refused(tap, name, "is no flattened device tree", name)
    refused(tap, "nothing", "no such file", "nothing there")
    refused(tap, "folder", "cannot read it", "a directory")


def good_file(tap):
    guest = rescue("mem=64M", "dtb=tree.dtb")
    base = "/proc/device-tree"
    for name, value in (("model", "a tree for a test"), ("compatible", "uml,test"), ("node@1/text", "of the host")):
        text = guest.run(f"cat {base}/{name} | tr -d '\\000'")[1]
        tap.ok(text == value, f"{name}", text)
    text = guest.run(f"od -An -tx1 {base}/node@1/reg; test -e {base}/node@1/empty && ls -d {base}/node@2")[1]
    tap.ok(text.split() == ["00", "00", "00", "01", "00", "00", "00", "02", f"{base}/node@2"], "cells and names", text)
    tap.ok(guest.run("test -d /sys/firmware/devicetree/base/node@1")[0] == 0, "it is in sysfs")
    tap.ok(not COMPLAINT.search(guest.run("dmesg | sed 's/^/> /'")[1]), "no complaint of the kernel", guest.tail(60))
    guest.send("poweroff\n")
    tap.ok(guest.wait(20) == 0, "poweroff", guest.tail())
    guest.close()
    guest = rescue("mem=64M")
    tap.ok(guest.run(f"test -d {base}/node@1")[0] == 1 and not COMPLAINT.search(guest.text), "without dtb=: no such tree",
           guest.tail())
    guest.close()


def main():
    tap = Tap()
    config = subprocess.run([LINUX, "--showconfig"], stdout=subprocess.PIPE, text=True, check=True).stdout
    if "\nCONFIG_OF=y\n" not in config:
        refused(tap, "tree.dtb", "this kernel was built without device trees (CONFIG_OF)", "no CONFIG_OF")
        return tap.done()
    dtc = shutil.which("dtc") or f"{OBJ}/scripts/dtc/dtc"
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        os.chdir(scratch)
        subprocess.run([dtc, "-O", "dtb", "-o", "tree.dtb", "-"], input=TREE, text=True, check=True,
                       stderr=subprocess.DEVNULL)
        for part in (bad_files, good_file):
            tap.section(part)
        os.chdir("/")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
