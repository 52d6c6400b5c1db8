#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Host cores: the vCPU shares a core with the guest it runs, two vCPUs have a core each, helper threads
are free, and what taskset says holds, before the start and while it runs.
"""

import os
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import RESCUE_PROMPT, Guest, Tap, children_of, rescue, skip_all  # noqa: E402

BUSY = "while :; do kill -0 $$; done &\n"


def threads_of(pid):
    return [int(tid) for tid in os.listdir(f"/proc/{pid}/task")]


def wait_for(check, seconds=10):
    """The seat is taken when guests run, so it is there soon, not at once."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if check():
            return True
        time.sleep(0.02)
    return False


def affinity(tid):
    try:
        return os.sched_getaffinity(tid)
    except ProcessLookupError:
        return set()


def together(tap):
    guest = rescue("backend=ptrace")
    guest.send(BUSY)
    tap.ok(wait_for(lambda: len(affinity(guest.pid)) == 1), "the vCPU takes one core",
           affinity(guest.pid))
    tap.ok(wait_for(lambda: any(affinity(child) == affinity(guest.pid)
                                for child in children_of(guest.pid))),
           "its guest has the same core")
    others = [tid for tid in threads_of(guest.pid) if tid != guest.pid]
    tap.ok(others and all(affinity(tid) == os.sched_getaffinity(0) for tid in others),
           "helper threads may use every core", [affinity(tid) for tid in others])


def vcpus_of(pid):
    found = [pid]
    for tid in threads_of(pid):
        with open(f"/proc/{pid}/task/{tid}/comm", encoding="ascii") as file:
            if file.read().strip() == "uml-vcpu":
                found.append(tid)
    return found


def apart(tap):
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        check_apart(tap)
    finally:
        for process in others:
            process.kill()
            process.wait()


def check_apart(tap):
    guest = rescue("mem=64M", "backend=seccomp", "ncpus=2", "spin=off")
    guest.send(BUSY + BUSY)
    vcpus = vcpus_of(guest.pid)
    wait_for(lambda: all(len(affinity(tid)) == 1 for tid in vcpus))
    same = seen = 0
    # Beside much else, both are rarely seen seated; the other tests run, too.
    for _ in range(1500):
        if seen == 200:
            break
        masks = [affinity(tid) for tid in vcpus]
        if all(len(mask) == 1 for mask in masks):
            seen += 1
            same += masks[0] == masks[1]
        time.sleep(0.01)
    tap.ok(seen > 10 and same < seen * 2 / 3, "two busy vCPUs sit on different cores", f"{same} of {seen} times on one")


def inherited(tap):
    core = max(os.sched_getaffinity(0))
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        guest = rescue("backend=ptrace")
    finally:
        os.sched_setaffinity(0, before)
    guest.send(BUSY)
    time.sleep(1)
    tids = threads_of(guest.pid) + children_of(guest.pid)
    tap.ok(all(affinity(tid) <= {core} for tid in tids), "the mask it was started with holds",
           [affinity(tid) for tid in tids])


def seat_of(guest):
    seen = []
    wait_for(lambda: seen.append(affinity(guest.pid)) or len(seen[-1]) == 1)
    return seen[-1]


def seen_after(guest, cores):
    """taskset -a: where its vCPU is then, for some seats."""
    # The vCPU last: what it has for its own seat it must be told with the others.
    for tid in sorted(threads_of(guest.pid), reverse=True):
        os.sched_setaffinity(tid, cores)
    time.sleep(1)
    seen = set()
    for _ in range(50):
        seen |= affinity(guest.pid)
        time.sleep(0.02)
    return seen


def moved(tap):
    guest = rescue("backend=ptrace")
    guest.send(BUSY)
    wait_for(lambda: len(affinity(guest.pid)) == 1)
    for core in sorted(os.sched_getaffinity(0)):
        seen = seen_after(guest, os.sched_getaffinity(0) - {core})
        tap.ok(seen and core not in seen, f"taskset away from core {core} holds", seen)
    for _ in range(3):
        seen_after(guest, os.sched_getaffinity(0))
        here = seat_of(guest)
        seen = seen_after(guest, here)
        tap.ok(seen == here, "taskset to just the core where it sits holds", f"{seen}, not {here}")


def rebooted(tap):
    guest = rescue("mem=64M", "backend=seccomp", "ncpus=2")
    guest.send(BUSY + BUSY)
    wait_for(lambda: len(affinity(guest.pid)) == 1)
    guest.at = len(guest.text)
    guest.send("reboot\n")
    guest.expect("Linux version", 30)
    guest.expect(RESCUE_PROMPT, 30)
    others = [tid for tid in threads_of(guest.pid) if tid not in vcpus_of(guest.pid)]
    tap.ok(others and all(affinity(tid) == os.sched_getaffinity(0) for tid in others),
           "after a reboot it may use all cores", [affinity(tid) for tid in others])
    guest.close()


def main():
    if len(os.sched_getaffinity(0)) < 2:
        skip_all("one core only")
    tap = Tap()
    for part in (together, apart, inherited, moved, rebooted):
        tap.section(part)
    Guest.end_all()
    return tap.done()


sys.exit(main())
