#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
What a guest was told to be durable is there after kill -9 and after the host has lost its
power, and nothing else has changed: a guest writes, zeroes, discards and flushes in several
processes, UML is killed or the image's plug is pulled (plug.c) at a random moment, and the
image is compared with what must and what may be in it, sector by sector. Again and again
on the same image, raw and layered, with both engines. DURABLE_KILLS=N of each (default 50),
and a third as many losses of power, in every other of which syncs have failed before.
"""

import os
import random
import re
import select
import shutil
import signal
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from disks import TOOLS, check_layer, fresh_disk, working_directory  # noqa: E402
from initramfs import Initramfs  # noqa: E402
from umboot import TOP, Guest, Tap, clean  # noqa: E402

KILLS = int(os.environ.get("DURABLE_KILLS", "50"))
LOSSES = (KILLS + 2) // 3
# One in so many syncs fails, where they do.
SYNC_ODDS = 100
SECTOR, SECTORS, WRITERS, LONGEST = 512, 8192, 4, 128
PART = SECTORS // WRITERS
MASK = (1 << 64) - 1
# Rounds that may have been finished without the message getting out.
AHEAD = 40


class Any:
    """The generator of durable.c."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self, below):
        s = self.state
        s ^= s << 13 & MASK
        s ^= s >> 7
        s ^= s << 17 & MASK
        self.state = s
        return s % below


def ranges_of(any_number, base):
    """The writes of one round: (first sector, how many, zeroes?)."""
    for _ in range(1 + any_number(8)):
        n = 1 + any_number(8 if any_number(4) else LONGEST)
        first = base + any_number(PART - n + 1)
        yield first, n, any_number(16) < 2


