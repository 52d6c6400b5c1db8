#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
freeze and thaw of the management console: a backup of the disks of a running guest, made as
Documentation/mconsole.rst says, under load; the copy boots, and everything is in it. And the ways
in which file systems thaw: asked for, when time is over, for a shutdown.
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disks import check_layer, tool, working_directory  # noqa: E402
from umboot import COMPLAINT, Guest, Tap, skip_all  # noqa: E402

PROMPT = "freeze:# "
INIT = f"""#!/bin/busybox sh
export PATH=/bin PS1='{PROMPT}'
mount -t proc proc /proc
mount -t tmpfs tmpfs /tmp
mount -t ext4 /dev/ubdb /second
mount -t ext4 -o loop /second/third.img /third
for dir in / /second /third; do mkdir -p $dir/data; done
exec setsid -c sh
"""
# Each file is called by the checksum of what is in it, once it is complete.
LOAD = ("(cd {0}/data; i=0; while :; do i=$((i+1)); head -c 3000 /dev/urandom >new; "
        "mv new $(md5sum <new | cut -c1-32)$((i % 200)); rm -f *$(((i + 100) % 200)); done) 2>/dev/null & true")
CHECK = ("for d in /data /second/data /third/data; do cd $d; rm -f new; n=0; for f in *; do n=$((n+1)); "
         "case $f in $(md5sum <$f | cut -c1-32)*) ;; *) echo bad $d/$f;; esac; done; echo $d has $n; done; cd /")
MOUNTS = ("/", "/second", "/third")


def make_image(name, size, *options):
    subprocess.run(["mke2fs", "-q", "-t", "ext4", *options, name, size], check=True, stdout=subprocess.DEVNULL)


def make_disks():
    for name in ("bin", "dev", "proc", "tmp", "second", "third"):
        os.makedirs(f"root/{name}")
    shutil.copy(shutil.which("busybox"), "root/bin/busybox")
    for name in subprocess.run(["busybox", "--list"], capture_output=True, text=True, check=True).stdout.split():
        if name != "busybox":
            os.symlink("busybox", f"root/bin/{name}")
    with open("root/init", "w", encoding="ascii") as file:
        file.write(INIT)
    os.chmod("root/init", 0o755)
    make_image("first.img", "64M", "-d", "root")
    # The third one is a file of the second.
    os.mkdir("second")
    make_image("second/third.img", "16M")
    make_image("back.img", "64M", "-d", "second")


def boot(first, second, *args):
    guest = Guest("mem=96M", "umid=frozen", f"ubd0={first}", f"ubd1={second}", "root=/dev/ubd0", "rw", "init=/init",
                  *args)
    guest.expect(PROMPT, 30)
    return guest


def ask(guest, *words):
    """Returns (good, text)."""
    done = tool("uml_mconsole", "--dir", f"{guest.environ['HOME']}/.uml", "frozen", *words)
    word, _, text = done.stdout.partition(" ")
    return word == "OK", text.strip() or done.stderr


def backup(tap):
    guest = boot("first.img", "second.cow,back.img")
    for mount in MOUNTS:
        guest.run(LOAD.format(mount))
    time.sleep(3)
    for mount in MOUNTS:
        guest.run(f"echo here >{mount}/marker")
    good, text = ask(guest, "freeze")
    tap.ok(good, "freeze, under load", text)
    guest.send("echo too late >/second/marker; echo written\n")
    for name in ("first.img", "second.cow"):
        subprocess.run(["cp", "--sparse=always", name, f"copy-{name}"], check=True)
    sums = [digest(name) for name in ("first.img", "second.cow")]
    time.sleep(1)
    tap.ok(sums == [digest(name) for name in ("first.img", "second.cow")], "nothing is written to the disks meanwhile")
    good, text = ask(guest, "thaw")
    tap.ok(good, "thaw", text)
    guest.expect(r"\nwritten", 10)
    status, text = guest.run("cat /second/marker")
    tap.ok(status == 0 and text.endswith("too late"), "who writes waits, and then goes on", text)
    tap.ok(not COMPLAINT.search(guest.text), "no complaint of the kernel", guest.tail())
    guest.close()
    # No journal is to be replayed, nothing to be mended.
    done = subprocess.run(["e2fsck", "-fn", "copy-first.img"], capture_output=True, text=True, check=False)
    tap.ok(done.returncode == 0 and "recover" not in done.stdout + done.stderr, "the copy needs no repair",
           done.stdout + done.stderr)
    check_layer(tap, "the copy", "copy-second.cow")
    guest = boot("copy-first.img", "copy-second.cow")
    for mount in MOUNTS:
        tap.ok(guest.run(f"cat {mount}/marker")[1] == "here", f"the copy boots; in {mount} is what was written last")
    text = guest.run(CHECK, 60)[1]
    tap.ok("bad" not in text and text.count(" has ") == 3 and " has 0" not in text, "its files are complete", text)
    guest.send("poweroff -f\n")
    tap.ok(guest.wait(20) == 0, "the copy powers off", guest.tail())
    guest.close()


