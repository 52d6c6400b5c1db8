#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A guest that runs out of memory: its own OOM killer ends the program that takes it all, the rest
goes on, on each backend and with two processors.
"""

import os
import re
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import Guest, Tap, rescue  # noqa: E402


def out_of_memory(tap):
    for words in (["backend=ptrace"], ["backend=seccomp"], ["backend=seccomp", "ncpus=2"]):
        label = " ".join(words)
        guest = rescue("mem=64M", *words)
        # tail keeps the last line, which does not end.
        status, text = guest.run("tail /dev/zero", timeout=120)
        tap.ok(status == 137, f"{label}: who takes all memory is killed", f"status {status}", text)
        tap.ok(re.search(r"Out of memory: Killed process \d+ \(tail\)", guest.text),
               f"{label}: by the OOM killer", guest.tail())
        status, text = guest.run("dd if=/dev/zero bs=1M count=8 2>/dev/null >/tmp/file; wc -c </tmp/file")
        tap.ok(status == 0 and text == str(8 << 20), f"{label}: the rest goes on", text)
        guest.send("poweroff\n")
        tap.ok(guest.wait(30) == 0, f"{label}: and ends as usual", guest.tail())
        guest.close()


def main():
    tap = Tap()
    tap.section(out_of_memory)
    Guest.end_all()
    return tap.done()


sys.exit(main())
