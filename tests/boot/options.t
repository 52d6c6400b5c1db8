#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The command line: what --help and its like print, and that wrong input ends with a message
which names it, a status other than 0 and no oops.
"""

import os
import re
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import COMPLAINT, LINUX, NOBODY, Guest, Tap, clean, is_root  # noqa: E402


def linux(*args):
    return subprocess.run([LINUX, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=30, check=False)


def informative(tap):
    done = linux("--help")
    tap.ok(done.returncode == 0 and not done.stderr, "--help: status 0, only standard output",
           f"status {done.returncode}", done.stderr)
    for option in ("mem=", "umid=", "uml_dir=", "initrd=", "ubd<n>", "con<n>=", "quiet",
                   "noreboot", "backend=", "seccomp=", "ncpus=", "spin=", "notices=", "nofsgsbase",
                   "--version", "--showconfig", "--help"):
        tap.ok(option in done.stdout, f"--help tells of {option}")
    names = [re.match(r"[a-z-]+", line).group(0) for line in done.stdout.splitlines()
             if re.match(r"[a-z-]+[=<\n]?", line) and not line.startswith(("usage:", "linux"))]
    tap.ok(names == sorted(names) and len(names) > 10, "--help is in alphabetical order",
           " ".join(names))
    done = linux("--version")
    tap.ok(done.returncode == 0 and re.match(r"6\.12\.\d+", done.stdout),
           "--version prints the kernel's release", done.stdout + done.stderr)
    done = linux("--showconfig")
    tap.ok(done.returncode == 0 and "\nCONFIG_UML=y\n" in done.stdout,
           "--showconfig prints the configuration", done.stdout[:200] + done.stderr)


def wrong(tap, label, args, names, panic=False, **options):
    """
    @names: what the message must have. A start that fails before the kernel runs has one
    line, a root file system that is missing ends in a panic with advice.
    """
    guest = Guest(*args, terminal=False, **options)
    status = guest.wait(60)
    text = clean(guest.text)
    tap.ok(status not in (0, 127) and status > 0, f"{label}: the status is not 0",
           f"status {status}")
    for name in names:
        tap.ok(name in text, f"{label}: the message has {name!r}", guest.tail())
    if panic:
        tap.ok("Kernel panic - not syncing: VFS" in text, f"{label}: ends in a panic of VFS",
               guest.tail())
    else:
        tap.ok(len(text.splitlines()) == 1, f"{label}: it is one line", guest.tail())
    tap.ok(not COMPLAINT.search(text), f"{label}: no oops", guest.tail(60))
    tap.ok(not guest.survivors() and not guest.leftovers(), f"{label}: nothing is left",
           f"{guest.survivors()} {guest.leftovers()}")
    guest.close()


def wrong_words(tap):
    for word in ("mem=12", "mem=abc", "mem=", "ubdz=x", "ubd0=", "ubd99=x", "con0=fd:99",
                 "con0=bogus", "con16=null", "con1:null", "con99999999999999999999=null",
                 "backend=foo", "umid=a/b", "initrd=/nonexistent", "seccomp=maybe", "ncpus=0", "spin=fast",
                 "notices=on", "ncpus=65", "ncpus=two", "ncpus="):
        wrong(tap, word, [word], [word])
    # A socket's path has its limit, and what is too long for it its length.
    path = "/" + "p" * 107
    wrong(tap, "a long path for news", [f"mconsole=notify:{path}"], ["mconsole=notify:", "108 characters", "107"])
    wrong(tap, "a long path of a socket", [f"con1=unix:{path}"], ["con1=", "108 characters", "107"])
    wrong(tap, "a long path to attach to", ["--attach", path], ["--attach", "108 characters", "107"])
    wrong(tap, "several processors on ptrace", ["backend=ptrace", "ncpus=2"],
          ["backend=ptrace", "ncpus=2", "one processor"])


def wrong_root(tap):
    advice = "linux ubd0=<image> root=/dev/ubd0"
    wrong(tap, "missing image", ["ubd0=/nonexistent", "root=/dev/ubd0"],
          ["ubd0=/nonexistent", advice], panic=True)
    wrong(tap, "missing image, quiet", ["ubd0=/nonexistent", "root=/dev/ubd0", "quiet"],
          ["ubd0=/nonexistent", advice], panic=True)
    wrong(tap, "missing root device", ["root=/dev/nonexistent"],
          ["root=/dev/nonexistent", advice], panic=True)


def words_of_init(tap):
    guest = Guest("mem=64M", "rdinit=/bin/busybox", "--", "echo", "only", "these", terminal=False)
    guest.wait(30)
    tap.ok("\nonly these\n" in clean(guest.text), "what follows -- is init's, all of it and nothing else",
           *[line for line in clean(guest.text).splitlines() if line.startswith("only")])


def unreadable_initrd(tap):
    with tempfile.NamedTemporaryFile() as file:
        os.chmod(file.name, 0)
        wrong(tap, "unreadable initrd", [f"initrd={file.name}"],
              [f"initrd={file.name}", "permission denied"], user=NOBODY if is_root() else None)


def full_disk(tap):
    """Guest RAM is a file in TMPDIR, which has room for the kernel's start at most."""
    if not is_root():
        tap.skip("full disk for guest RAM", "only root can mount a small tmpfs")
        return
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        # In a mount namespace of its own: it goes away with the shell.
        # The start fits; what the shell is told to do, when it is there, does not.
        script = """mount -t tmpfs -o size=8M small "$1" && cd / && export TMPDIR=$1 HOME=$1 &&
            { sleep 2; echo "dd if=/dev/urandom of=/filler bs=1M count=30"; sleep 10; } |
            timeout -s KILL 20 "$2" mem=64M; exit $?"""
        done = subprocess.run(["unshare", "-m", "sh", "-c", script, "sh", scratch, LINUX],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
    text = clean(done.stdout)
    tap.ok(done.returncode > 0 and done.returncode not in (124, 137),
           "full disk for guest RAM: ends by itself, status not 0", f"status {done.returncode}")
    about = [line for line in text.splitlines() if "guest RAM" in line or "mem=64M" in line]
    about = [line for line in about if "command line" not in line.lower()]
    tap.ok(len(about) == 1, "full disk for guest RAM: one message says so",
           *(about or text.splitlines()[-10:]))
    tap.ok(any(scratch in line or "TMPDIR" in line for line in about),
           "full disk for guest RAM: the message names the directory or TMPDIR", *about)
    tap.ok(not COMPLAINT.search(text), "full disk for guest RAM: no oops", text[-3000:])


def main():
    tap = Tap()
    for part in (informative, wrong_words, wrong_root, words_of_init, unreadable_initrd,
                 full_disk):
        tap.section(part)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