def content(tag, sector, zero):
    return bytes(SECTOR) if zero else struct.pack("<QQ", tag, sector) * (SECTOR // 16)


def checksum(data):
    total = 0xcbf29ce484222325
    for (word,) in struct.iter_unpack("<Q", data):
        total = (total ^ word) * 0x100000001b3 & MASK
    return f"{total:016x}"


def compare(before, after, seed, promised):
    """Complaints about @after, given how many rounds each writer had promised."""
    wrong = []
    for who in range(WRITERS):
        any_number = Any(seed << 8 | (who + 1))
        must, may = {}, {}
        for number in range(1, promised[who] + AHEAD + 1):
            for first, n, zero in ranges_of(any_number, who * PART):
                for sector in range(first, first + n):
                    data = (seed << 32 | number, sector, zero)
                    if number <= promised[who]:
                        must[sector] = data
                    else:
                        may.setdefault(sector, []).append(data)
        for sector in range(who * PART, (who + 1) * PART):
            got = after[sector * SECTOR:(sector + 1) * SECTOR]
            old = before[sector * SECTOR:(sector + 1) * SECTOR]
            want = content(*must[sector]) if sector in must else old
            if got != want and all(got != content(*data) for data in may.get(sector, ())):
                wrong.append(f"sector {sector}: {'promised and lost' if got == old else 'garbage'}")
    return wrong


def build(name):
    folder = os.path.join(TOP, "build/tests/boot")
    os.makedirs(folder, exist_ok=True)
    subprocess.run([os.environ.get("CC", "gcc"), "-O2", "-static", "-s", "-Wall", "-Wextra", "-Werror",
                    "-D_GNU_SOURCE", "-o", f"{folder}/{name}", f"{HERE}/{name}.c"], check=True)
    return f"{folder}/{name}"


def make_initrd():
    program = build("durable")
    with Initramfs("initrd") as ramfs:
        ramfs.directories("dev")
        ramfs.device("dev/console", 5, 1)
        ramfs.program("init", program)


class Plug:
    """The file "disk" as "plugged", on a host that may lose its power."""

    def __init__(self, program, seed, odds):
        with open("plugged", "a", encoding="ascii"):
            pass
        # pylint: disable=consider-using-with
        self.process = subprocess.Popen([program, "disk", "plugged", str(seed), str(odds)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if self.process.stdout.readline() != "plugged in\n":
            raise OSError(self.process.communicate()[1].strip())

    def pull(self):
        self.process.send_signal(signal.SIGTERM)
        if self.process.wait(30):
            raise OSError(self.process.communicate()[1].strip())
        self.process.communicate()


def image_of(layered):
    """What is on the disk, read without the driver under test."""
    if not layered:
        with open("disk", "rb") as file:
            return file.read()
    subprocess.run([f"{TOOLS}/uml_moo", "disk", "merged"], check=True)
    with open("merged", "rb") as file:
        return file.read()


def run_and_kill(disk, engine, seed, rng, plug=None):
    """Returns the console's text. If there is @plug, that is pulled first."""
    guest = Guest("mem=48M", "initrd=initrd", disk, f"ubd_engine={engine}", "quiet", f"seed={seed}",
                  f"sectors={SECTORS}", terminal=False)
    guest.expect(r"D \d \d+\r?\n|FAILED", 30)
    end = time.monotonic() + rng.random() ** 2 * 0.5
    while time.monotonic() < end:
        guest.read(end - time.monotonic())
    if plug:
        plug.pull()
    guest.kill(signal.SIGKILL)
    guest.wait()
    while select.select([guest.reader], [], [], 0)[0] and guest.read(0):
        pass
    text = clean(guest.text)
    guest.close()
    return text


def make_disk(layered):
    fresh_disk(SECTORS * SECTOR, layered)
    if layered:
        subprocess.run([f"{TOOLS}/uml_mkcow", "disk", "back"], check=True)


def promises(text):
    promised = [0] * WRITERS
    for who, number in re.findall(r"^D (\d) (\d+)$", text, re.M):
        promised[int(who)] = max(promised[int(who)], int(number))
    return promised


def kills(tap, layered, engine):
    label = f"{'layered' if layered else 'raw'}, {engine}"
    make_disk(layered)
    rng = random.Random(f"{label}")
    before = image_of(layered)
    rounds, sums, complaints, failed = 0, 0, [], []
    for seed in range(1, KILLS + 1):
        text = run_and_kill("ubd1=disk", engine, seed, rng)
        promised = promises(text)
        failed += re.findall(r"FAILED.*|.*BUG:.*|.*I/O error.*", text)
        # The driver's own view of what the last kill has left.
        sums += f"SUM {checksum(before)}" not in text
        after = image_of(layered)
        complaints += [f"kill {seed}: {text}" for text in compare(before, after, seed, promised)]
        rounds += sum(promised)
        before = after
    tap.note(f"{label}: {KILLS} kills, {rounds} promised flushes")
    tap.ok(rounds > KILLS, f"{label}: the guest was at work when it was killed", rounds)
    tap.ok(not complaints, f"{label}: what was promised is there, and nothing else has changed",
           f"{len(complaints)} sectors are wrong", *complaints[:20])
    tap.ok(not sums, f"{label}: the next guest reads what is in the image", f"{sums} times not")
    tap.ok(not failed, f"{label}: no error in the guest", *failed[:5])
    if layered:
        check_layer(tap, label, "disk")


def losses(tap, layered, flags, engine):
    label = f"power, {'layered' if layered else 'raw'}{' with flag s' if flags else ''}, {engine}"
    make_disk(layered)
    program = build("plug")
    rng = random.Random(label)
    before = image_of(layered)
    rounds, sums, complaints, failures = 0, 0, [], 0
    for seed in range(1, LOSSES + 1):
        odds = SYNC_ODDS if seed % 2 else 0
        text = run_and_kill(f"ubd1{flags}=plugged", engine, seed, rng, Plug(program, seed, odds))
        promised = promises(text)
        # The checksum is printed before anything is written.
        sums += f"SUM {checksum(before)}" not in text
        failures += odds and "FAILED" in text
        after = image_of(layered)
        complaints += [f"loss {seed}: {text}" for text in compare(before, after, seed, promised)]
        rounds += sum(promised)
        before = after
    tap.note(f"{label}: {LOSSES} losses, {rounds} promised flushes, {failures} times with a failure")
    tap.ok(rounds > LOSSES, f"{label}: the guest was at work when the plug was pulled", rounds)
    tap.ok(not complaints, f"{label}: what was promised is there, and nothing else has changed",
           f"{len(complaints)} sectors are wrong", *complaints[:20])
    tap.ok(not sums, f"{label}: the next guest reads what is in the image", f"{sums} times not")
    if layered:
        check_layer(tap, label, "disk")


def why_no_plug():
    """Why file systems of our own cannot be mounted, or None."""
    if "DURABLE_MOUNTS" not in os.environ:
        return "no mount namespace of our own is allowed here"
    make_disk(False)
    try:
        Plug(build("plug"), 1, 0).pull()
    except OSError as error:
        return f"no FUSE here: {error}"
    return None


def get_namespace():
    """Have mounts of our own, which end with us, if that is allowed."""
    unshare = shutil.which("unshare")
    if not unshare or "DURABLE_MOUNTS" in os.environ:
        return
    for how in (["--mount"], ["--map-root-user", "--mount"]):
        if not subprocess.run([unshare, *how, "true"], stderr=subprocess.DEVNULL, check=False).returncode:
            os.environ["DURABLE_MOUNTS"] = "1"
            os.execv(unshare, [unshare, *how, sys.executable, *sys.argv])


def main():
    get_namespace()
    tap = Tap()
    with working_directory("durable"):
        make_initrd()
        missing = why_no_plug()
        for layered, flags in (False, ""), (True, ""), (True, "s"):
            for engine in ("io_uring", "threads"):
                if missing:
                    tap.skip(f"power, {'layered' if layered else 'raw'}{flags}, {engine}", missing)
                else:
                    tap.section(losses, layered, flags, engine)
        for layered in (False, True):
            for engine in ("io_uring", "threads"):
                tap.section(kills, layered, engine)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
