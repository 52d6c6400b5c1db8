#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A kernel that hangs, by a module which is built here, out of the tree, as users build theirs: the
watchdog's host half notices, says where it hangs, and ends the program or starts it again. While
other processors go on, they can have those that hang, or are busy, say where (sysrq l).
"""

import os
import re
import shutil
import signal
import socket
import struct
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from initramfs import Initramfs  # noqa: E402
from outtree import build_module  # noqa: E402
from umboot import COMPLAINT, Guest, Tap, check_gone, clean, rescue, skip_all  # noqa: E402

# The daemon serves the watchdog each second; it bites after three.
SERVED = 1
BITES = 3
MCONSOLE_HANG = 2
PROMPT = "hang:# "
INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /bin
/bin/busybox --install -s /bin
export PATH=/bin PS1='{PROMPT}'
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
watchdog -t {SERVED} -T {BITES} /dev/watchdog
exec setsid -c sh
"""


def write_initramfs(scratch):
    with Initramfs(f"{scratch}/hang.cpio") as ramfs:
        ramfs.directories("bin", "dev", "proc")
        ramfs.device("dev/console", 5, 1)
        ramfs.program("bin/busybox", shutil.which("busybox"))
        ramfs.text("init", INIT)
        ramfs.program("hang.ko", f"{scratch}/hang/hang.ko")


def boot(scratch, *args):
    guest = Guest("mem=64M", f"initrd={scratch}/hang.cpio", "rdinit=/init", *args)
    guest.expect(PROMPT, 30)
    return guest


def ends(tap, scratch, how, where, *args):
    label = f"how={how} {' '.join(args)}".strip()
    guest = boot(scratch, *args)
    # It is served: longer than it would wait otherwise, nothing happens.
    tap.ok(guest.run(f"sleep {BITES + 2}; echo alive", 20)[1] == "alive", f"{label}: at first it is served")
    guest.at = len(guest.text)
    started = time.monotonic()
    guest.send(f"insmod /hang.ko how={how}\n")
    tap.ok(guest.wait(BITES + 15) == 1, f"{label}: UML ends with 1", f"{guest.status}", guest.tail())
    took = time.monotonic() - started
    tap.ok(BITES - SERVED - 1 <= took < BITES + 5, f"{label}: in time", f"{took:.1f} s")
    text = clean(guest.text)
    tap.ok("nobody serves /dev/watchdog" in text and re.search(rf"Call Trace:(.*\n)+.*{where}", text),
           f"{label}: it says where it hangs", guest.tail())
    if how == "all":
        tap.ok(where in backtraces(text).get(1, ""), f"{label}: and where the other processor does", guest.tail())
    tap.ok(guest.terminal_restored(), f"{label}: the terminal is as it was")
    check_gone(tap, guest, label)
    guest.close()


def backtraces(text):
    """What each processor has said of itself."""
    parts = re.split(r"NMI backtrace for cpu (\d+)", text)
    return {int(cpu): said for cpu, said in zip(parts[1::2], parts[2::2])}


def others_tell(tap, scratch, how, comm):
    guest = boot(scratch, "ncpus=3")
    # The first has the console and the shell, the second hangs; nobody is to be watched.
    guest.run("killall watchdog; taskset -p 1 $$")
    guest.send(f"taskset {2 if how == 'irq' else 1} insmod /hang.ko how={how} &\n")
    guest.run("sleep 1", 10)
    # The third may be woken now and then.
    for _ in range(5):
        before = len(guest.text)
        guest.run("echo l >/proc/sysrq-trigger", 20)
        guest.run("sleep 1", 10)
        told = backtraces(clean(guest.text[before:]))
        if "idling" in told.get(2, ""):
            break
    tap.ok(sorted(told) == [0, 1, 2], f"sysrq l, how={how}: all processors say what they do", guest.tail(80))
    tap.ok("__handle_sysrq" in told.get(0, ""), "the one that asks, too",
           told.get(0))
    tap.ok("hang_with_interrupts_off" in told.get(1, "") and f"Comm: {comm}" in told.get(1, ""),
           "the one that hangs says where", told.get(1))
    tap.ok("idling at arch_cpu_idle" in told.get(2, ""), "the idle one says that it is", told.get(2))
    guest.close()


