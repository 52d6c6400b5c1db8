#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What the host sees of guest programs that wait for long: they sleep in the stub, from where they can be
frozen. A call that is told by a notice leaves its program asleep in the call, which is not to last,
whether the vCPU has nothing to do or never is idle. The programs go on when what they wait for has come.
"""

import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import Guest, Tap, check_end, children_of, rescue  # noqa: E402

WAITERS = 12
# The number of the host's futex().
FUTEX = "202"


def calls(pids):
    """The number of the host's system call which each is in, or "running"."""
    found = []
    for pid in pids:
        try:
            with open(f"/proc/{pid}/syscall") as file:
                found.append(file.read().split()[0])
        except OSError:
            pass
    return found


def settled(pids):
    """All but one that may be served just now wait by futex."""
    for _ in range(40):
        if sum(call != FUTEX for call in calls(pids)) <= 1:
            return True
        time.sleep(0.05)
    return False


def waiting(tap, label, *args):
    guest = rescue("mem=96M", *args)
    every = f"i=0; while [ $i -lt {WAITERS} ]; do"
    guest.run(f"{every} mkfifo /tmp/f$i; (read x </tmp/f$i; echo $x >>/tmp/out) & i=$((i+1)); done; true")
    guest.run("sleep 0.3")
    pids = children_of(guest.pid)
    tap.ok(len(pids) > WAITERS, f"{label}: there are programs that wait", pids)
    tap.ok(settled(pids), f"{label}: they sleep when the machine is idle", calls(pids))
    guest.run("(while :; do :; done) & echo $! >/tmp/busy; true")
    guest.run("sleep 0.5")
    tap.ok(settled(pids), f"{label}: they sleep when it is busy", calls(pids))
    # Each wakes up and finds its registers: the shell's, of a call that was interrupted on the host.
    guest.run(f"{every} echo w$i >/tmp/f$i; i=$((i+1)); done; true")
    guest.run("sleep 0.5; kill $(cat /tmp/busy)")
    lines = sorted(guest.run("cat /tmp/out")[1].split())
    tap.ok(lines == sorted(f"w{i}" for i in range(WAITERS)), f"{label}: all of them go on", lines)
    check_end(tap, guest, label)


def main():
    tap = Tap()
    tap.section(waiting, "taking turns", "backend=seccomp", "spin=off")
    tap.section(waiting, "one processor", "backend=seccomp")
    tap.section(waiting, "two processors", "backend=seccomp", "ncpus=2")
    Guest.end_all()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
