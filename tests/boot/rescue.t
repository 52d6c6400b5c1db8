#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The rescue shell: how soon it is there, in how little memory, what it costs when idle, and
that leaving it leaves nothing behind.
"""

import os
import re
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import (COMPLAINT, RESCUE_PROMPT, Guest, Tap, check_gone,  # noqa: E402
                    children_of, clean, cpu_seconds, is_root, rescue)

IDLE_SECONDS = 5


def start_time(tap):
    guest = Guest("mem=64M", private_tmp=is_root())
    guest.expect(RESCUE_PROMPT, 30)
    wall = time.monotonic() - guest.started
    tap.note(f"wall {wall * 1000:.0f} ms")
    tap.ok(wall < 5, "the shell is there within 5 s")
    to_init = float(re.search(r"\[ *(\d+\.\d+)\] Run /init", guest.text).group(1))
    tap.note(f"guest clock at init {to_init * 1000:.1f} ms")
    tap.ok(to_init < 0.5, "the kernel reaches init within 0.5 s of guest clock")
    text = clean(guest.text)
    tap.ok("poweroff" in text and "--help" in text and "ubd0=" in text,
           "the welcome tells of poweroff, --help and ubd0=", guest.tail())

    status, output = guest.run("uname -m; id -u; ls / | wc -l")
    tap.ok(status == 0 and output.split()[:2] == ["x86_64", "0"], "commands run", output)
    status, output = guest.run("echo $((6*7)) | grep -c 42; true | false")
    tap.ok(status == 1 and output == "1", "pipes and statuses work", f"{status} {output}")

    guest.send("poweroff\n")
    status = guest.wait(20)
    tap.ok(status == 0, "poweroff: status 0", f"status {status}", guest.tail())
    check_gone(tap, guest, "poweroff")
    tap.ok(guest.terminal_restored(), "poweroff: the terminal is as it was")
    left = guest.leftovers()
    tap.ok(not left, "poweroff: nothing in HOME, " +
           ("/tmp or /dev/shm" if is_root() else "or TMPDIR"), f"{left}")
    tap.ok(not COMPLAINT.search(guest.text), "no complaint of the kernel")


def umid_directory(tap):
    guest = rescue("mem=64M", "umid=boottest")
    directory = f"{guest.scratch}/home/.uml/boottest"
    tap.ok(os.path.isdir(directory), "umid=: its directory is there while it runs")
    guest.send("poweroff\n")
    guest.wait(20)
    tap.ok(not os.path.exists(directory), "umid=: it is gone afterwards")


def end_of_shell(tap):
    guest = rescue()
    guest.send("exit\n")
    tap.ok(guest.wait(20) == 0, "exit of the shell powers off, status 0", guest.tail())
    check_gone(tap, guest, "exit")


def small_memory(tap):
    guest = rescue("mem=32M")
    status, output = guest.run("grep MemTotal /proc/meminfo")
    tap.note(f"mem=32M: {output}")
    tap.ok(status == 0 and int(output.split()[1]) <= 32 * 1024, "mem=32M gives a shell", output)
    status, output = guest.run("dmesg | grep -c -i 'out of memory'")
    tap.ok(output == "0", "mem=32M: nothing runs out of memory", output)
    guest.send("poweroff\n")
    tap.ok(guest.wait(20) == 0, "mem=32M: status 0")


def no_terminal(tap):
    """Input that ends must not be a reason to spin or to hang."""
    guest = rescue("mem=64M", terminal=False)
    status, output = guest.run("echo through a pipe")
    tap.ok(status == 0 and output == "through a pipe", "the shell works on pipes", output)
    guest.send("poweroff\n")
    tap.ok(guest.wait(20) == 0, "pipes: status 0", guest.tail())


def reboot(tap):
    guest = rescue("mem=64M", "noreboot")
    guest.send("reboot\n")
    status = guest.wait(20)
    tap.note(f"noreboot: status {status}")
    tap.ok(status >= 0, "noreboot: a reboot ends the program", guest.tail())
    check_gone(tap, guest, "noreboot")
    tap.ok(not guest.leftovers(), "noreboot: no file is left", f"{guest.leftovers()}")

    guest = rescue("mem=64M")
    before = guest.family_now().copy()
    guest.send("reboot\n")
    guest.expect(RESCUE_PROMPT, 30)
    tap.ok(guest.poll() is None, "reboot: the same process starts again")
    time.sleep(0.3)
    from_before = before & set(children_of(guest.pid))
    tap.ok(not from_before, "reboot: no guest process of the first life is left", f"{from_before}")
    guest.send("poweroff\n")
    tap.ok(guest.wait(20) == 0, "reboot: poweroff afterwards, status 0")
    check_gone(tap, guest, "reboot")
    tap.ok(guest.terminal_restored(), "reboot: the terminal is as before the first life")


def idle(tap, *args):
    label = " ".join(("idle", *args))
    guest = rescue("mem=64M", *args)
    # Programs that hand work to each other: what was learnt of that is forgotten again.
    guest.run("dd if=/dev/zero bs=64 count=20000 2>/dev/null | cat | wc -c")
    time.sleep(1)
    family = [guest.pid, *guest.family_now()]
    before = cpu_seconds(family)
    # Output is taken meanwhile, as a terminal would do.
    end = time.monotonic() + IDLE_SECONDS
    while time.monotonic() < end:
        guest.read(end - time.monotonic())
    share = (cpu_seconds(family) - before) / IDLE_SECONDS * 100
    tap.note(f"{label}: {share:.2f} % of a core over {IDLE_SECONDS} s")
    tap.ok(share < 1, f"{label}: less than 1 % of a core is used", f"{share:.2f} %")
    guest.close()


def main():
    tap = Tap()
    for part in (start_time, umid_directory, end_of_shell, small_memory, no_terminal, reboot, idle):
        tap.section(part)
    tap.section(idle, "ncpus=2")
    tap.section(idle, "ncpus=2", "spin=on")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
