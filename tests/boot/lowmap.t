#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The lowest addresses: programs get none below 128 KiB; what guest root maps below the host's
vm.mmap_min_addr, which a host user cannot have, ends in SIGBUS and a message, not in an endless loop.
"""

import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from initramfs import Initramfs  # noqa: E402
from umboot import NOBODY, Guest, Tap, is_root, skip_all  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def low_pages(tap, ramfs, words):
    label = " ".join(words)
    guest = Guest("mem=64M", f"initrd={ramfs}", "rdinit=/init", "con0=fd:0,fd:1", "con=null", *words, user=NOBODY)
    status = guest.wait(60)
    tap.ok(status == 0, f"{label}: the guest comes to its end", guest.tail())
    text = guest.text
    tap.ok("user at 64 KiB: status 1 signal 0" in text, f"{label}: a user gets no page at 64 KiB", guest.tail())
    tap.ok("user at 128 KiB: status 0 signal 0" in text, f"{label}: a user gets one at 128 KiB", guest.tail())
    tap.ok("root at 0: status -1 signal 7" in text, f"{label}: what the host refuses is SIGBUS", guest.tail())
    tap.ok("the host refuses to map what it has" in text, f"{label}: and the kernel says so", guest.tail())
    tap.ok("user afterwards: status 0 signal 0" in text, f"{label}: others go on", guest.tail())
    guest.close()


def main():
    if not is_root():
        skip_all("only root can become a user without rights")
    with open("/proc/sys/vm/mmap_min_addr", encoding="ascii") as file:
        if not int(file.read()):
            skip_all("this host lets everybody map page 0 (vm.mmap_min_addr)")
    tap = Tap()
    with tempfile.TemporaryDirectory() as scratch:
        os.chmod(scratch, 0o755)
        subprocess.run(["gcc", "-O1", "-static", "-fno-delete-null-pointer-checks", "-o", f"{scratch}/lowmap", f"{HERE}/lowmap/lowmap.c"], check=True)
        ramfs = f"{scratch}/ramfs"
        with Initramfs(ramfs) as archive:
            archive.directories("dev", "proc")
            archive.device("dev/console", 5, 1)
            archive.program("init", f"{scratch}/lowmap")
        os.chmod(ramfs, 0o644)
        for words in (["backend=seccomp"], ["backend=seccomp", "ncpus=2"], ["backend=ptrace"]):
            tap.section(low_pages, ramfs, words)
    Guest.end_all()
    return tap.done()


sys.exit(main())