def busy_tell(tap, backend):
    """Whatever they are asked in, they go on as before."""
    label = " ".join(backend)
    guest = rescue("mem=96M", *backend)
    # Of a program in user mode, of calls, forks and page faults.
    guest.run("for n in 1 2; do (while :; do :; done) & (while :; do /bin/true; echo $n >>/tmp/$n; done) & done")
    guest.run("dmesg -n 1; dmesg -c >/dev/null")
    started = time.monotonic()
    status, text = guest.run(
        "for n in $(seq 300); do echo l >/proc/sysrq-trigger; dmesg -c | grep -c 'NMI backtrace for'; done | sort | uniq -c",
        120)
    took = time.monotonic() - started
    tap.ok(status == 0 and text.split() == ["300", "2" if "ncpus=2" in backend else "1"],
           f"{label}: asked 300 times, they answer", text)
    # One that waits ten seconds for an answer takes longer.
    tap.ok(took < 60, f"{label}: and at once", f"{took:.1f} s")
    # From the host, when nobody in the kernel has asked; some at once.
    for _ in range(300):
        os.kill(guest.pid, signal.SIGSTKFLT)
        time.sleep(0.003)
    os.kill(guest.pid, signal.SIGSTOP)
    for _ in range(30):
        os.kill(guest.pid, signal.SIGSTKFLT)
    os.kill(guest.pid, signal.SIGCONT)
    status, text = guest.run("a=$(cat /tmp/[12] | wc -l); sleep 1; b=$(cat /tmp/[12] | wc -l); echo going on: $((b > a))",
                             60)
    tap.ok(status == 0 and "going on: 1" in text, f"{label}: they go on", text)
    text = guest.run("dmesg | sed 's/^/> /'", 60)[1]
    tap.ok(not COMPLAINT.search(text + guest.text), f"{label}: no complaint of the kernel", guest.tail(60))
    guest.send("poweroff\n")
    tap.ok(guest.wait(30) == 0, f"{label}: poweroff", f"{guest.status}", guest.tail())
    guest.close()


def starts_again(tap, scratch):
    guest = boot(scratch, "ncpus=1", "watchdog=reboot")
    guest.send("insmod /hang.ko how=irq\n")
    guest.expect("rebooting", BITES + 15)
    guest.expect("Linux version", 10)
    guest.expect(PROMPT, 30)
    tap.ok(guest.run("echo alive")[1] == "alive", "watchdog=reboot: it starts again")
    guest.close()


def tells(tap, scratch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"{scratch}/news")
        listener.settimeout(BITES + 20)
        guest = boot(scratch, "ncpus=1", f"mconsole=notify:{scratch}/news")
        listener.recv(4096)
        guest.send("insmod /hang.ko how=irq\n")
        packet = listener.recv(4096)
        tap.ok(struct.unpack_from("=I", packet, 8)[0] == MCONSOLE_HANG and b"watchdog" in packet,
               "the host gets news of it", f"{packet}")
        guest.wait(10)
        guest.close()


def main():
    if not shutil.which("busybox"):
        skip_all("no busybox")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        if build_module(tap, scratch, "hang"):
            write_initramfs(scratch)
            # With more processors, one that hangs does not keep the others from serving it.
            tap.section(ends, scratch, "irq", "hang_with_interrupts_off", "ncpus=1")
            tap.section(ends, scratch, "irq", "hang_with_interrupts_off", "backend=ptrace")
            tap.section(ends, scratch, "lock", "hang_on_a_lock", "ncpus=1")
            tap.section(ends, scratch, "all", "hang_with_interrupts_off", "ncpus=2")
            tap.section(starts_again, scratch)
            tap.section(tells, scratch)
            tap.section(others_tell, scratch, "irq", "insmod")
            tap.section(others_tell, scratch, "interrupt", "swapper/1")
            for backend in (("backend=ptrace",), ("backend=seccomp", "ncpus=2"),
                            ("backend=seccomp", "ncpus=2", "spin=off")):
                tap.section(busy_tell, backend)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
