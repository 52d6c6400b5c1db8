#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What is said when nothing goes on: a panic that no console showed, and the watchdog when its daemon
dies (hang.t and tests/host/watchdog.t have loops). And /proc/exitcode.
"""

import os
import re
import signal
import socket
import struct
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import Guest, Tap, check_gone, clean, rescue  # noqa: E402


def panics(tap):
    for label, args in (("null", ["con=null", "con0=null"]), ("none", ["con=none"]),
                        ("a port", ["con0=port:1", "con=null"])):
        guest = Guest("mem=64M", "rdinit=/bin/false", *args, terminal=False)
        status = guest.wait(20)
        tap.ok(status == 1 and guest.text.count("Linux version") == 1 and
               guest.text.count("Kernel panic - not syncing") == 1,
               f"panic, console {label}: the log is on standard error", f"{status}", guest.tail())
        guest.close()
    guest = Guest("mem=64M", "rdinit=/bin/false", "stderr=1", "con=null", "con0=null", terminal=False)
    guest.wait(20)
    tap.ok(guest.text.count("Kernel panic - not syncing") == 1, "panic, stderr=1 and then null: it is seen",
           guest.tail())
    guest.close()
    for args in ([], ["stderr=1"], ["panic=-1", "noreboot"]):
        guest = Guest("mem=64M", "rdinit=/bin/false", *args, terminal=False)
        guest.wait(20)
        tap.ok(guest.text.count("Linux version") == 1 and
               guest.text.count("Kernel panic - not syncing") == 1,
               f"panic, {' '.join(args)}: the log is there once", guest.tail())
        guest.close()
    guest = Guest("mem=64M", "initrd=/dev/null", terminal=False)
    tap.ok(guest.wait(20) == 1 and guest.text, "an early end: status and message", guest.tail())
    guest.close()


def exitcode(tap):
    for number in (0, 7, 255):
        guest = rescue()
        guest.run(f"echo {number} >/proc/exitcode")
        tap.ok(guest.run("cat /proc/exitcode")[1] == str(number), f"/proc/exitcode reads {number}")
        guest.send("poweroff\n")
        tap.ok(guest.wait(15) == number, f"/proc/exitcode: status {number}", f"{guest.status}")
        guest.close()
    guest = rescue()
    tap.ok(guest.run("echo x >/proc/exitcode")[0] != 0, "/proc/exitcode takes numbers only")
    cpus = int(guest.run("ls -d /sys/devices/system/cpu/cpu[0-9]* | wc -l")[1])
    text = guest.run("cat /proc/cpuinfo")[1]
    tap.ok(re.search(rf"^host\s*: Linux {os.uname().nodename} {os.uname().release}", text, re.M) and
           text.count("processor") == cpus, "/proc/cpuinfo tells of the host", text)
    guest.close()


def watched(*args):
    guest = rescue("mem=64M", "umid=watched", *args)
    if guest.run("test -c /dev/watchdog")[0]:
        guest.close()
        return None
    return guest


def watchdog(tap):
    guest = watched()
    if not guest:
        tap.skip("watchdog", "no CONFIG_UML_WATCHDOG")
        return
    # Served, and closed as it should be: nothing happens.
    guest.run("watchdog -F -t 1 -T 2 /dev/watchdog & sleep 5; kill -TERM $!; sleep 3", 20)
    tap.ok(guest.run("echo alive")[1] == "alive", "a served watchdog does not bite")
    # A daemon that is killed does not say goodbye.
    guest.send("watchdog -F -t 1 -T 2 /dev/watchdog & sleep 1; kill -KILL $!; echo KIL''LED\n")
    guest.expect("KILLED", 10)
    started = time.monotonic()
    tap.ok(guest.wait(15) == 1, "the daemon dies: UML ends with 1", f"{guest.status}", guest.tail())
    tap.ok(1 < time.monotonic() - started < 6, "in time", f"{time.monotonic() - started:.1f} s")
    text = clean(guest.text)
    tap.ok("nobody serves /dev/watchdog" in text and "Call Trace" in text, "it says so, with a stack", guest.tail())
    tap.ok(guest.terminal_restored(), "the terminal is as it was")
    check_gone(tap, guest, "watchdog")
    guest.close()

    guest = watched("watchdog=reboot")
    guest.at = len(guest.text)
    guest.send("watchdog -F -t 1 -T 2 /dev/watchdog & sleep 1; kill -KILL $!\n")
    guest.expect("rebooting", 15)
    guest.expect("Linux version", 10)
    guest.expect("rescue:", 20)
    tap.ok(True, "watchdog=reboot starts again")
    guest.close()

    with tempfile.TemporaryDirectory(prefix="umboot-") as directory:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(f"{directory}/news")
        listener.settimeout(20)
        guest = watched(f"mconsole=notify:{directory}/news")
        listener.recv(4096)
        guest.send("watchdog -F -t 1 -T 2 /dev/watchdog & sleep 1; kill -KILL $!\n")
        packet = listener.recv(4096)
        tap.ok(struct.unpack_from("=I", packet, 8)[0] == 2 and b"watchdog" in packet, "the host gets news",
               f"{packet}")
        guest.wait(10)
        guest.close()

    # Time in which the whole program is stopped does not count.
    guest = watched()
    guest.send("watchdog -F -t 1 -T 4 /dev/watchdog & sleep 1; echo WAT''CHED\n")
    guest.expect("WATCHED", 10)
    guest.kill(signal.SIGSTOP)
    time.sleep(7)
    guest.kill(signal.SIGCONT)
    tap.ok(guest.run("sleep 3; echo alive", 15)[1] == "alive", "stopped and continued: it does not bite")
    guest.close()
    guest = Guest("mem=64M", "watchdog=nonsense", terminal=False)
    tap.ok(guest.wait(10) == 1 and "watchdog=nonsense: expected" in guest.text, "watchdog=nonsense", guest.tail())
    guest.close()


def main():
    tap = Tap()
    for part in (panics, exitcode, watchdog):
        tap.section(part)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
