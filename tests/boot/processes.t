#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Guest processes that somebody on the host ends: the program goes, the machine goes on, with new processes
as with old ones, even if the one from which all others are made is gone. None is left by a reboot of the guest.
"""

import os
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import Guest, Tap, check_end, children_of, rescue, stat_of  # noqa: E402


def zombies_of(parent):
    stats = [(name, stat_of(name)) for name in os.listdir("/proc") if name.isdigit()]
    return [name for name, fields in stats if fields and fields[0] == "Z" and int(fields[1]) == parent]


def forks(tap, guest, label):
    status, text = guest.run("for i in 1 2 3 4 5; do (true | cat); done; echo works", timeout=60)
    tap.ok(status == 0 and text.endswith("works"), f"{label}: programs are started", text, guest.tail())


def killed(tap, words):
    label = " ".join(words)
    guest = rescue("mem=64M", *words)
    template = sorted(children_of(guest.pid))[0]
    os.kill(template, signal.SIGKILL)
    forks(tap, guest, f"{label}: template killed")
    # More at a time than there are in reserve.
    status, text = guest.run("for i in $(seq 20); do sleep 3 & done; wait; echo all", timeout=60)
    tap.ok(status == 0 and text.endswith("all"), f"{label}: template killed: many at a time", text)
    before = set(children_of(guest.pid))
    guest.run("sleep 1000 & sleep 0.3")
    new = sorted(set(children_of(guest.pid)) - before)
    tap.note(f"{len(new)} new processes")
    for pid in new:
        os.kill(pid, signal.SIGKILL)
    forks(tap, guest, f"{label}: a program's processes killed")
    check_end(tap, guest, label)


def reboots(tap, words):
    label = " ".join(words)
    guest = rescue("mem=64M", *words)
    for _ in range(2):
        guest.run("(sleep 100 | cat) & true")
        before = set(map(str, children_of(guest.pid))) | set(zombies_of(guest.pid))
        guest.send("reboot -f\n")
        guest.expect("Run /init as init process", timeout=60)
        guest.expect("rescue:/root# ", timeout=60)
    time.sleep(0.5)
    # Threads of programs that ended are zombies until their mapper is used again; those of the last kernel are not.
    left = before & (set(map(str, children_of(guest.pid))) | set(zombies_of(guest.pid)))
    tap.ok(not left, f"{label}: no process is left after reboots", f"{left} of {len(before)}")
    check_end(tap, guest, label)


def main():
    tap = Tap()
    for words in (["backend=seccomp"], ["backend=seccomp", "ncpus=2"], ["backend=ptrace"]):
        tap.section(killed, words)
        tap.section(reboots, words)
    Guest.end_all()
    return tap.done()


sys.exit(main())
