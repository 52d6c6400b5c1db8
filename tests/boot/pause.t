#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The host stops processes and lets them go on: a job-control shell, a debugger, a container that is
paused. Once the guests' processes alone, at any moment, once the whole program. All go on as before.
"""

import os
import random
import signal
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import Guest, Tap, check_end, children_of, rescue  # noqa: E402

PAUSES = int(os.environ.get("PAUSES", "400"))
LOOPS = 4
# Loops that make processes, and with them page faults and changes of mappings, and count.
BUSY = (f"for n in {' '.join(str(n) for n in range(LOOPS))}; do "
        "(i=0; while :; do i=$((i+1)); /bin/true; echo $i >/tmp/count$n; done) & done; true")


def counts(guest):
    """What the loops have counted to; one that is just writing shows an empty file."""
    for _ in range(100):
        words = guest.run("cat /tmp/count*", 60)[1].split()
        if len(words) == LOOPS:
            break
    return [int(word) for word in words]


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass


def pause(pids, seconds):
    signal_all(pids, signal.SIGSTOP)
    time.sleep(seconds)
    signal_all(pids, signal.SIGCONT)


def check_going(tap, guest, what):
    before = counts(guest)
    guest.run("sleep 1", 60)
    after = counts(guest)
    tap.ok(len(after) == LOOPS and all(new > old for new, old in zip(after, before)),
           f"{what}: all loops go on", before, after)


def paused(tap, label, *args):
    chance = random.Random(label)
    guest = rescue("mem=96M", *args)
    guest.run(BUSY)
    guest.run("sleep 0.5")
    check_going(tap, guest, f"{label}: at first")
    for _ in range(PAUSES):
        pause(children_of(guest.pid), chance.uniform(0, 0.002))
        time.sleep(chance.uniform(0, 0.004))
    check_going(tap, guest, f"{label}: after {PAUSES} pauses of the guests' processes")
    # So long as would tell that a guest does what it likes, if it had been let run.
    # The first is the template, then come the shells.
    for pid in sorted(children_of(guest.pid))[2:5]:
        pause([pid], 5)
    check_going(tap, guest, f"{label}: after long pauses of one process")
    for _ in range(PAUSES // 8):
        pause([guest.pid] + children_of(guest.pid), chance.uniform(0, 0.02))
        time.sleep(chance.uniform(0, 0.01))
    check_going(tap, guest, f"{label}: after {PAUSES // 8} pauses of the program")
    check_end(tap, guest, label)


def main():
    tap = Tap()
    tap.section(paused, "ptrace", "backend=ptrace")
    tap.section(paused, "seccomp", "backend=seccomp")
    tap.section(paused, "taking turns", "backend=seccomp", "spin=off")
    tap.section(paused, "2 processors", "backend=seccomp", "ncpus=2")
    tap.section(paused, "spinning", "backend=seccomp", "ncpus=2", "spin=on")
    Guest.end_all()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
