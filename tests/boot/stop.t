#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Being stopped: one SIGTERM (or SIGHUP) always ends the program. A guest that shuts down has its
time for it, one that cannot hear of it (it hangs with interrupts disabled, panics again and
again, or has no init) has none, and neither has one that does not come to an end.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from initramfs import Initramfs  # noqa: E402
from outtree import build_module  # noqa: E402
from umboot import LINUX, Guest, Tap, check_gone, children_of, name_of, rescue, skip_all, stat_of  # noqa: E402

# Seconds within which a program ends whose guest does not react; one more for a busy machine.
AT_ONCE = 3
PROMPT = "stop:# "
INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /bin
/bin/busybox --install -s /bin
export PATH=/bin PS1='{PROMPT}'
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
echo 0 >/proc/sys/kernel/ctrl-alt-del
exec sh
"""


def check_end(tap, guest, label, status, seconds, started):
    """@status: None where it depends on the moment."""
    code = guest.wait(seconds + 30)
    took = time.monotonic() - started
    tap.ok(took < seconds, f"{label}: it ends in time", f"{took:.1f} s", guest.tail())
    tap.ok(status in (code, None), f"{label}: its status", f"{code}, not {status}", guest.tail())
    check_gone(tap, guest, label)
    if guest.master is not None:
        tap.ok(guest.terminal_restored(), f"{label}: the terminal is as it was")
    tap.ok(not guest.leftovers(), f"{label}: no file is left", f"{guest.leftovers()}")


def ask(guest, number=signal.SIGTERM):
    guest.kill(number)
    return time.monotonic()


def write_initramfs(scratch):
    with Initramfs(f"{scratch}/stop.cpio") as ramfs:
        ramfs.directories("bin", "dev", "proc")
        ramfs.device("dev/console", 5, 1)
        ramfs.program("bin/busybox", shutil.which("busybox"))
        ramfs.text("init", INIT)
        ramfs.program("hang.ko", f"{scratch}/hang/hang.ko")


def boot(scratch, *args):
    guest = Guest("mem=64M", f"initrd={scratch}/stop.cpio", "rdinit=/init", *args)
    guest.expect(PROMPT, 30)
    return guest


def hangs(tap, scratch, how, *args):
    label = f"how={how} {' '.join(args)}".strip()
    guest = boot(scratch, *args)
    guest.send(f"insmod /hang.ko how={how}\n")
    guest.expect(f"how={how}", 10)
    time.sleep(1)
    started = ask(guest)
    check_end(tap, guest, label, 1, AT_ONCE, started)
    tap.ok("SIGTERM: the guest does not react" in guest.text, f"{label}: it says so", guest.tail())
    guest.close()


def panics(tap, seconds):
    """One that panics at each start, and sleeps between them, or has hardly begun."""
    guest = Guest("mem=64M", "rdinit=/bin/false", f"panic={seconds}")
    guest.expect("Kernel panic - not syncing", 20)
    time.sleep(0.3)
    if seconds < 0:
        guest.expect("Kernel panic - not syncing", 20)
    started = ask(guest)
    # One that always starts again can be asked just when it could shut down.
    check_end(tap, guest, f"panic={seconds}", None if seconds < 0 else 1, AT_ONCE, started)
    guest.close()


def no_init_yet(tap):
    guest = Guest("mem=64M", "root=/dev/ubdp", "rootwait")
    guest.expect("Waiting for root device", 20)
    started = ask(guest)
    check_end(tap, guest, "no init yet", 0, AT_ONCE, started)
    guest.close()


def deaf_init(tap, scratch):
    guest = boot(scratch)
    # Not a shell, which handles it.
    guest.send("exec tail -f /dev/null\n")
    guest.expect("tail -f", 10)
    time.sleep(0.5)
    started = ask(guest)
    check_end(tap, guest, "an init that leaves it to the kernel", 0, AT_ONCE, started)
    tap.ok("there is no init that would shut down" in guest.text, "it says so", guest.tail())
    guest.close()


def slow_init(tap, scratch):
    guest = boot(scratch, "stop_timeout=4")
    # Whoever ignores it has decided, too.
    guest.run("trap '' INT")
    started = ask(guest)
    guest.expect("asks us to shut down", 10)
    tap.ok(guest.run("sleep 2; echo alive", 20)[1].endswith("alive"), "an init that hears of it has time")
    check_end(tap, guest, "its time is over", 1, 4 + AT_ONCE, started)
    tap.ok(time.monotonic() - started >= 3.5, "not before it is over")
    tap.ok("not shut down within 4 s" in guest.text, "it says so", guest.tail())
    guest.close()
    # Time in which the program was stopped does not count.
    guest = boot(scratch, "stop_timeout=4")
    guest.run("trap 'echo later' INT")
    started = ask(guest)
    guest.expect("asks us to shut down", 10)
    guest.kill(signal.SIGSTOP)
    time.sleep(5)
    guest.kill(signal.SIGCONT)
    tap.ok(guest.run("sleep 1; echo alive", 20)[1].endswith("alive"), "SIGSTOP stops its clock, too")
    guest.kill(signal.SIGTERM)
    check_end(tap, guest, "a second SIGTERM", 1, 5 + AT_ONCE, started)
    guest.close()


def option(tap):
    for value in ("", "x", "-1", "86401", "99999999999"):
        guest = Guest("mem=64M", f"stop_timeout={value}", terminal=False)
        tap.ok(guest.wait(10) == 1 and f"stop_timeout={value}: expected" in guest.text,
               f"stop_timeout={value}", guest.tail())
        guest.close()


def echoes(tap):
    """What timeout(1), and a shell together with its terminal, send: the same more than once."""
    for first, *others in ((signal.SIGTERM, signal.SIGTERM, signal.SIGCONT),
                           (signal.SIGTERM, signal.SIGHUP),
                           (signal.SIGHUP, signal.SIGCONT, signal.SIGHUP, signal.SIGHUP)):
        label = " ".join(number.name for number in (first, *others))
        guest = rescue()
        started = ask(guest, first)
        for number in others:
            time.sleep(0.01)
            guest.kill(number)
        check_end(tap, guest, label, 0, 15, started)
        tap.ok("Restarting system" in guest.text, f"{label}: the guest shuts down", guest.tail())
        guest.close()


def orders(tap, scratch):
    """Asked a second time, be it soon or later, it ends at once."""
    for first, pause, second in ((signal.SIGTERM, 0.01, signal.SIGTERM), (signal.SIGTERM, 0.5, signal.SIGTERM),
                                 (signal.SIGHUP, 0.01, signal.SIGTERM), (signal.SIGHUP, 1.2, signal.SIGHUP)):
        guest = boot(scratch)
        guest.run("trap 'echo later' INT")
        ask(guest, first)
        time.sleep(pause)
        started = ask(guest, second)
        check_end(tap, guest, f"{first.name}, {pause} s later {second.name}", 1, 1.5, started)
        guest.close()


def by_timeout(tap):
    guest = Guest("8", LINUX, "mem=64M", linux=shutil.which("timeout"), terminal=False)
    guest.expect("rescue", 8)
    started = time.monotonic()
    check_end(tap, guest, "timeout 8 ./linux", 124, 20, started)
    tap.ok("Restarting system" in guest.text, "timeout 8 ./linux: the guest shuts down", guest.tail())
    guest.close()


def closed_terminal(tap):
    """As when its window is closed."""
    guest = rescue()
    guest.run("sleep 1000 & true")
    copy = os.dup(guest.slave)
    os.close(guest.slave)
    os.close(guest.master)
    guest.master = guest.slave = None
    guest.reader, guest.writer = os.pipe()
    os.close(copy)
    started = time.monotonic()
    check_end(tap, guest, "a closed terminal", 0, 15, started)
    guest.close()


def parent_ends(tap, output, *stdin):
    """Nobody is told when the process that started it is killed: it has to see by itself."""
    label = f"killed parent, {' '.join(stdin) or 'pipes'}"
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        # Both pipes' other ends are this process's.
        os.close(reader)
        child = subprocess.Popen([LINUX, "mem=64M", f"umid=orphan-{os.getpid()}"], stdout=subprocess.PIPE,
                                 stdin=subprocess.DEVNULL if stdin else subprocess.PIPE,
                                 stderr=subprocess.STDOUT, env={**os.environ, "HOME": output})
        os.write(writer, f"{child.pid}\n".encode())
        for _ in child.stdout:
            pass
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, encoding="ascii") as file:
        pid = int(file.readline())
    time.sleep(3)
    tap.ok(stat_of(pid) is not None, f"{label}: it runs", f"{pid}")
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    end = time.monotonic() + 15
    while time.monotonic() < end and children_of(os.getpid()):
        time.sleep(0.1)
    left = [f"{name_of(pid)} ({pid})" for pid in children_of(os.getpid())]
    tap.ok(not left, f"{label}: no process is left", f"{left}")
    tap.ok(os.listdir(f"{output}/.uml") == [], f"{label}: no file is left", f"{os.listdir(output + '/.uml')}")
    for pid in children_of(os.getpid()):
        os.kill(pid, signal.SIGKILL)


def main():
    if not shutil.which("busybox"):
        skip_all("no busybox")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        tap.section(parent_ends, scratch)
        tap.section(parent_ends, scratch, "/dev/null")
        if build_module(tap, scratch, "hang"):
            write_initramfs(scratch)
            tap.section(hangs, scratch, "irq", "ncpus=1")
            tap.section(hangs, scratch, "irq", "backend=ptrace")
            tap.section(hangs, scratch, "lock", "ncpus=1")
            tap.section(hangs, scratch, "all", "ncpus=2")
            tap.section(deaf_init, scratch)
            tap.section(slow_init, scratch)
            tap.section(orders, scratch)
    for seconds in (-1, 1, 1000):
        tap.section(panics, seconds)
    for part in (no_init_yet, option, echoes, by_timeout, closed_terminal):
        tap.section(part)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
