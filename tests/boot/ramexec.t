#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Guest RAM is never executable in the kernel's own process: a module, built here, writes an
instruction into a page of it and calls that. The kernel faults at this address, and goes on.
Guests do execute it: a place for guest RAM where they cannot is refused at once.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from initramfs import Initramfs  # noqa: E402
from outtree import build_module  # noqa: E402
from umboot import LINUX, Guest, Tap, clean, is_root, skip_all  # noqa: E402

PROMPT = "ramexec:# "
INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /bin
/bin/busybox --install -s /bin
export PATH=/bin PS1='{PROMPT}'
mount -t proc proc /proc
exec setsid -c sh
"""


def executes(tap, scratch, *args):
    label = " ".join(args)
    guest = Guest("mem=64M", f"initrd={scratch}/ramexec.cpio", "rdinit=/init", *args)
    guest.expect(PROMPT, 30)
    guest.run("insmod /ramexec.ko; true")
    text = clean(guest.text)
    told = re.search(r"about to execute guest RAM at ([0-9a-f]+)", text)
    tap.ok(told and "guest RAM was executed" not in text, f"{label}: guest RAM is not executed", guest.tail(40))
    tap.ok(told and re.search(rf"Oops: bad memory access at 0*{told.group(1)}\b(.*\n)*?.* IP: 0x{told.group(1)} ", text),
           f"{label}: the fault is where the instruction is", guest.tail(40))
    tap.ok(guest.run("echo alive")[1].endswith("alive"), f"{label}: the kernel goes on", guest.tail())
    with open(f"/proc/{guest.pid}/maps", encoding="utf-8") as file:
        ram = [line for line in file if line.startswith("200000000000-")]
    tap.ok(len(ram) == 1 and ram[0].split()[1] == "rw-s", f"{label}: the host says so, too", f"{ram}")
    guest.close()


def refused(tap, scratch):
    label = "guest RAM on a file system mounted noexec"
    if not is_root():
        return tap.skip(label, "only root can mount one")
    os.mkdir(f"{scratch}/noexec")
    script = f"mount -t tmpfs -o noexec tmpfs {scratch}/noexec && TMPDIR={scratch}/noexec exec {LINUX} mem=64M"
    done = subprocess.run(["unshare", "--mount", "sh", "-c", script], stdin=subprocess.DEVNULL, timeout=30,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return tap.ok(done.returncode == 1 and f"cannot make guest RAM in {scratch}/noexec" in done.stdout,
                  f"{label}: refused by name", f"{done.returncode}", done.stdout[-2000:])


def main():
    if not shutil.which("busybox"):
        return skip_all("busybox is not installed")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        if build_module(tap, scratch, "ramexec"):
            with Initramfs(f"{scratch}/ramexec.cpio") as ramfs:
                ramfs.directories("bin", "dev", "proc")
                ramfs.device("dev/console", 5, 1)
                ramfs.program("bin/busybox", shutil.which("busybox"))
                ramfs.text("init", INIT)
                ramfs.program("ramexec.ko", f"{scratch}/ramexec/ramexec.ko")
            tap.section(executes, scratch, "backend=seccomp")
            tap.section(executes, scratch, "backend=ptrace")
        tap.section(refused, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
