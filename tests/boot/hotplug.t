#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Processors are taken away and come back: while the guest is idle, while it is busy on all of them,
and under programs whose threads share memory. It ends well with some of them missing.
"""

import os
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import COMPLAINT, TOP, Guest, Tap, check_gone, rescue  # noqa: E402

SYS = "/sys/devices/system/cpu"
TURNS = int(os.environ.get("HOTPLUG_TURNS", "10"))
PROGRAMS = ("thread", "futex", "fork", "cow", "mmap", "fpswitch")
SECTOR = 512
# Six loops which make processes and count, two which only take time.
BUSY = ("for n in 1 2 3 4 5 6; do (i=0; while :; do i=$((i+1)); /bin/true; echo $i >/tmp/count$n; done) & done; "
        "for n in 1 2; do (while :; do :; done) & done; true")


def start(*args):
    return rescue("mem=96M", "ncpus=3", *args)


def switch(guest, *values):
    """Give each (processor, value) its turn; true if none was refused."""
    return guest.run(" && ".join(f"echo {on} >{SYS}/cpu{cpu}/online" for cpu, on in values), 60)[0] == 0


def online(guest):
    """The list of processors that are on, and how many a program counts."""
    return guest.run(f"cat {SYS}/online; nproc; grep -c ^processor /proc/cpuinfo", 60)[1].split()


def end(tap, guest, label):
    text = guest.run("dmesg | sed 's/^/> /'", 60)[1]
    tap.ok("Linux version" in text and not COMPLAINT.search(text + guest.text),
           f"{label}: no complaint of the kernel", guest.tail(60))
    guest.send("poweroff\n")
    tap.ok(guest.wait(30) == 0, f"{label}: poweroff", f"{guest.status}", guest.tail())
    check_gone(tap, guest, label)
    guest.close()


def idle(tap):
    guest = start()
    tap.ok(online(guest) == ["0-2", "3", "3"], "three processors", online(guest))
    tap.ok(guest.run(f"test -e {SYS}/cpu0/online")[0] == 1, "the first one cannot be taken away")
    for turn in range(3):
        good = switch(guest, (1, 0))
        tap.ok(good and online(guest) == ["0,2", "2", "2"], f"idle: the second one goes, time {turn + 1}",
               online(guest))
        good = switch(guest, (1, 1))
        tap.ok(good and online(guest) == ["0-2", "3", "3"], f"idle: and comes back, time {turn + 1}", online(guest))
    good = switch(guest, (1, 0), (2, 0))
    tap.ok(good and online(guest) == ["0", "1", "1"], "idle: one is left", online(guest))
    tap.ok(guest.run("sleep 0.3; echo $(echo work)")[1] == "work", "idle: and it works")
    good = switch(guest, (2, 1), (1, 1))
    tap.ok(good and online(guest) == ["0-2", "3", "3"], "idle: all come back", online(guest))
    tap.ok(guest.run("taskset -p 4 $$ >/dev/null && (while :; do echo >>/tmp/t; sleep 0.05; done) & sleep 1; "
                     "wc -l </tmp/t")[1].split()[-1] not in ("", "0"), "idle: timers tick on one that came back")
    end(tap, guest, "idle")


def counts(guest):
    return [int(word) for word in guest.run("cat /tmp/count*", 60)[1].split()]


def busy(tap):
    guest = start()
    guest.run(BUSY)
    guest.run("sleep 1")
    good = True
    for turn in range(TURNS):
        cpu = 1 + turn % 2
        good &= switch(guest, *[(cpu, on) for on in (0, 1, 0, 1)])
    tap.ok(good and online(guest) == ["0-2", "3", "3"], f"busy: {4 * TURNS} times on and off", online(guest))
    good = switch(guest, (1, 0), (2, 0))
    before = counts(guest)
    guest.run("sleep 2", 60)
    after = counts(guest)
    tap.ok(good and len(after) == 6 and all(new > old for new, old in zip(after, before)),
           "busy: all go on with one processor", before, after)
    good = switch(guest, (1, 1), (2, 1))
    guest.run("sleep 1", 60)
    tap.ok(good and all(new > old for new, old in zip(counts(guest), after)), "busy: and with three again", counts(guest))
    switch(guest, (1, 0))
    # The load goes on, one processor is away.
    end(tap, guest, "busy")


def programs(tap):
    """Guest programs of tests/guest, each on a disk of its own because that is simple."""
    there = [name for name in PROGRAMS if os.access(f"{TOP}/build/tests/guest/{name}", os.X_OK)]
    if not there:
        tap.skip("programs", 'no build/tests/guest: run "make tests"')
        return
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        for name in there:
            path = shutil.copy(f"{TOP}/build/tests/guest/{name}", scratch)
            os.truncate(path, -(-os.path.getsize(path) // SECTOR) * SECTOR)
        guest = start(*[f"ubd{1 + index}r={scratch}/{name}" for index, name in enumerate(there)])
        for index, name in enumerate(there):
            guest.run(f"cat /dev/ubd{1 + index} >/tmp/{name}; chmod +x /tmp/{name}")
        guest.run(f"(n=0; while [ ! -e /tmp/enough ]; do for cpu in 1 2; do for on in 0 1; do "
                  f"echo $on >{SYS}/cpu$cpu/online || echo >>/tmp/refused; done; done; n=$((n+4)); echo $n >/tmp/n; "
                  f"done) & true")
        for name in there:
            status, text = guest.run(f"/tmp/{name} >/tmp/out 2>&1; s=$?; grep -v '^ok' /tmp/out; (exit $s)", 240)
            tap.ok(status == 0 and "not ok" not in text, f"programs: {name}", text)
        guest.run("touch /tmp/enough; wait", 60)
        tap.ok(guest.run("test -e /tmp/refused")[0] == 1, "programs: none was refused")
        tap.note(f"{guest.run('cat /tmp/n')[1]} times on and off")
        tap.ok(online(guest) == ["0-2", "3", "3"], "programs: three processors", online(guest))
        end(tap, guest, "programs")


def main():
    tap = Tap()
    for part in (idle, busy, programs):
        tap.section(part)
    Guest.end_all()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