def digest(name):
    with open(name, "rb") as file:
        return hashlib.md5(file.read()).digest()


def by_itself(tap):
    guest = boot("first.img", "second.cow")
    tap.ok(ask(guest, "thaw") == (False, "Not frozen, or not any more"), "thaw without freeze")
    for bad in ("0", "x", "3601", "-1"):
        good, text = ask(guest, "freeze", bad)
        tap.ok(not good and "1 to 3600" in text, f"freeze {bad}", text)
    started = time.monotonic()
    good, text = ask(guest, "freeze", "3")
    tap.ok(good and "3 s" in text, "freeze 3", text)
    tap.ok(ask(guest, "freeze") == (False, "Already frozen"), "freeze again")
    tap.ok(guest.run("echo >/tmp/file; cat /second/marker; cat /proc/uptime")[0] == 0,
           "a frozen guest reads, and writes to memory")
    guest.run("echo >/third/file; echo >/second/file; echo >/file; sync", 20)
    took = time.monotonic() - started
    tap.ok(2.5 < took < 8, "it thaws by itself", f"{took:.1f} s")
    tap.ok("nobody said thaw in time" in guest.text, "and says so", guest.tail())
    tap.ok(ask(guest, "thaw") == (False, "Not frozen, or not any more"), "thaw tells that the copy is worth nothing")
    for turn in range(20):
        good = ask(guest, "freeze")[0] and ask(guest, "thaw")[0]
        if not good:
            break
    tap.ok(good and guest.run("echo >/file; sync")[0] == 0, "twenty times", f"{turn}")
    tap.ok(ask(guest, "freeze")[0] and guest.run("umount -l /third", 20)[0] == 0,
           "unmounted while frozen")
    tap.ok(ask(guest, "thaw")[0] and guest.run("echo >/second/file; sync; sleep 1; umount /second", 20)[0] == 0, "thaw after that",
           guest.tail())
    tap.ok(not COMPLAINT.search(guest.text), "no complaint of the kernel", guest.tail())
    guest.close()


def stopped_too(tap):
    """Processes that are stopped cannot hold it up."""
    guest = boot("first.img", "second.cow")
    for mount in MOUNTS:
        guest.run(LOAD.format(mount))
    time.sleep(1)
    tap.ok(ask(guest, "stop")[0] and ask(guest, "freeze")[0], "stop, then freeze")
    tap.ok(ask(guest, "thaw")[0] and ask(guest, "go")[0] and guest.run("sync; echo alive", 20)[1].endswith("alive"),
           "thaw, go", guest.tail())
    guest.close()


def shutdown(tap):
    guest = boot("first.img", "second.cow")
    guest.run("trap 'echo bye >/bye; sync; poweroff -f' INT")
    guest.run("echo 0 >/proc/sys/kernel/ctrl-alt-del")
    ask(guest, "freeze")
    guest.kill(signal.SIGTERM)
    guest.expect("file systems are writable again", 10)
    # The shell looks at its traps when it has read a line.
    guest.send("\n")
    tap.ok(guest.wait(30) == 0 and not COMPLAINT.search(guest.text), "SIGTERM while frozen: it thaws and ends",
           guest.tail())
    guest.close()


def main():
    for program in ("busybox", "mke2fs", "e2fsck"):
        if not shutil.which(program):
            skip_all(f"no {program}")
    tap = Tap()
    with working_directory("freeze"):
        make_disks()
        for part in (backup, by_itself, stopped_too, shutdown):
            tap.section(part)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
