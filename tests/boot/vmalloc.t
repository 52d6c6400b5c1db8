#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Kernel memory is mapped and unmapped by several processors at once, by a module built here: what one
of them has just got is not taken away when another one flushes what was freed.
"""

import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from initramfs import Initramfs  # noqa: E402
from outtree import build_module  # noqa: E402
from umboot import COMPLAINT, Guest, Tap, skip_all  # noqa: E402

PROMPT = "vmalloc:# "
INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /bin
/bin/busybox --install -s /bin
export PATH=/bin PS1='{PROMPT}'
mount -t proc proc /proc
exec setsid -c sh
"""
SECONDS = 3


def race(tap, scratch, *args):
    label = " ".join(args)
    guest = Guest("mem=96M", f"initrd={scratch}/vmalloc.cpio", "rdinit=/init", *args)
    guest.expect(PROMPT, 30)
    guest.send(f"insmod /vmalloc.ko seconds={SECONDS}\n")
    match = guest.expect(r"vmalloc: (\d+) rounds, (\d+) wrong, (\d+) still run", 60)
    rounds, wrong, running = (int(number) for number in match.groups())
    tap.note(f"{label}: {rounds} rounds")
    tap.ok(rounds > 100 and not wrong and not running and not COMPLAINT.search(guest.text),
           f"{label}: all that was mapped is there", match.group(0), guest.tail(40))
    guest.at = match.end()
    guest.send("poweroff -f\n")
    tap.ok(guest.wait(30) == 0, f"{label}: poweroff", f"{guest.status}", guest.tail())
    guest.close()


def main():
    if not shutil.which("busybox"):
        return skip_all("busybox is not installed")
    tap = Tap()
    with tempfile.TemporaryDirectory() as scratch:
        if build_module(tap, scratch, "vmalloc"):
            with Initramfs(f"{scratch}/vmalloc.cpio") as ramfs:
                ramfs.directories("bin", "dev", "proc")
                ramfs.device("dev/console", 5, 1)
                ramfs.program("bin/busybox", shutil.which("busybox"))
                ramfs.text("init", INIT)
                ramfs.program("vmalloc.ko", f"{scratch}/vmalloc/vmalloc.ko")
            tap.section(race, scratch, "backend=ptrace")
            tap.section(race, scratch, "backend=seccomp")
            tap.section(race, scratch, "ncpus=2")
            tap.section(race, scratch, "ncpus=3")
    Guest.end_all()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
