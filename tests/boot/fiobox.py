# SPDX-License-Identifier: GPL-2.0
"""
fio in a guest without a distribution: a disk with the host's fio and its libraries, which the
rescue system mounts. For tests/boot/fio.t and tests/perf/ubd_fio.
"""

import os
import shutil
import subprocess

from umboot import rescue, skip_all

FIO = shutil.which("fio")
MKFS = shutil.which("mke2fs") or "/sbin/mke2fs"


def make_disk(name):
    """An ext4 image; skips the test if this host has no fio."""
    if not FIO or not os.access(MKFS, os.X_OK):
        skip_all("fio or mke2fs is not installed")
    for folder in ("bin", "dev", "proc", "sys", "tmp"):
        os.makedirs(f"fiobox/{folder}")
    shutil.copy(FIO, "fiobox/bin/fio")
    listed = subprocess.run(["ldd", FIO], capture_output=True, text=True, check=True).stdout
    for path in {word for word in listed.split() if word.startswith("/")}:
        os.makedirs("fiobox" + os.path.dirname(path), exist_ok=True)
        shutil.copy(path, "fiobox" + path)
    used = sum(os.path.getsize(os.path.join(where, file)) for where, _, files in os.walk("fiobox") for file in files)
    with open(name, "wb") as file:
        file.truncate(used * 3 // 2 + (16 << 20))
    subprocess.run([MKFS, "-q", "-t", "ext4", "-d", "fiobox", name], check=True)
    shutil.rmtree("fiobox")


def boot(fio_disk, *args):
    """A rescue system in which fio() works; the disk with fio is ubd1."""
    guest = rescue("mem=192M", "loglevel=4", f"ubd1r={fio_disk}", *args)
    status, text = guest.run("mount -t ext4 -o ro,noload /dev/ubdb /mnt && mount --bind /dev /mnt/dev && "
                             "mount -t proc proc /mnt/proc && mount -t sysfs sys /mnt/sys && "
                             "mount -t tmpfs tmp /mnt/tmp")
    if status:
        raise ValueError(f"no fio in the guest: {text}")
    return guest


def fio(guest, args, timeout=120):
    """Returns (exit status, output)."""
    return guest.run(f"chroot /mnt fio --name=x {args}", timeout)
