#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Disks as a guest and its owner see them, with both engines: layers over a shared backing
file, what is refused and why, serial numbers, sector sizes, file systems, discard, a host
file that grows, errors of the host.
"""

import fcntl
import json
import os
import re
import shutil
import struct
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disks import check_layer, tool, working_directory  # noqa: E402
from umboot import COMPLAINT, Guest, Tap, rescue  # noqa: E402

MIB = 1 << 20
ENGINES = ("io_uring", "threads")
DMESG = r"dmesg | sed 's/^\[[^]]*\] //'"


def read(path):
    with open(path, "rb") as file:
        return file.read()


def random_file(name, size):
    with open(name, "wb") as file:
        file.write(os.urandom(size))
    return read(name)


def hole(name, size):
    with open(name, "wb") as file:
        file.truncate(size)


def fresh(*names):
    for name in names:
        if os.path.exists(name):
            os.unlink(name)


def boot(*args):
    """Disks begin with ubd1: with ubd0 there is no rescue system."""
    return rescue("mem=64M", "loglevel=4", *args)


def power_off(tap, guest, label):
    guest.send("poweroff -f\n")
    status = guest.wait()
    tap.ok(status == 0 and not COMPLAINT.search(guest.text), f"{label}: powers off without complaint",
           guest.tail(60))
    guest.close()


def output(guest, command, timeout=60):
    code, text = guest.run(command, timeout)
    return text if code == 0 else f"status {code}: {text}"


def layers(tap, engine):
    label = engine
    fresh("cow", "cow2")
    before = random_file("back", 32 * MIB)
    data = random_file("raw", 5 * MIB)
    guest = boot("ubd1=cow,back,S-1", "ubd2=raw,,S 2", "ubd3=cow2:back", f"ubd_engine={engine}")
    log = output(guest, f"{DMESG} | grep ^ubd")
    tap.ok(f"ubd: engine {engine}" in log, f"{label}: the engine is said", log)
    tap.ok('made "cow" as COW file for "back"' in log, f"{label}: so is a COW file that was made", log)
    tap.ok("ubd1 (ubdb): cow over back, 32 MiB" in log and "ubd2 (ubdc): raw, 5 MiB" in log,
           f"{label}: and each disk", log)
    tap.ok(output(guest, "cat /sys/block/ubd[bcd]/serial") == "S-1\nS 2", f"{label}: serial numbers in sysfs",
           output(guest, "cat /sys/block/ubd?/serial"))
    # Across sectors of both files, at no round place, in large requests.
    text = output(guest, "dd if=/dev/ubdc of=/dev/ubdb bs=1M seek=3 2>/dev/null && "
                  "dd if=/dev/ubdc of=/dev/ubdb bs=512 seek=1001 count=777 2>/dev/null && "
                  "dd if=/dev/ubdc of=/dev/ubdd bs=512 count=1 2>/dev/null && sync && md5sum </dev/ubdb")
    want = bytearray(before)
    want[3 * MIB:8 * MIB] = data
    want[1001 * 512:1778 * 512] = data[:777 * 512]
    md5 = subprocess.run(["md5sum"], input=bytes(want), capture_output=True, check=True).stdout.decode()
    tap.ok(text == md5.strip(), f"{label}: reads and writes of layers", text, md5)
    status, text = guest.run("echo 3 >/proc/sys/vm/drop_caches; md5sum </dev/ubdb", 60)
    tap.ok(not status and text == md5.strip(), f"{label}: the same without the page cache", text)
    tap.ok(output(guest, "blockdev --getsize64 /dev/ubdb; blockdev --getss /dev/ubdb") == f"{32 * MIB}\n512",
           f"{label}: size of the disk is the backing file's")
    power_off(tap, guest, label)
    tap.ok(read("back") == before, f"{label}: the backing file is as it was")
    check_layer(tap, label, "cow")
    info = json.loads(tool("uml_cow", "-j", "info", "cow").stdout)
    # Whole pages: sectors 1000 to 1783.
    tap.ok(info["changed_sectors"] == 5 * MIB // 512 + 784 and info["allocated"] < 7 * MIB,
           f"{label}: only what was written is in the COW file", info)
    tool("uml_moo", "cow", "merged")
    tap.ok(read("merged") == want, f"{label}: uml_moo merges it")


def refusals(tap):
    random_file("back", MIB)
    random_file("other", MIB + 512)
    random_file("plain", MIB)
    fresh("cow", "cow2", "cow3")
    for name in ("cow", "cow2", "cow3"):
        tool("uml_mkcow", name, "back")
    os.utime("other", (7, 7))
    with open("cow3", "r+b") as file:
        file.seek(24)
        file.write(b"\0\0\0\3")
    with open("locked", "wb") as lock:
        lock.truncate(MIB)
        fcntl.lockf(lock, fcntl.LOCK_EX)
        guest = boot("ubd1=cow,other", "ubd2=cow,cow2", "ubd3=cow3", "ubd4=locked", "ubd5=cow",
                     "ubd6=cow", "ubd7=none,missing", "ubd8=plain,back", "ubd9=nowhere")
        log = output(guest, f"{DMESG} | grep ^ubd")
        power_off(tap, guest, "refusals")
    size, mib = MIB + 512, MIB
    for number, has in ((1, f"other has {size} bytes, the COW file says {mib}"),
                        (2, "cow2 is a COW file itself"), (3, "alignment"), (4, "locked"),
                        (6, "locked"), (7, "missing cannot be opened"), (8, "no COW file"), (9, "ENOENT")):
        tap.ok(re.search(rf"^ubd: ubd{number}=\w+: cannot open: .*{re.escape(has)}", log, re.M),
               f"ubd{number} is refused: {has}", log)
    tap.ok("ubd5 (ubdf): cow over" in log, "the one that is right is there", log)
    tap.ok(not os.path.exists("none"), "no COW file is made without a backing file")

    before = os.path.getmtime("back")
    os.utime("back", (9, 9))
    guest = boot("ubd1=cow")
    log = output(guest, f"{DMESG} | grep ^ubd")
    power_off(tap, guest, "mtime")
    tap.ok(f"changed at 9, the COW file says {int(before)}" in log,
           "another modification time is refused with both values", log)
    os.utime("back", (before, before))
    os.rename("back", "moved")
    guest = boot("ubd1=cow,moved")
    log = output(guest, f"{DMESG} | grep ^ubd")
    power_off(tap, guest, "moved")
    tap.ok('the backing file of "cow" is "moved" from now on' in log, "a moved backing file is switched to", log)
    info = json.loads(tool("uml_cow", "-j", "info", "cow").stdout)
    tap.ok(info["backing"] == f"{os.getcwd()}/moved", "and is in the header", info)
    guest = boot("ubd1=cow", "ubd2r=moved")
    tap.ok("32 MiB" not in output(guest, f"{DMESG} | grep ^ubd") and
           output(guest, "cmp /dev/ubdb /dev/ubdc && cat /sys/block/ubdc/ro") == "1",
           "afterwards it is found; a reader beside it is let in")
    power_off(tap, guest, "switched")


def sectors(tap, engine):
    label = f"{engine}, sectors of 4096"
    fresh("cow")
    random_file("back", 8 * MIB)
    hole("raw", 8 * MIB)
    guest = boot("ubd1=raw", "ubd_sector=1:4096", "ubd2=cow,back", "ubd_sector=2:2048", f"ubd_engine={engine}")
    tap.ok(output(guest, "blockdev --getss /dev/ubdb; blockdev --getss /dev/ubdc") == "4096\n2048", label)
    text = output(guest, "dd if=/dev/ubdc of=/dev/ubdb bs=4096 2>/dev/null && cmp /dev/ubdb /dev/ubdc && "
                  "dd if=/dev/ubdb of=/dev/ubdc bs=2048 skip=7 count=9 2>/dev/null && sync && echo fine")
    tap.ok(text == "fine", f"{label}: copies", text)
    power_off(tap, guest, label)
    tap.ok(read("raw") == read("back"), f"{label}: all of it is in the file")


def file_systems(tap, engine):
    """ext2 made by the guest, ext4 made by the host; both checked by the host afterwards."""
    fresh("cow", "merged")
    hole("ext2", 64 * MIB)
    hole("ext4", 64 * MIB)
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "ext4"], check=True)
    guest = boot("ubd1=ext2", "ubd2=cow,ext4", f"ubd_engine={engine}")
    text = output(guest, "mke2fs /dev/ubdb >/dev/null 2>&1; mkdir /mnt/a /mnt/b; mount /dev/ubdb /mnt/a && "
                  "mount -t ext4 -o discard /dev/ubdc /mnt/b && for d in a b; do for i in $(seq 200); do "
                  "head -c $((i * 700)) /dev/urandom >/mnt/$d/f$i; done; rm /mnt/$d/f*7; done; "
                  "cp -a /bin /mnt/b && fstrim /mnt/b && md5sum /mnt/b/f* | md5sum; "
                  "umount /mnt/a /mnt/b && echo done", 120)
    tap.ok(text.endswith("done"), f"{engine}: file systems are used", text)
    power_off(tap, guest, f"{engine}: file systems")
    tool("uml_moo", "cow", "merged")
    for name in ("ext2", "merged"):
        done = subprocess.run(["e2fsck", "-f", "-n", name], capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 0, f"{engine}: e2fsck of {name}", done.stdout, done.stderr)
    check_layer(tap, engine, "cow")


def other_file_systems(tap, engine):
    """btrfs and xfs, if kernel and host have them: used, unmounted, checked by the host."""
    checks = {"btrfs": ["btrfs", "check"], "xfs": ["xfs_repair", "-n"]}
    for kind, check in checks.items():
        if not shutil.which(f"mkfs.{kind}") or not shutil.which(check[0]):
            tap.skip(f"{engine}: {kind}", f"the host has no mkfs.{kind} or {check[0]}")
            continue
        fresh("cow", "merged", "back")
        hole("back", 320 * MIB)
        subprocess.run([f"mkfs.{kind}", "-q" if kind == "btrfs" else "-f", "back"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        guest = boot("ubd1=cow,back", f"ubd_engine={engine}")
        if kind not in output(guest, "cat /proc/filesystems"):
            guest.close()
            tap.skip(f"{engine}: {kind}", "not in this kernel's configuration")
            continue
        text = output(guest, f"mount -t {kind} /dev/ubdb /mnt && for i in $(seq 100); do "
                      "head -c $((i * 3000)) /dev/urandom >/mnt/f$i; done; cp -a /bin /mnt && sync && "
                      "rm /mnt/f*3 && fstrim /mnt; cmp /bin/busybox /mnt/bin/busybox && umount /mnt && echo done", 120)
        tap.ok(text.endswith("done"), f"{engine}: {kind} is used", text)
        power_off(tap, guest, f"{engine}: {kind}")
        tool("uml_moo", "cow", "merged")
        done = subprocess.run([*check, "merged"], capture_output=True, text=True, check=False)
        tap.ok(done.returncode == 0, f"{engine}: {' '.join(check)}", done.stdout[-2000:], done.stderr[-2000:])


def discards(tap, engine):
    fresh("cow")
    size = 8 * MIB
    for name in ("raw", "back"):
        random_file(name, size)
    before = read("back")
    guest = boot("ubd1=raw", "ubd2=cow,back", "ubd3t=raw2", f"ubd_engine={engine}")
    for disk in "bc":
        text = output(guest, f"blkdiscard -o {2 * MIB} -l {3 * MIB} /dev/ubd{disk} && "
                      f"dd if=/dev/ubd{disk} bs=1M skip=2 count=3 2>/dev/null | cmp -n {3 * MIB} - /dev/zero && "
                      f"echo zero")
        tap.ok(text == "zero", f"{engine}: what was discarded of ubd{disk} reads as zeroes", text)
    power_off(tap, guest, f"{engine}: discard")
    tap.ok(os.stat("raw").st_blocks * 512 < 6 * MIB, f"{engine}: the host has got room back",
           os.stat("raw").st_blocks)
    tap.ok(read("back") == before and os.stat("cow").st_blocks * 512 < MIB,
           f"{engine}: a discarded layer takes no room", os.stat("cow").st_blocks)
    tool("uml_moo", "cow", "merged")
    want = before[:2 * MIB] + bytes(3 * MIB) + before[5 * MIB:]
    tap.ok(read("merged") == want, f"{engine}: and is zero for others, too")


def growth(tap, engine):
    random_file("raw", MIB)
    guest = boot("ubd1=raw", f"ubd_engine={engine}")
    data = os.urandom(MIB)
    with open("raw", "ab") as file:
        file.write(data)
    tap.ok(output(guest, "blockdev --getsize64 /dev/ubdb") == str(MIB), f"{engine}: a file that grows")
    text = output(guest, "echo 1 >/sys/block/ubdb/rescan; blockdev --getsize64 /dev/ubdb; "
                  "dd if=/dev/ubdb bs=1M skip=1 2>/dev/null | md5sum")
    md5 = subprocess.run(["md5sum"], input=data, capture_output=True, check=True).stdout.decode().strip()
    tap.ok(text == f"{2 * MIB}\n{md5}", f"{engine}: is larger after a rescan", text)
    power_off(tap, guest, f"{engine}: growth")


def ending(tap, engine):
    """What reached the disk is in a COW file after power-off, without any sync."""
    fresh("cow", "merged")
    hole("back", 4 * MIB)
    guest = boot("ubd1=cow,back", f"ubd_engine={engine}")
    text = output(guest, "tr '\\0' x </dev/zero | dd of=/tmp/x bs=64k count=16 iflag=fullblock 2>/dev/null; "
                  "dd if=/tmp/x of=/dev/ubdb bs=64k oflag=direct 2>&1")
    power_off(tap, guest, f"{engine}: without sync")
    tool("uml_moo", "cow", "merged")
    tap.ok(read("merged") == b"x" * MIB + bytes(3 * MIB), f"{engine}: power-off writes the bitmap", text)


def large(tap, engine):
    """Beyond 2 TiB, where sectors need more than 32 bits."""
    fresh("cow")
    try:
        hole("raw", 5 << 40)
        hole("back", 3 << 40)
    except OSError as error:
        tap.skip(f"{engine}: large disks", f"no file of 5 TiB here: {error.strerror}")
        return
    guest = boot("ubd1=raw", "ubd2=cow,back", f"ubd_engine={engine}")
    tap.ok(output(guest, "blockdev --getsize64 /dev/ubdb; blockdev --getsize64 /dev/ubdc") ==
           f"{5 << 40}\n{3 << 40}", f"{engine}: disks of 5 and 3 TiB")
    for disk, size in (("b", 5 << 40), ("c", 3 << 40)):
        text = output(guest, f"echo the end | dd of=/dev/ubd{disk} bs=512 seek={size // 512 - 1} conv=sync 2>/dev/null; "
                      f"echo the start | dd of=/dev/ubd{disk} bs=512 conv=sync 2>/dev/null; sync; "
                      f"dd if=/dev/ubd{disk} bs=512 skip={size // 512 - 1} 2>/dev/null | head -n 1")
        tap.ok(text == "the end", f"{engine}: the end of ubd{disk} is written and read", text)
    power_off(tap, guest, f"{engine}: large disks")
    info = json.loads(tool("uml_cow", "-j", "info", "cow").stdout)
    for name, at in (("raw", 0), ("cow", info["data_offset"])):
        size = (5 if name == "raw" else 3) << 40
        with open(name, "rb") as file:
            file.seek(at)
            start = file.read(9)
            file.seek(at + size - 512)
            tap.ok(start == b"the start" and file.read(7) == b"the end", f"{engine}: both ends are in {name}")
        tap.ok(os.stat(name).st_blocks < 2048, f"{engine}: {name} is sparse", os.stat(name).st_blocks)
    check_layer(tap, f"{engine}, a large disk", "cow")
    fresh("raw", "back", "cow")


def partitions(tap, engine):
    """A partition table; on a loop device of the host, where there are some."""
    hole("disk", 16 * MIB)
    table = bytearray(512)
    table[446:462] = struct.pack("<B3xB3xII", 0, 0x83, 2048, 8192)
    table[510:512] = b"\x55\xaa"
    with open("disk", "r+b") as file:
        file.write(table)
    loop = subprocess.run(["losetup", "--show", "-f", "disk"], capture_output=True, text=True, check=False)
    device = loop.stdout.strip() if loop.returncode == 0 else ""
    try:
        guest = boot(f"ubd1={device or 'disk'}", f"ubd_engine={engine}")
        text = output(guest, "blockdev --getsize64 /dev/ubdb1 && ls /dev/ubd1p1 && echo part | "
                      "dd of=/dev/ubd1p1 bs=512 conv=sync 2>/dev/null && sync && echo fine")
        kind = "loop device" if device else "file"
        tap.ok(text == f"{8192 * 512}\n/dev/ubd1p1\nfine", f"{engine}: a partition of a {kind}", text)
        power_off(tap, guest, f"{engine}: partitions")
        fresh("cow", "cow2")
        back = device or "disk"
        guest = boot(f"ubd1=cow,{back}", f"ubd2=cow2,{back}", f"ubd_engine={engine}")
        text = output(guest, "cmp /dev/ubdb /dev/ubdc && echo x | dd of=/dev/ubdb bs=512 conv=sync 2>/dev/null && "
                      "sync && cmp /dev/ubdb /dev/ubdc | cut -d: -f2")
        tap.ok(text == "char 1, line 1", f"{engine}: two layers over one {kind}", text)
        power_off(tap, guest, f"{engine}: two layers")
    finally:
        if device:
            subprocess.run(["losetup", "-d", device], check=False)
    with open("disk", "rb") as file:
        file.seek(2048 * 512)
        tap.ok(file.read(4) == b"part", f"{engine}: it is where the table says")
    if not device:
        tap.skip(f"{engine}: a loop device is a disk", f"the host gives us none: {loop.stderr.strip()}")


def errors(tap, engine):
    """The host's errors reach the guest with device and sector; the rest goes on."""
    fresh("cow")
    random_file("back", 4 * MIB)
    random_file("raw", 4 * MIB)
    random_file("good", MIB)
    guest = boot("ubd1=raw", "ubd2=cow,back", "ubd3=good", f"ubd_engine={engine}")
    os.truncate("raw", MIB)
    os.truncate("back", MIB)
    for disk in "bc":
        code, text = guest.run(f"dd if=/dev/ubd{disk} of=/dev/null bs=4096 skip=512 count=1 2>&1")
        tap.ok(code and "Input/output error" in text, f"{engine}: what a file has lost is an error on ubd{disk}",
               text)
        log = output(guest, f"{DMESG} | grep 'I/O error'")
        tap.ok(f"I/O error, dev ubd{disk}, sector 4096" in log, f"{engine}: with device and sector in dmesg", log)
    tap.ok(output(guest, "dd if=/dev/ubdd bs=1M 2>/dev/null | wc -c") == str(MIB), f"{engine}: other disks go on")
    code, text = guest.run("dd if=/dev/zero of=/dev/ubdb bs=4096 count=1 conv=fsync,notrunc 2>&1")
    tap.ok(not code, f"{engine}: what is left of the disk, too", text)
    power_off(tap, guest, f"{engine}: errors")


