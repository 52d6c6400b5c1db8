#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Kernel modules as kbuild makes them: load, work, show up in /proc/modules and go away again;
one that is not a module of this kernel is refused.
"""

import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from initramfs import Initramfs  # noqa: E402
from umboot import COMPLAINT, OBJ, Guest, Tap, check_gone, skip_all  # noqa: E402

# In this order of preference: what a guest can do with it needs nothing else.
KNOWN = ("dummy.ko", "brd.ko", "loop.ko")
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /bin
/bin/busybox --install -s /bin
export PATH=/bin PS1='modules:# '
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
exec setsid -c sh
"""


def find_modules():
    found = {}
    for where, directories, files in os.walk(OBJ):
        directories[:] = [name for name in directories if name not in ("debian", "tests")]
        for name in files:
            if name.endswith(".ko"):
                found[name] = os.path.join(where, name)
    return found


def write_initramfs(path, modules):
    with Initramfs(path) as ramfs:
        ramfs.directories("bin", "dev", "proc", "sys", "tmp", "modules")
        ramfs.device("dev/console", 5, 1)
        ramfs.program("bin/busybox", shutil.which("busybox"))
        ramfs.text("init", INIT)
        for name, source in modules.items():
            ramfs.program(f"modules/{name}", source)
        ramfs.text("modules/broken.ko", "\x7fELF" + "\0" * 4096)


def load_and_unload(tap, modules):
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        write_initramfs(f"{scratch}/modules.cpio", modules)
        guest = Guest("mem=128M", f"initrd={scratch}/modules.cpio", "rdinit=/init")
        guest.expect("modules:# ", 30)
    for name in modules:
        short = name[:-3].replace("-", "_")
        for turn in (1, 2, 3):
            status, output = guest.run(f"insmod /modules/{name}")
            if not tap.ok(status == 0, f"{name}: insmod, time {turn}", output, guest.tail()):
                return
            if turn == 1:
                status, output = guest.run(f"grep -c '^{short} .*Live' /proc/modules")
                tap.ok(output == "1", f"{name}: it is in /proc/modules", output)
                status, output = guest.run(f"insmod /modules/{name}")
                tap.ok(status != 0, f"{name}: not twice", output)
            if short == "dummy" and turn == 1:
                status, output = guest.run("ip link set lo up && ip link set dummy0 up && "
                                           "ip addr add 10.9.9.9/24 dev dummy0 && "
                                           "ping -c 1 -W 5 10.9.9.9")
                tap.ok(status == 0, "dummy0 can be used", output)
            status, output = guest.run(f"rmmod {short}")
            tap.ok(status == 0, f"{name}: rmmod, time {turn}", output)
    status, output = guest.run("insmod /modules/broken.ko")
    tap.ok(status != 0, "a broken module is refused", output)
    tap.ok(not COMPLAINT.search(guest.text), "no complaint of the kernel", guest.tail(60))
    guest.send("poweroff -f\n")
    tap.ok(guest.wait(20) == 0, "poweroff: status 0", guest.tail())
    check_gone(tap, guest, "poweroff")


def main():
    found = find_modules()
    if not found:
        skip_all("no module was built (CONFIG_MODULES or nothing set to m)")
    if not shutil.which("busybox"):
        skip_all("no busybox")
    names = [name for name in KNOWN if name in found] or sorted(found)[:1]
    tap = Tap()
    tap.section(load_and_unload, {name: found[name] for name in names})
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
