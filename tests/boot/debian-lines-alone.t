#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A real init on the consoles: gettys of systemd on con0 to con3 and ttyS0, a login on each; the
management console asked meanwhile; a shutdown by SIGTERM. By itself, as it boots a Debian.
"""

import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import ROOT_IMG, Guest, Tap, Timeout, check_gone, clean, skip_all  # noqa: E402

BOOT_SECONDS = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Line:
    """The other end of a line: a socket, or a descriptor of a terminal."""

    def __init__(self, end):
        self.end = end
        self.text = ""

    def send(self, text):
        os.write(self.end.fileno() if hasattr(self.end, "fileno") else self.end, text.encode())

    def expect(self, pattern, timeout=40):
        fd = self.end.fileno() if hasattr(self.end, "fileno") else self.end
        limit = time.monotonic() + timeout
        while not re.search(pattern, clean(self.text)):
            if time.monotonic() > limit:
                raise Timeout(f"no {pattern!r}: {self.text[-800:]!r}")
            if select.select([fd], [], [], 0.2)[0]:
                self.text += os.read(fd, 65536).decode(errors="replace")
        self.text = ""


def login(tap, line, label, tty):
    line.send("\r")
    line.expect("login: ")
    line.send("root\r")
    line.expect(r"# ")
    line.send("tty; echo $((6*7))and\r")
    line.expect(rf"{tty}\n42and")
    tap.ok(True, f"{label}: login")
    line.send("exit\r")
    line.expect("login: ")
    tap.ok(True, f"{label}: after logout there is a login again")


def ask(guest, *words):
    return subprocess.run(["uml_mconsole", "lines", *words], env=guest.environ, text=True, check=False,
                          stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60).stdout.strip()


def to_prompt(guest):
    guest.expect(r"(login: |# )$", BOOT_SECONDS)
    if guest.text.rstrip().endswith("login:"):
        guest.send("root\n")
        guest.expect(r"# $", 30)
    guest.send("PS1='debian:# '; unset PROMPT_COMMAND; bind 'set enable-bracketed-paste off'\n")


def gettys(tap, scratch):
    image = f"{scratch}/root.img"
    subprocess.run(["cp", "--sparse=always", ROOT_IMG, image], check=True)
    port = free_port()
    guest = Guest("mem=512M", f"ubd0={image}", "root=/dev/ubd0", "umid=lines", "con=null", "con0=fd:0,fd:1",
                  f"con1=pts:{scratch}/con1", f"con2=port:{port}", f"con3=unix:{scratch}/con3",
                  f"ssl0=port:{port + 1}", "ssl=null")
    to_prompt(guest)
    status, text = guest.run("systemctl unmask getty@tty1 getty@tty2 getty@tty3 serial-getty@ttyS0; systemctl "
                             "start getty@tty1 getty@tty2 getty@tty3 serial-getty@ttyS0", 60)
    tap.ok(status == 0, "gettys start", text)
    login(tap, Line(os.open(f"{scratch}/con1", os.O_RDWR | os.O_NOCTTY)), "con1, a pts", "/dev/tty1")
    login(tap, Line(socket.create_connection(("127.0.0.1", port))), "con2, a port", "/dev/tty2")
    unix = socket.socket(socket.AF_UNIX)
    unix.connect(f"{scratch}/con3")
    login(tap, Line(unix), "con3, a Unix socket", "/dev/tty3")
    first = socket.create_connection(("127.0.0.1", port + 1))
    login(tap, Line(first), "ttyS0, a port", "/dev/ttyS0")
    first.close()
    login(tap, Line(socket.create_connection(("127.0.0.1", port + 1))), "ttyS0, the next client", "/dev/ttyS0")
    # The clients above are gone: gettys start anew.
    end = time.monotonic() + 20
    text = ""
    while text.split() != ["active"] * 4 and time.monotonic() < end:
        time.sleep(1)
        text = guest.run("systemctl is-active getty@tty1 getty@tty2 getty@tty3 serial-getty@ttyS0")[1]
    tap.ok(text.split() == ["active"] * 4, "gettys are there for the next ones", text)

    if shutil.which("uml_mconsole"):
        tap.ok(ask(guest, "stop") == "OK stopped", "stop")
        time.sleep(5)
        tap.ok("task:systemd" in ask(guest, "sysrq", "t") and "task:systemd" in ask(guest, "stack", "1"),
               "a stopped guest shows its tasks")
        tap.ok(ask(guest, "sysrq", "s").startswith("OK") and ask(guest, "go") == "OK", "go")
        status, text = guest.run("date +%s.%N")
        tap.ok(abs(float(text) - time.time()) < 2, "the date is right", f"{text} {time.time()}")
        status, text = guest.run("systemctl is-system-running; systemctl --failed --no-legend --plain")
        tap.ok(text == "running", "systemd is content", text)
    else:
        tap.skip("stop and go", "no package uml-utilities")

    guest.kill(signal.SIGTERM)
    tap.ok(guest.wait(90) == 0, "SIGTERM: the guest shuts down", f"{guest.status}", guest.tail())
    tap.ok(re.search("Unmounted|Reached target .*(Reboot|Shutdown|Unmount)|Restarting system",
                     clean(guest.text)), "by its init", guest.tail())
    check_gone(tap, guest, "SIGTERM")
    guest.close()
    done = subprocess.run(["e2fsck", "-fn", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    tap.ok(done.returncode == 0 and "recovering journal" not in done.stdout,
           "SIGTERM: the file system was unmounted", done.stdout)


def main():
    if not os.path.exists(ROOT_IMG):
        skip_all("no root image: make image")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        tap.section(gettys, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
