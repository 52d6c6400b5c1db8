#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
gdb on the kernel: attach with scripts/uml.gdb, a breakpoint in a kernel function is hit by a
system call of the guest, detach; the guest goes on.
"""

import os
import re
import shutil
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import COMPLAINT, TOP, Tap, check_gone, is_root, rescue, skip_all  # noqa: E402

# Exported, so never inlined, and called only when we say so.
FUNCTION = "vfs_mkdir"


def may_attach():
    try:
        with open("/proc/sys/kernel/yama/ptrace_scope", encoding="utf-8") as file:
            scope = int(file.read())
    except FileNotFoundError:
        scope = 0
    return scope == 0 or (is_root() and scope < 3)


def start_gdb(guest, *commands):
    args = ["gdb", "-q", "-nx", "-p", str(guest.pid), "-batch", "-x", f"{TOP}/scripts/uml.gdb"]
    for command in commands:
        args += ["-ex", command]
    return subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True)


def breakpoint_hit(tap):
    guest = rescue()
    # Something that needs ticks and faults meanwhile.
    guest.run("(while :; do :; done) & true")
    gdb = start_gdb(guest, f"break {FUNCTION}", "echo READY\\n", "continue", "bt", "delete", "detach")
    # If it never comes back, the reads below must.
    timer = threading.Timer(60, gdb.kill)
    timer.start()
    output = []
    for line in gdb.stdout:
        output.append(line)
        if line.startswith("READY"):
            guest.send("mkdir /by-gdb\n")
    timer.cancel()
    status = gdb.wait()
    text = "".join(output)
    tap.ok(status == 0, "gdb attaches and ends with status 0", f"status {status}", text[-3000:])
    tap.ok(re.search(rf"Breakpoint 1, (0x\w+ in )?{FUNCTION} \(", text),
           f"a breakpoint in {FUNCTION} is hit", text[-3000:])
    tap.ok("#0 " in text and "#2 " in text, "there is a backtrace", text[-3000:])
    tap.ok("received signal" not in text, "no signal of the kernel stops it", text[-3000:])
    result, output = guest.run("test -d /by-gdb && echo there")
    tap.ok(result == 0 and output == "there", "the guest goes on after detach", output)
    result, output = guest.run("sleep 1; ls / | grep -c by-gdb")
    tap.ok(result == 0 and output == "1", "its timers and programs still work", output)
    tap.ok(not COMPLAINT.search(guest.text), "no complaint of the kernel", guest.tail())
    guest.send("poweroff\n")
    tap.ok(guest.wait(20) == 0, "poweroff: status 0", guest.tail())
    check_gone(tap, guest, "poweroff")


def attach_again(tap):
    guest = rescue()
    for number in range(3):
        gdb = start_gdb(guest, "info threads", "detach")
        output, _ = gdb.communicate(timeout=60)
        tap.ok(gdb.returncode == 0 and guest.run(f"echo {number}")[1] == str(number),
               f"attach and detach, time {number + 1}", output[-2000:])


def main():
    if not shutil.which("gdb"):
        skip_all("no gdb")
    if not may_attach():
        skip_all("the host's sysctl kernel.yama.ptrace_scope forbids to attach")
    tap = Tap()
    tap.section(breakpoint_hit)
    tap.section(attach_again)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
