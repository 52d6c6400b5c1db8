#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
uml_mkcow, uml_moo and uml_cow: their results against a model written here, refusals,
interrupted merges; and, with Debian's uml-utilities installed, files made by one are
read and merged by the other, byte for byte, both ways. TAP.
"""

import fcntl
import json
import os
import pty
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

TOP = os.environ.get("UM_TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = os.environ.get("UM_TOOLS", f"{TOP}/build/tools")
SECTOR = 512
count = failed = 0


def ok(good, name, *why):
    global count, failed
    count += 1
    failed += not good
    print(f"{'ok' if good else 'not ok'} {count} - {name}", flush=True)
    if not good:
        for text in why:
            for line in str(text).splitlines():
                print(f"#   {line}")


def skip(name, reason):
    global count
    count += 1
    print(f"ok {count} - {name} # SKIP {reason}")


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def tool(name, *args, **options):
    return run(f"{TOOLS}/{name}", *args, **options)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def mtime(path):
    return int(os.stat(path).st_mtime)


def sparse_image(path, size, seed):
    """Random data with holes."""
    rng = random.Random(seed)
    with open(path, "wb") as file:
        file.truncate(size)
        for _ in range(12):
            at = rng.randrange(size)
            file.seek(at)
            file.write(rng.randbytes(min(size - at, rng.randrange(1, size // 8))))


class Cow:
    """A COW file of any version, written from the description of the format alone."""

    def __init__(self, path, backing, version=3, broken=False):
        self.path, self.size = path, os.path.getsize(backing)
        name, time_of = backing.encode(), mtime(backing)
        sectors = -(-self.size // SECTOR)
        if version == 1:
            header = struct.pack("<Ii256sIQi", 0x4f4f4f4d, 1, name, time_of, self.size, SECTOR)
        elif version == 2:
            header = struct.pack(">II4096sIQi", 0x4f4f4f4d, 2, name, time_of, self.size, SECTOR)
        elif broken:
            header = struct.pack(">IIIIQIII4096s", 0x4f4f4f4d, 3, time_of, 0, self.size, SECTOR, 4096, 0, name)
        else:
            header = struct.pack(">IIIQIII4096s", 0x4f4f4f4d, 3, time_of, self.size, SECTOR, 4096, 0, name)
        if version < 3:
            self.bitmap = len(header)
            self.bitmap_len = (self.size + SECTOR - 1) // (8 * SECTOR)
            self.data = -(-(self.bitmap + self.bitmap_len) // SECTOR) * SECTOR
        else:
            self.bitmap = -(-len(header) // 4096) * 4096
            self.bitmap_len = -(-sectors // 8)
            self.data = -(-(self.bitmap + self.bitmap_len) // 4096) * 4096
        with open(path, "wb") as file:
            file.write(header)
            file.truncate(self.data + self.size)

    def put(self, sector, data):
        """Change whole sectors; data may be shorter at the very end of the disk."""
        n = -(-len(data) // SECTOR)
        with open(self.path, "r+b") as file:
            file.seek(self.data + sector * SECTOR)
            file.write(data)
            for s in range(sector, sector + n):
                file.seek(self.bitmap + s // 8)
                old = file.read(1)[0]
                file.seek(self.bitmap + s // 8)
                file.write(bytes([old | 1 << s % 8]))


def change(cow, image, seed, rounds=60):
    """Random changes in the COW file and in the model, a bytearray."""
    rng = random.Random(seed)
    sectors = min(cow.size // SECTOR, cow.bitmap_len * 8)
    for _ in range(rounds):
        n = rng.randrange(1, 40)
        at = rng.randrange(sectors - n)
        data = rng.choice((rng.randbytes(n * SECTOR), bytes(n * SECTOR)))
        cow.put(at, data)
        image[at * SECTOR:at * SECTOR + len(data)] = data


# --- uml_mkcow --------------------------------------------------------------------------------

def test_mkcow():
    sparse_image("back", 1000000, 1)
    result = tool("uml_mkcow", "cow", "back")
    ok(result.returncode == 0, "uml_mkcow makes a file", result.stderr)
    model = Cow("model", f"{os.getcwd()}/back")
    ok(read("cow") == read("model"), "it is as the format says")
    ok(os.stat("cow").st_blocks <= 32, "it is sparse", os.stat("cow").st_blocks)
    result = tool("uml_mkcow", "cow", "back")
    ok(result.returncode and "exists" in result.stderr, "an existing file is refused", result.stderr)
    model.put(3, bytes(SECTOR))
    shutil.copy("model", "cow")
    result = tool("uml_mkcow", "-f", "cow", "back")
    ok(result.returncode == 0 and tool("uml_cow", "check", "cow").returncode == 0
       and json.loads(tool("uml_cow", "-j", "info", "cow").stdout)["changed_sectors"] == 0,
       "-f overwrites it", result.stderr)
    for backing, has in (("missing", "No such file"), (".", "directory"), ("cow", "COW file itself"),
                         ("/dev/null", "Invalid")):
        result = tool("uml_mkcow", "new", backing)
        ok(result.returncode == 1 and has in result.stderr and not os.path.exists("new"),
           f"{backing} as backing file is refused", result.stderr)
    write("empty", b"")
    ok("is empty" in tool("uml_mkcow", "new", "empty").stderr, "so is an empty one")
    ok("itself" in tool("uml_mkcow", "-f", "back", "back").stderr, "and the file itself")
    for name, make in (("hard", os.link), ("soft", os.symlink)):
        make("back", name)
        ok("itself" in tool("uml_mkcow", "-f", name, "back").stderr, f"also by a {name} link")
        os.unlink(name)
    ok(len(read("back")) == 1000000, "which is left alone")
    write("notes", b"notes")
    result = tool("uml_mkcow", "-f", "notes", "back")
    ok(result.returncode == 1 and "no COW file" in result.stderr and read("notes") == b"notes",
       "a file of another kind is not overwritten", result.stderr)
    write("notes", b"")
    ok(tool("uml_mkcow", "-f", "notes", "back").returncode == 0, "an empty one is")
    os.unlink("notes")
    with open("cow", "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        result = tool("uml_mkcow", "-f", "cow", "back")
        ok("in use" in result.stderr and len(read("cow")) > 1000000, "a file in use is not overwritten",
           result.stderr)


# --- uml_moo ----------------------------------------------------------------------------------

VERSIONS = ((1, False, "V1"), (2, False, "V2"), (3, False, "V3"), (3, True, "broken V3"))


def test_moo():
    for version, broken, name in VERSIONS:
        for size in (1 << 20, 1000000):
            label = f"{name}, {size} bytes"
            sparse_image("back", size, version)
            cow = Cow("cow", f"{os.getcwd()}/back", version, broken)
            image = bytearray(read("back"))
            change(cow, image, version)
            if version == 3:
                tail = b"the end of the disk"
                tail = (tail * SECTOR)[:size % SECTOR or SECTOR]
                cow.put((size - 1) // SECTOR, tail)
                image[size - len(tail):] = tail
            result = tool("uml_moo", "cow", "new")
            ok(result.returncode == 0 and read("new") == image, f"{label}: merged into a new file", result.stderr)
            ok(os.stat("new").st_mode & 0o777 == 0o666 & ~UMASK, f"{label}: with the usual mode")
            result = tool("uml_moo", "-d", "cow")
            ok(result.returncode == 0 and read("back") == image, f"{label}: merged in place", result.stderr)
            result = tool("uml_moo", "cow", "new2")
            ok(result.returncode == 1 and "modification time" in result.stderr and not os.path.exists("new2"),
               f"{label}: afterwards the COW file is invalid", result.stderr)
            os.unlink("cow")


def test_moo_sparse():
    with open("back", "wb") as file:
        file.truncate(1 << 30)
    cow = Cow("cow", f"{os.getcwd()}/back")
    cow.put(1000000, b"x" * SECTOR)
    # A stored sector that is a hole is zero, whatever the backing file has.
    result = tool("uml_moo", "cow", "new")
    ok(result.returncode == 0 and os.path.getsize("new") == 1 << 30 and os.stat("new").st_blocks < 64,
       "a merged image is sparse", result.stderr, os.stat("new").st_blocks)
    os.unlink("new")


def test_moo_progress():
    with open("back", "wb") as file:
        file.truncate(64 << 20)
    Cow("cow", f"{os.getcwd()}/back").put(0, b"x" * SECTOR * 2000)
    for args in (("cow", "new"), ("-d", "cow")):
        master, slave = pty.openpty()
        done = subprocess.run([f"{TOOLS}/uml_moo", *args], stderr=slave, check=False)
        text = os.read(master, 65536).decode()
        os.close(slave)
        os.close(master)
        ok(done.returncode == 0 and "100% of 64 MiB" in text and "[####" in text,
           f"uml_moo {' '.join(args)} shows its progress on a terminal", repr(text))
    Cow("cow", f"{os.getcwd()}/back")
    result = tool("uml_moo", "cow", "new")
    ok(result.returncode == 0 and not result.stderr and not result.stdout, "and nothing elsewhere", result.stderr)
    os.unlink("new")


def test_moo_backing():
    os.makedirs("sub", exist_ok=True)
    sparse_image("sub/back", 100000, 5)
    Cow("sub/cow", "sub/back").put(0, b"y" * SECTOR)
    with open("sub/cow", "r+b") as file:
        file.seek(32)
        file.write(b"back\0\0\0\0\0")
    result = tool("uml_moo", "sub/cow", "new")
    ok(result.returncode == 0 and read("new")[:512] == b"y" * 512,
       "a relative name is looked for beside the COW file", result.stderr)
    os.rename("sub/back", "moved")
    os.unlink("back")
    result = tool("uml_moo", "sub/cow", "new")
    ok(result.returncode == 1 and "No such file" in result.stderr, "a missing backing file is named", result.stderr)
    result = tool("uml_moo", "-b", "moved", "sub/cow", "new")
    ok(result.returncode == 0, "-b says where it is", result.stderr)
    before = read("moved")
    os.utime("moved", (1000, 1000))
    result = tool("uml_moo", "-b", "moved", "sub/cow", "new")
    ok(result.returncode == 1 and " 1000," in result.stderr, "another mtime is refused, with both values",
       result.stderr)
    result = tool("uml_moo", "-b", "moved", "-d", "sub/cow")
    ok(result.returncode == 1 and read("moved") == before and not os.path.exists("sub/cow.merging"),
       "also in place, and nothing is changed", result.stderr)
    with open("moved", "ab") as file:
        file.write(b"z")
    result = tool("uml_moo", "-b", "moved", "sub/cow", "new")
    ok(result.returncode == 1 and "100001" in result.stderr and "100000" in result.stderr,
       "another size is refused, with both values", result.stderr)
    shutil.rmtree("sub")


def test_moo_interrupted():
    """Killed at random moments, a merge in place is refused by all and can be done again."""
    size = 16 << 20
    sparse_image("base", size, 7)
    os.utime("base", (1000000, 1000000))
    image = bytearray(read("base"))
    shutil.copy2("base", "back")
    cow = Cow("cow", f"{os.getcwd()}/back")
    change(cow, image, 8, 400)
    for at in range(0, size // SECTOR, 64):
        cow.put(at, b"m" * SECTOR)
        image[at * SECTOR:(at + 1) * SECTOR] = b"m" * SECTOR
    begun = time.monotonic()
    tool("uml_moo", "-d", "cow")
    whole = time.monotonic() - begun
    rng = random.Random(9)
    killed = refused = wrong = 0
    for _ in range(40):
        shutil.copy2("base", "back")
        with subprocess.Popen([f"{TOOLS}/uml_moo", "-d", "cow"], stderr=subprocess.DEVNULL) as child:
            while child.poll() is None and not os.path.exists("cow.merging"):
                pass
            time.sleep(rng.random() * whole)
            child.send_signal(signal.SIGKILL)
            child.wait()
        if not os.path.exists("cow.merging"):
            # Before it began, or after it ended.
            wrong += read("back") not in (read("base"), bytes(image))
            continue
        killed += 1
        if mtime("back") != mtime("base"):
            refused += tool("uml_moo", "cow", "new").returncode == 1
        else:
            refused += read("back") == read("base")
        result = tool("uml_moo", "-d", "cow")
        wrong += result.returncode != 0 or read("back") != image or os.path.exists("cow.merging")
    print(f"# {killed} of 40 merges were interrupted")
    ok(killed > 5, "merges were interrupted")
    ok(refused == killed, "half a backing file is refused, or not yet changed", f"{refused} of {killed}")
    ok(not wrong, "a second run completes the merge", f"{wrong} times not")

    shutil.copy2("base", "back")
    write("cow.merging", b"uml_moo -d is merging\nsomething else\n")
    result = tool("uml_moo", "-d", "cow")
    ok(result.returncode == 1 and "another merge" in result.stderr and read("back") == read("base"),
       "a marker of another merge stops us", result.stderr)
    result = tool("uml_cow", "check", "cow")
    ok(result.returncode == 1 and "interrupted" in result.stdout, "uml_cow check tells of it", result.stdout)
    result = tool("uml_cow", "-f", "rebase", "cow", "back")
    ok(result.returncode == 1 and "interrupted" in result.stderr, "uml_cow rebase refuses", result.stderr)
    os.unlink("cow.merging")


def interrupt_merge(backing_of):
    """A merge of "cow" that fails halfway, at the size a file may have here. The backing file keeps its inode."""
    shutil.copyfile("base", backing_of)
    shutil.copystat("base", backing_of)
    result = run("bash", "-c", f"ulimit -f 1000; trap '' XFSZ; {TOOLS}/uml_moo -d cow")
    changed = read(backing_of) not in (read("base"), b"") and os.path.exists("cow.merging")
    return result.returncode == 1 and "File too large" in result.stderr and changed


def test_moo_going_on():
    """An interrupted merge is gone on with however its files are called, and wherever they are now."""
    sparse_image("base", 3 << 20, 8)
    os.utime("base", (1000000, 1000000))
    shutil.copy2("base", "back")
    cow = Cow("cow", "back")
    image = bytearray(read("base"))
    for at in (1, 5000):
        cow.put(at, b"m" * SECTOR)
        image[at * SECTOR:(at + 1) * SECTOR] = b"m" * SECTOR
    here = os.getcwd()
    os.symlink("cow", "link")
    os.makedirs("folder")
    os.symlink(f"{here}/cow", "folder/link")
    for args in (("cow",), ("./cow",), (f"{here}/cow",), ("folder/../cow",), ("link",), ("folder/link",),
                 ("-b", "back", "cow"), ("-b", "./folder/../back", "./cow")):
        begun = interrupt_merge("back")
        found = "interrupted" in tool("uml_cow", "check", args[-1]).stdout
        if args[-1] == "folder/link":
            args = ("-b", "back", *args)
        result = tool("uml_moo", "-d", *args)
        ok(begun and found and result.returncode == 0 and "doing it again" in result.stderr
           and read("back") == image and not os.path.exists("cow.merging"),
           f"an interrupted merge is completed by uml_moo -d {' '.join(args)}", begun, found, result.stderr)
    # As after a reboot, when devices have other numbers, or on a copy.
    shm = os.path.isdir("/dev/shm") and os.stat("/dev/shm").st_dev != os.stat(".").st_dev
    with tempfile.TemporaryDirectory(dir="/dev/shm" if shm else None, prefix="cow-tools-") as other:
        begun = interrupt_merge("back")
        for name in ("cow", "cow.merging", "back"):
            shutil.copy2(name, other)
        result = tool("uml_moo", "-d", "cow", cwd=other)
        ok(begun and result.returncode == 0 and "doing it again" in result.stderr and read(f"{other}/back") == image,
           f"also on another {'device' if shm else 'place'}", begun, result.stderr)
    # What is not the file of that merge is left alone.
    sparse_image("foreign", 3 << 20, 9)
    before = read("foreign")
    result = tool("uml_moo", "-b", "foreign", "-d", "cow")
    ok(result.returncode == 1 and "another merge" in result.stderr and read("foreign") == before,
       "another backing file of that size is not taken for it", result.stderr)
    half = read("back")
    os.utime("cow")
    result = tool("uml_moo", "-d", "cow")
    ok(result.returncode == 1 and "another merge" in result.stderr and read("back") == half,
       "nor is a COW file that was changed", result.stderr)
    for name in ("cow.merging", "link", "folder/link"):
        os.unlink(name)
    os.rmdir("folder")


def test_moo_failures():
    sparse_image("back", 3 << 20, 3)
    Cow("cow", f"{os.getcwd()}/back").put(1, b"x" * SECTOR)
    result = run("bash", "-c", f"ulimit -f 1000; trap '' XFSZ; {TOOLS}/uml_moo cow new.img")
    ok(result.returncode == 1 and "File too large" in result.stderr
       and not [name for name in os.listdir(".") if name.startswith("new.img")],
       "what cannot be completed is not left behind", result.stderr, os.listdir("."))
    result = tool("uml_moo", "cow", "cow")
    ok(result.returncode == 1 and "own result" in result.stderr, "a COW file as result is refused", result.stderr)
    result = tool("uml_moo", "cow", "back")
    ok(result.returncode == 1 and "own result" in result.stderr, "so is the backing file", result.stderr)
    for args in ((), ("cow",), ("-d",), ("-d", "cow", "new"), ("-x", "cow", "new")):
        result = tool("uml_moo", *args)
        ok(result.returncode == 1 and "usage" in result.stderr, f"uml_moo {' '.join(args)}: usage")
    with open("cow", "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        ok("in use" in tool("uml_moo", "cow", "new").stderr, "a COW file in use is refused")
    test_moo_output()
    with open("back", "r+b") as file:
        fcntl.lockf(file, fcntl.LOCK_SH)
        ok(tool("uml_moo", "cow", "new").returncode == 0, "a backing file that others read is not")
        ok("in use" in tool("uml_moo", "-d", "cow").stderr, "unless it shall be changed")


def another_user():
    """Options for run(): root may write to any file, so be somebody else if we can."""
    options = {"user": 65534, "group": 65534} if os.getuid() == 0 else {}
    try:
        tool("uml_moo", "-h", **options)
    except PermissionError:
        return {}
    return options


def test_moo_output():
    """What somebody has locked is not replaced, by whatever name."""
    somebody = another_user()
    write("used", b"a disk of a running guest")
    os.symlink("used", "link")
    for mode, kind in ((0o644, fcntl.LOCK_EX), (0o644, fcntl.LOCK_SH), (0o444, fcntl.LOCK_EX), (0o444, fcntl.LOCK_SH)):
        os.chmod("used", 0o644)
        with open("used", "r+b") as file:
            fcntl.lockf(file, kind)
            os.chmod("used", mode)
            # To read it by another descriptor would drop the lock.
            for name in ("used", "link"):
                result = tool("uml_moo", "cow", name, **somebody)
                ok(result.returncode == 1 and "used is in use" in result.stderr
                   and os.path.samestat(os.stat("used"), os.fstat(file.fileno())) and os.path.islink("link"),
                   f"{name} with mode {mode:o} and another's lock is not replaced", result.stderr)
    ok(not [name for name in os.listdir(".") if name.startswith(("used.", "link."))], "and nothing is left behind")
    os.chmod("used", 0o644)
    result = tool("uml_moo", "cow", "link")
    ok(result.returncode == 0 and os.path.islink("link") and os.path.getsize("used") == 3 << 20,
       "a link leads to what is replaced, once it is free", result.stderr)
    os.unlink("link")
    os.unlink("used")
    write("new.img", bytes(4 << 20))
    loop = run("losetup", "-f", "--show", "new.img")
    if loop.returncode:
        skip("a block device in use", "no loop device can be had")
    else:
        device = loop.stdout.strip()
        with open(device, "r+b") as file:
            fcntl.lockf(file, fcntl.LOCK_EX)
            result = tool("uml_moo", "cow", device)
        run("losetup", "-d", device)
        ok(result.returncode == 1 and "in use" in result.stderr, "nor is a block device overwritten", result.stderr)
    os.unlink("new.img")


# --- uml_cow ----------------------------------------------------------------------------------

def test_cow():
    size = 999 * SECTOR + 100
    sparse_image("back", size, 1)
    for version, broken, name in VERSIONS:
        cow = Cow("cow", f"{os.getcwd()}/back", version, broken)
        cow.put(5, b"x" * SECTOR * 3)
        result = tool("uml_cow", "-j", "info", "cow")
        info = json.loads(result.stdout)
        want = {"version": version, "unpacked": broken, "backing": f"{os.getcwd()}/back", "size": size,
                "sector_size": SECTOR, "bitmap_offset": cow.bitmap, "bitmap_length": cow.bitmap_len,
                "data_offset": cow.data, "sectors": 1000, "changed_sectors": 3, "backing_mtime": mtime("back")}
        ok({key: info[key] for key in want} == want, f"{name}: info", info, want)
        ok("changed:        3 sectors" in tool("uml_cow", "info", "cow").stdout, f"{name}: info as text")
        result = tool("uml_cow", "-j", "check", "cow")
        ok(json.loads(result.stdout)["consistent"] and result.returncode == 0, f"{name}: check", result.stdout)
    cow = Cow("cow", f"{os.getcwd()}/back")
    cow.put(998, b"x" * SECTOR)
    os.truncate("cow", cow.data + 100)
    with open("cow", "r+b") as file:
        file.seek(cow.bitmap + cow.bitmap_len - 1)
        file.write(b"\x80")
    os.utime("back", (1, 1))
    result = tool("uml_cow", "-j", "check", "cow")
    said = json.loads(result.stdout)
    cow.put(1003, b"")
    ok(result.returncode == 1 and not said["consistent"] and "changes take" in result.stdout
       and "changed at 1" in result.stdout, "check finds a cut file and another mtime", result.stdout)
    write("odd \"name\"\n", read("cow"))
    said = json.loads(tool("uml_cow", "-j", "info", "odd \"name\"\n").stdout)
    ok(said["file"] == "odd \"name\"\n", "odd names are JSON, too")
    # No UTF-8: a byte alone, a character cut off, a surrogate; and characters that are none.
    odd = b"odd \xff \xc3 \xed\xa0\x80 \x7f \x01 \xc3\xa4"
    shutil.copyfile("cow", odd)
    for command in ("info", "check"):
        text = subprocess.run([f"{TOOLS}/uml_cow", "-j", command, odd], stdout=subprocess.PIPE, check=False).stdout
        try:
            said = json.loads(text.decode())["file"]
        except ValueError as error:
            said = f"{error}"
        ok(said == "odd \ufffd \ufffd \ufffd\ufffd\ufffd \x7f \x01 \xe4", f"{command}: any name is JSON", repr(said))
    os.unlink(odd)

    cow = Cow("cow", f"{os.getcwd()}/back")
    before = read("cow")
    os.rename("back", "moved")
    result = tool("uml_cow", "rebase", "cow", "moved")
    info = json.loads(tool("uml_cow", "-j", "info", "cow").stdout)
    ok(result.returncode == 0 and info["backing"] == f"{os.getcwd()}/moved", "rebase names the moved file",
       result.stderr)
    ok(read("cow")[4128:] == before[4128:], "and changes nothing else")
    os.utime("moved", (2, 2))
    result = tool("uml_cow", "rebase", "cow", "moved")
    ok(result.returncode == 1 and " 2," in result.stderr, "another mtime is refused", result.stderr)
    result = tool("uml_cow", "-f", "rebase", "cow", "moved")
    ok(result.returncode == 0 and tool("uml_cow", "check", "cow").returncode == 0, "unless with -f", result.stderr)
    os.truncate("moved", 100)
    result = tool("uml_cow", "-f", "rebase", "cow", "moved")
    ok(result.returncode == 1 and "size" in result.stderr, "another size is refused with -f, too", result.stderr)
    result = tool("uml_cow", "info", "moved")
    ok(result.returncode == 1 and "no COW file" in result.stderr, "a file of another kind is told", result.stderr)
    ok("usage" in tool("uml_cow", "frob", "cow").stderr, "an unknown command: usage")


def test_cut():
    """A file cut anywhere before the end of what its bitmap tells of is refused, with both lengths."""
    os.unlink("new")
    for version, broken, name in VERSIONS:
        sparse_image("back", 1 << 20, 6)
        before = read("back")
        cow = Cow("whole", f"{os.getcwd()}/back", version, broken)
        header = {1: 280, 2: 4120}.get(version, 4136 if broken else 4128)
        cow.put(5, b"x" * SECTOR)
        cow.put(1000, b"y" * SECTOR * 3)
        end, need = os.path.getsize("whole"), cow.data + 1003 * SECTOR
        cuts = {header: "just behind its header", cow.bitmap: "before its bitmap",
                cow.bitmap + 20: "in its bitmap", cow.bitmap + cow.bitmap_len - 1: "in its bitmap's last byte",
                cow.bitmap + cow.bitmap_len: "behind its bitmap", cow.data: "before its data",
                cow.data + 6 * SECTOR: "behind its first data", need - 1: "in its last data"}
        for cut, where in cuts.items():
            shutil.copy2("whole", "cow")
            os.truncate("cow", cut)
            # What the tool can know: the bits that are left.
            known = need
            if cut < cow.bitmap + 1000 // 8 + 1:
                known = cow.data + 6 * SECTOR if cut > cow.bitmap else cow.bitmap + cow.bitmap_len
            says = f"{cut} bytes, but header, bitmap and changes take {known}"
            results = [tool("uml_moo", "cow", "new"), tool("uml_moo", "-d", "cow"),
                       tool("uml_cow", "-f", "rebase", "cow", "back")]
            result = tool("uml_cow", "-j", "check", "cow")
            ok(all(r.returncode == 1 and says in r.stderr for r in results) and not os.path.exists("new")
               and read("back") == before and not os.path.exists("cow.merging")
               and result.returncode == 1 and says in result.stdout and not json.loads(result.stdout)["consistent"],
               f"{name}: cut {where}", says, *(r.stderr or r.returncode for r in results), result.stdout)
        for cut in (header - 1, 100, 4):
            shutil.copy2("whole", "cow")
            os.truncate("cow", cut)
            says = f"it has {cut} bytes, the header of a COW file takes {header if cut >= 36 else 280}"
            results = [tool("uml_moo", "cow", "new"), tool("uml_moo", "-d", "cow"), tool("uml_cow", "check", "cow"),
                       tool("uml_cow", "info", "cow")]
            ok(all(r.returncode == 1 and says in r.stderr for r in results) and not os.path.exists("new"),
               f"{name}: cut in its header at {cut}", says, *(r.stderr for r in results))
        for cut in (need, end - 1):
            shutil.copy2("whole", "cow")
            os.truncate("cow", cut)
            result = tool("uml_cow", "check", "cow")
            ok(result.returncode == 1 and f"{cut} bytes, a whole one has {end}" in result.stdout,
               f"{name}: check finds that only a hole was cut at {cut}", result.stdout)
            result = tool("uml_moo", "cow", "new")
            ok(result.returncode == 0 and read("new")[5 * SECTOR:6 * SECTOR] == b"x" * SECTOR,
               f"{name}: which a merge does not mind", result.stderr)
            os.unlink("new")
        info = json.loads(tool("uml_cow", "-j", "info", "whole").stdout)
        ok((info["length"], info["needed"]) == (end, need), f"{name}: info tells both lengths", info)


# --- Debian's own -----------------------------------------------------------------------------

def test_debian():
    if not shutil.which("uml_mkcow") or not shutil.which("uml_moo"):
        skip("Debian's uml_mkcow and uml_moo", "the package uml-utilities is not installed")
        return
    # A whole number of sectors: theirs leaves out the part of a last one.
    for size in (1 << 20, 1000 * 4096 + 512, 7 * 512):
        sparse_image("back", max(size, 8 * SECTOR), 2)
        os.truncate("back", size)
        # Their -f keeps the length and the bitmap of what was there.
        for name in ("theirs", "ours"):
            if os.path.exists(name):
                os.unlink(name)
        run("uml_mkcow", "theirs", "back")
        tool("uml_mkcow", "ours", "back")
        ok(read("theirs") == read("ours"), f"{size} bytes: both uml_mkcow make the same file")
    for version, broken, name in VERSIONS:
        size = 2 << 20
        sparse_image("back", size, 20 + version)
        cow = Cow("cow", f"{os.getcwd()}/back", version, broken)
        image = bytearray(read("back"))
        change(cow, image, 30 + version)
        if not broken:
            theirs = run("uml_moo", "cow", "theirs")
            ours = tool("uml_moo", "cow", "ours")
            ok(not theirs.returncode and not ours.returncode and read("theirs") == read("ours") == image,
               f"{name}: both uml_moo make the same image", theirs.stderr, ours.stderr)
        shutil.copy2("back", "back2")
        ours = tool("uml_moo", "-b", "back2", "-d", "cow")
        if broken:
            ok(read("back2") == image, f"{name}: ours merges in place", ours.stderr)
            continue
        theirs = run("uml_moo", "-d", "cow")
        ok(read("back") == read("back2") == image, f"{name}: both merge the same in place",
           theirs.stderr, ours.stderr)
    # Each reads what the other has made.
    sparse_image("back", 1 << 20, 3)
    for maker, make, moo in (("Debian", ["uml_mkcow"], [f"{TOOLS}/uml_moo"]),
                             ("us", [f"{TOOLS}/uml_mkcow"], ["uml_moo"])):
        os.unlink("cow")
        run(*make, "cow", "back")
        made = Cow("model", f"{os.getcwd()}/back")
        made.path = "cow"
        image = bytearray(read("back"))
        change(made, image, 40)
        result = run(*moo, "cow", "merged")
        ok(result.returncode == 0 and read("merged") == image, f"made by {maker}, merged by the other",
           result.stderr)
    os.utime("back", (5, 5))
    ok(run("uml_moo", "cow", "x").returncode == tool("uml_moo", "cow", "x").returncode == 1,
       "both refuse a changed backing file")


UMASK = os.umask(0)
os.umask(UMASK)
if not os.access(f"{TOOLS}/uml_moo", os.X_OK):
    built = run("make", "-s", "-C", f"{TOP}/tools")
    if built.returncode:
        print(f"Bail out! make -C tools: {built.stderr}")
        sys.exit(1)
directory = tempfile.mkdtemp(prefix="cow-tools-")
try:
    os.chdir(directory)
    os.chmod(directory, 0o777)
    for test in (test_mkcow, test_moo, test_moo_sparse, test_moo_progress, test_moo_backing, test_moo_interrupted,
                 test_moo_going_on, test_moo_failures, test_cow, test_cut, test_debian):
        test()
finally:
    shutil.rmtree(directory)
print(f"1..{count}")
sys.exit(1 if failed else 0)
