#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
fio writes, reads again and verifies, with each engine, on raw and layered disks: on one processor,
and on several, which have a queue each.
"""

import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fiobox  # noqa: E402
from disks import check_layer, fresh_disk, working_directory  # noqa: E402
from umboot import COMPLAINT, Tap  # noqa: E402

SIZE = 64 << 20
JOBS = {
    "random mix of 4k, 64k and 1M": "--rw=randwrite --bssplit=4k/60:64k/30:1M/10",
    "sequential mix": "--rw=write --bssplit=4k/60:64k/30:1M/10",
    "random 4k with flushes and trims": "--rw=randtrimwrite --bs=4k --fsync=64 --size=8M",
}
# Each of two jobs has half of the disk, and a processor.
TWO = f"--numjobs=2 --size={SIZE // 2} --offset_increment={SIZE // 2} --cpus_allowed=0,1 --cpus_allowed_policy=split"
VERIFY = ("--direct=1 --iodepth=16 --ioengine=libaio --verify=crc32c --do_verify=1 --verify_fatal=1 "
          "--verify_dump=0 --randseed=7")


def verify(tap, engine, layered):
    label = f"{engine}, {'layered' if layered else 'raw'}"
    fresh_disk(SIZE, layered)
    guest = fiobox.boot("fio.img", "ubd2=disk,back" if layered else "ubd2=disk", f"ubd_engine={engine}")
    for name, job in JOBS.items():
        status, text = fiobox.fio(guest, f"--filename=/dev/ubdc {VERIFY} {job}")
        tap.ok(not status and "err= 0" in text, f"{label}: {name}", text)
    guest.send("poweroff -f\n")
    tap.ok(guest.wait() == 0 and not COMPLAINT.search(guest.text), f"{label}: powers off without complaint",
           guest.tail(60))
    if layered:
        check_layer(tap, label, "disk")


def queues(tap, engine, layered):
    label = f"{engine}, {'layered' if layered else 'raw'}, 2 processors"
    fresh_disk(SIZE, layered)
    guest = fiobox.boot("fio.img", "ubd2=disk,back" if layered else "ubd2=disk", f"ubd_engine={engine}", "ncpus=2")
    tap.ok(guest.run("ls /sys/block/ubdc/mq")[1].split() == ["0", "1"], f"{label}: two queues")
    status, text = guest.run("cat /sys/block/ubdc/mq/*/cpu_list")
    tap.ok(text.split() == ["0", "1"], f"{label}: one for each", text)
    for name, job in list(JOBS.items())[:2]:
        status, text = fiobox.fio(guest, f"--filename=/dev/ubdc {VERIFY} {TWO} {job}", 240)
        tap.ok(not status and text.count("err= 0") == 2, f"{label}: {name}", text)
    text = guest.run("grep ubd- /proc/interrupts")[1]
    tap.ok(len(text.splitlines()) == 2 and all(int(line.split()[1]) for line in text.splitlines()),
           f"{label}: both have had interrupts", text)
    guest.send("poweroff -f\n")
    tap.ok(guest.wait() == 0 and not COMPLAINT.search(guest.text), f"{label}: powers off without complaint",
           guest.tail(60))
    if layered:
        check_layer(tap, label, "disk")


def main():
    tap = Tap()
    with working_directory("fio"):
        fiobox.make_disk("fio.img")
        for engine in ("io_uring", "threads"):
            for layered in (False, True):
                tap.section(verify, engine, layered)
                tap.section(queues, engine, layered)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