def full_host(tap, engine):
    """A sparse image on a host file system without room."""
    if os.geteuid():
        tap.skip(f"{engine}: a full host", "needs root for a small file system")
        return
    os.makedirs("small", exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", "small"], check=True)
    try:
        hole("small/raw", 16 * MIB)
        random_file("good", MIB)
        guest = boot("ubd1=small/raw", "ubd2=good", f"ubd_engine={engine}")
        code, text = guest.run("dd if=/dev/zero bs=1M count=8 2>/dev/null | tr '\\0' x | "
                               "dd of=/dev/ubdb bs=1M conv=fsync 2>&1", 60)
        tap.ok(code, f"{engine}: a full host is told to who syncs", text)
        log = output(guest, f"{DMESG} | grep -i 'error, dev ubdb'")
        tap.ok("dev ubdb, sector" in log, f"{engine}: with device and sector", log)
        tap.ok(output(guest, "md5sum </dev/ubdc | wc -c") == "36", f"{engine}: the guest goes on")
        power_off(tap, guest, f"{engine}: a full host")
    finally:
        subprocess.run(["umount", "small"], check=False)


def default_disk(tap):
    """Without ubd0=, root_fs is that disk, if it is there."""
    guest = rescue("mem=64M")
    tap.ok(output(guest, "ls /dev/ubda 2>&1; true").endswith("No such file or directory"), "no root_fs: no ubd0")
    power_off(tap, guest, "no root_fs")
    os.makedirs("tree/bin")
    for folder in ("dev", "proc", "sbin"):
        os.mkdir(f"tree/{folder}")
    shutil.copy(shutil.which("busybox"), "tree/bin/busybox")
    for name in ("bin/sh", "sbin/init"):
        os.symlink("/bin/busybox", f"tree/{name}")
    subprocess.run(["mke2fs", "-q", "-t", "ext4", "-d", "tree", "root_fs", "8M"], check=True,
                   stdout=subprocess.DEVNULL)
    guest = Guest("mem=64M", "init=/bin/sh")
    guest.expect("ubd0=root_fs: taken from this directory")
    guest.expect("built-in shell")
    text = guest.run("busybox mount -t proc proc /proc; read line </proc/cmdline; echo $line")[1]
    tap.ok("root=98:0" in text, "root_fs: booted", text)
    guest.send("busybox poweroff -f\n")
    tap.ok(guest.wait() == 0, "root_fs: powers off", guest.tail())
    guest.close()
    guest = rescue("mem=64M", "rdinit=/init")
    tap.ok(output(guest, "blockdev --getsize64 /dev/ubd0") == str(8 * MIB), "root_fs, rdinit=/init: the rescue shell")
    power_off(tap, guest, "root_fs, rdinit=/init")
    guest = rescue("mem=64M", "rdinit=/init", "ubd0=raw2")
    tap.ok(output(guest, "blockdev --getsize64 /dev/ubd0") == str(MIB), "root_fs and ubd0=: what is given")
    power_off(tap, guest, "root_fs and ubd0=")
    fresh("root_fs")
    os.mkdir("root_fs")
    guest = rescue("mem=64M")
    tap.ok("root_fs" not in guest.text, "root_fs is a directory: none of it", guest.tail())
    guest.close()
    os.rmdir("root_fs")


def main():
    tap = Tap()
    with working_directory("disk"):
        hole("raw2", MIB)
        tap.section(refusals)
        tap.section(default_disk)
        for engine in ENGINES:
            for part in (layers, sectors, file_systems, other_file_systems, discards, growth, ending, large, partitions,
                         errors, full_host):
                tap.section(part, engine)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
