#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The main job on real input: a copy of the Debian root image boots to a root prompt as an
unprivileged user, its programs and debuggers work, what was synced is in the image, and
poweroff leaves nothing behind. By itself, as its time is part of the result.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import (NOBODY, ROOT_IMG, Guest, Tap, Timeout, check_gone, is_root,  # noqa: E402
                    skip_all)

BOOT_SECONDS = 120


class Check:
    """Runs one line in the guest for one result."""

    def __init__(self, tap, guest):
        self.tap = tap
        self.guest = guest

    def __call__(self, name, command, good=lambda output: True, timeout=60, status=0):
        started = time.monotonic()
        try:
            code, output = self.guest.run(command, timeout)
        except Timeout as error:
            self.tap.ok(False, name, f"{command}: {error}")
            # Back to the prompt, for those that follow.
            self.guest.send("\x03\x03\n")
            self.guest.run("true", 30)
            return ""
        seconds = time.monotonic() - started
        if seconds > 2:
            self.tap.note(f"{name}: {seconds:.1f} s")
        try:
            fine = code == status and good(output)
        except (ValueError, IndexError):
            fine = False
        self.tap.ok(fine, name, f"{command}: status {code}", output[-2000:])
        return output


def to_prompt(tap, guest):
    guest.expect(r"(login: |# )$", BOOT_SECONDS)
    if guest.text.rstrip().endswith("login:"):
        guest.send("root\n")
        guest.expect(r"# $", 30)
    wall = time.monotonic() - guest.started
    tap.note(f"wall {wall:.1f} s to the prompt")
    tap.ok(wall < BOOT_SECONDS, f"a root prompt within {BOOT_SECONDS} s")
    guest.send("PS1='debian:# '; unset PROMPT_COMMAND; bind 'set enable-bracketed-paste off'\n")


def system(check):
    check("systemd is up", "systemctl is-system-running --wait", lambda text: text == "running", 90)
    check("no unit has failed", "systemctl --failed --no-legend --plain", lambda text: not text)
    check("we are root on the console", "id -u; tty",
          lambda text: text.split() == ["0", "/dev/tty0"] or text.startswith("0\n/dev/"))
    check("both names of the disk are in /dev", "ls -lL /dev/ubd0 /dev/ubda",
          lambda text: text.count("brw") == 2)
    check("both names are one disk", "test $(stat -Lc %t:%T /dev/ubd0) = $(stat -Lc %t:%T /dev/ubda)")
    check("the root file system can be written", "touch /root/x && rm /root/x")
    check("memory is what was asked for", "grep MemTotal /proc/meminfo",
          lambda text: 400000 < int(text.split()[1]) <= 524288)


def programs(check):
    check("python", "python3 -c 'print(6*7)'", lambda text: text == "42")
    check("apt list", "apt list --installed 2>/dev/null | wc -l", lambda text: int(text) > 50, 120)
    # Processes come and go while it walks through /proc.
    check("ls -R /", "ls -R / 2>&1 >/dev/null | grep -v \"'/proc/[0-9]\"; true",
          lambda text: not text, timeout=180)
    check("a pipe and a shell loop", "for i in $(seq 50); do echo $i | cat; done | tail -1",
          lambda text: text == "50")
    check("dd through the page cache", "dd if=/dev/zero of=/root/big bs=1M count=100 conv=fsync 2>&1 "
          "&& cmp -n 104857600 /root/big /dev/zero && rm /root/big", timeout=120)
    check("a job is stopped and goes on", "(sleep 100 & p=$!; kill -STOP $p; sleep 0.3; "
          "cut -d' ' -f3 /proc/$p/stat; kill -CONT $p; sleep 0.3; cut -d' ' -f3 /proc/$p/stat; kill $p)",
          lambda text: re.search(r"^T$.*^S$", text, re.M | re.S))
    check("sleep lasts as long as it says",
          "s=$(date +%s%N); sleep 2; e=$(date +%s%N); echo $(((e-s)/1000000))",
          lambda text: 1990 <= int(text) < 3000)


