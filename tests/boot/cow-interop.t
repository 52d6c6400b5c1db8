#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
COW files go from our ./linux to Debian's linux.uml (package user-mode-linux) and back: made,
read and written by each in turn; after every turn the merged contents are what they should be,
for our uml_moo and for Debian's. Skipped where Debian's kernel is not installed, or does not run.
"""

import hashlib
import os
import random
import shutil
import stat
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disks import TOOLS, check_layer, working_directory  # noqa: E402
from initramfs import Initramfs  # noqa: E402
from umboot import LINUX, Guest, Tap, skip_all  # noqa: E402

THEIRS = shutil.which("linux.uml")
BUSYBOX = "/bin/busybox"
SIZE = 16 << 20
SECTOR = 512
KERNELS = {"ours": LINUX, "Debian's": THEIRS}


def make_initrd(script):
    with Initramfs("initrd") as ramfs:
        ramfs.directories("bin", "dev", "proc")
        ramfs.program("bin/busybox", BUSYBOX)
        ramfs.device("dev/console", 5, 1)
        ramfs.device("dev/ubdb", 98, 16, stat.S_IFBLK)
        ramfs.device("dev/ubdc", 98, 32, stat.S_IFBLK)
        ramfs.text("init", f"#!/bin/busybox sh\nbusybox mount -t proc proc /proc\n{script}\nbusybox poweroff -f\n")


def turn(tap, who, disk, image, rng, label):
    """Have kernel @who check the whole disk, and change some of it; @image follows."""
    changes, script = [], []
    patch = rng.randbytes(256 * SECTOR)
    with open("patch", "wb") as file:
        file.write(patch)
    for _ in range(12):
        n = rng.randrange(1, 200)
        changes.append((rng.randrange(SIZE // SECTOR - n), rng.randrange(256 - n), n))
    for at, skip, n in changes:
        script.append(f"busybox dd if=/dev/ubdc of=/dev/ubdb bs={SECTOR} seek={at} skip={skip} count={n} 2>/dev/null")
    make_initrd("echo BEFORE $(busybox md5sum </dev/ubdb)\n" + "\n".join(script) +
                "\nbusybox sync\necho 3 >/proc/sys/vm/drop_caches\necho AFTER $(busybox md5sum </dev/ubdb)")
    before = hashlib.md5(image).hexdigest()
    for at, skip, n in changes:
        image[at * SECTOR:(at + n) * SECTOR] = patch[skip * SECTOR:(skip + n) * SECTOR]
    guest = Guest("mem=96M", f"ubd1={disk}", "ubd2r=patch", "initrd=initrd", "root=/dev/ram0", "con0=fd:0,fd:1",
                  "con=null", linux=KERNELS[who])
    guest.wait(90)
    tap.ok(f"BEFORE {before}" in guest.text, f"{label}: {who} reads what is there", guest.tail())
    tap.ok(f"AFTER {hashlib.md5(image).hexdigest()}" in guest.text, f"{label}: {who} changes it", guest.tail())
    guest.close()


def merged_is(tap, image, label):
    for name, tool in (("ours", f"{TOOLS}/uml_moo"), ("Debian's", shutil.which("uml_moo"))):
        if not tool:
            tap.skip(f"{label}: merged by {name}", "uml-utilities is not installed")
            continue
        if os.path.exists("merged"):
            os.unlink("merged")
        done = subprocess.run([tool, "cow", "merged"], capture_output=True, text=True, check=False)
        with open("merged", "rb") as file:
            tap.ok(file.read() == image, f"{label}: {name} uml_moo merges it", done.stderr)


def journey(tap, maker, seed):
    rng = random.Random(seed)
    for name in ("cow", "back"):
        if os.path.exists(name):
            os.unlink(name)
    image = bytearray(rng.randbytes(SIZE))
    with open("back", "wb") as file:
        file.write(image)
    other = "ours" if maker != "ours" else "Debian's"
    for number, (who, disk) in enumerate(((maker, "cow,back"), (other, "cow"), (maker, "cow"), (other, "cow"))):
        label = f"made by {maker}, turn {number + 1}"
        turn(tap, who, disk, image, rng, label)
        merged_is(tap, image, label)
    check_layer(tap, f"made by {maker}, in the end", "cow")


def theirs_runs():
    """It does not on every host: its 6.1 ends where the processor has more state than it has room for (AMX)."""
    make_initrd("echo IT RUNS")
    guest = Guest("mem=96M", "initrd=initrd", "root=/dev/ram0", "con0=fd:0,fd:1", "con=null", linux=THEIRS)
    guest.wait(90)
    guest.close()
    return "IT RUNS" in guest.text


def main():
    if not THEIRS:
        skip_all("Debian's linux.uml (package user-mode-linux) is not installed")
    if not os.access(BUSYBOX, os.X_OK):
        skip_all("busybox-static is not installed")
    tap = Tap()
    with working_directory("interop"):
        if not theirs_runs():
            skip_all("Debian's linux.uml does not run on this host")
        tap.section(journey, "ours", 1)
        tap.section(journey, "Debian's", 2)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