def debuggers(check):
    if check.guest.run("command -v strace")[0]:
        check.tap.skip("strace", "not in the image")
    else:
        check("strace follows a program", "strace -f -o /tmp/trace sh -c 'true | /bin/true; exit 5'; "
              "echo $?; grep -c 'execve(' /tmp/trace; grep -c 'exited with 5' /tmp/trace",
              lambda text: text.split() == ["5", "2", "1"])
        check("strace counts", "strace -f -c true 2>&1 | grep -c execve", lambda text: text == "1")
    if check.guest.run("command -v gdb")[0]:
        check.tap.skip("gdb", "not in the image")
    else:
        check("gdb runs a program", "gdb -q -batch -ex run -ex 'info program' /bin/true 2>&1",
              lambda text: "exited normally" in text, 90)
        check("gdb stops, steps and reads registers",
              "gdb -q -batch -ex starti -ex stepi -ex 'p $rip != 0' -ex 'x/i $pc' -ex kill /bin/true 2>&1",
              lambda text: "Program stopped" in text and "$1 = 1" in text, 90)
        check("gdb: a breakpoint is hit", "gdb -q -batch -ex 'set breakpoint pending on' "
              "-ex 'break exit' -ex run -ex bt -ex continue /bin/true 2>&1",
              lambda text: "Breakpoint 1" in text and "exited normally" in text, 90)


def load(check):
    if check.guest.run("command -v stress-ng")[0]:
        check.tap.skip("stress-ng", "not in the image")
        return
    check("stress-ng", "stress-ng --cpu 1 --vm 1 --vm-bytes 64M --fork 2 --timeout 10 2>&1",
          lambda text: "successful run completed" in text, 120)


def kernel_log(check):
    check("no BUG, WARNING or Oops in dmesg",
          "dmesg | grep -E 'BUG|WARNING|Oops|refused'; true", lambda text: not text)


def in_image(tap, image, path):
    done = subprocess.run(["debugfs", "-R", f"cat {path}", image], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    return done.stdout


def boot(tap, image, root_name, user):
    return Guest("mem=512M", f"ubd0={image}", f"root=/dev/{root_name}", "con0=fd:0,fd:1", "con=null",
                 user=user, private_tmp=is_root(), size=(50, 250))


def session(tap, image, user):
    guest = boot(tap, image, "ubd0", user)
    to_prompt(tap, guest)
    check = Check(tap, guest)
    for part in (system, programs, debuggers, load):
        part(check)
    token = f"token-{os.getpid()}-{time.time_ns()}"
    check("a file is written and synced", f"echo {token} >/root/token && sync /root/token && sync")
    tap.ok(token in in_image(tap, image, "/root/token"),
           "what was synced is in the image while the guest runs")
    kernel_log(check)
    guest.send("poweroff\n")
    started = time.monotonic()
    status = guest.wait(90)
    tap.note(f"poweroff took {time.monotonic() - started:.1f} s")
    tap.ok(status == 0, "poweroff: status 0", f"status {status}", guest.tail())
    tap.ok(guest.terminal_restored(), "poweroff: the terminal is as it was")
    check_gone(tap, guest, "poweroff")
    tap.ok(not guest.leftovers(), "poweroff: no file is left", f"{guest.leftovers()}")
    guest.close()
    tap.ok(token in in_image(tap, image, "/root/token"), "the file is in the image")
    done = subprocess.run(["e2fsck", "-fn", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    tap.ok(done.returncode == 0, "the file system is clean", done.stdout[-2000:])


def killed(tap, image, user):
    """The other spelling boots too; what was synced outlives a kill."""
    guest = boot(tap, image, "ubda", user)
    to_prompt(tap, guest)
    guest.run("echo kept >/root/kept && sync")
    guest.family_now()
    guest.kill()
    guest.wait()
    check_gone(tap, guest, "SIGKILL")
    done = subprocess.run(["e2fsck", "-fy", image], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, check=False)
    tap.ok(done.returncode in (0, 1), "SIGKILL: the journal is replayed", done.stdout[-2000:])
    tap.ok(in_image(tap, image, "/root/kept") == "kept\n", "SIGKILL: what was synced is in the image")


def main():
    if not os.path.exists(ROOT_IMG):
        skip_all("no root image: run make image first")
    tap = Tap()
    user = NOBODY if is_root() else None
    # Beside the original, as /tmp may be too small for it.
    with tempfile.TemporaryDirectory(prefix="umboot-",
                                     dir=os.environ.get("UM_SCRATCH", "/var/tmp")) as scratch:
        image = f"{scratch}/root.img"
        subprocess.run(["cp", "--sparse=always", "--reflink=auto", ROOT_IMG, image], check=True)
        os.chmod(scratch, 0o755)
        if user is not None:
            shutil.chown(scratch, user, user)
            shutil.chown(image, user, user)
        tap.section(session, image, user)
        tap.section(killed, image, user)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
