#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Consoles end to end: whatever is at the other end (terminal, pipe, file, nothing), all that the
guest writes arrives in order, and all that is typed or pasted reaches it.
"""

import hashlib
import os
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import LINUX, Guest, Tap, rescue  # noqa: E402

LINES = 2000
COUNT = f"i=0; while [ $i -lt {LINES} ]; do echo line $i of output; i=$((i+1)); done"


def machine(*args, stdin=b"", stdout=subprocess.PIPE, pass_fds=(), late=0):
    """
    A rescue shell that reads its commands from @stdin, bytes or a file, in the end of which it
    powers off. Returns (status, output).
    """
    scratch = tempfile.mkdtemp(prefix="umboot-")
    environ = {**os.environ, "HOME": scratch, "TMPDIR": scratch}
    child = subprocess.Popen([LINUX, "mem=64M", *args], env=environ, stdout=stdout,
                             stderr=subprocess.STDOUT, pass_fds=pass_fds,
                             stdin=subprocess.PIPE if isinstance(stdin, bytes) else stdin)
    try:
        if late:
            time.sleep(late)
        output, _ = child.communicate(stdin if isinstance(stdin, bytes) else None, timeout=60)
    except subprocess.TimeoutExpired:
        child.kill()
        output, _ = child.communicate()
        output = (output or b"") + b"\n(killed after 60 s)\n"
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return child.returncode, (output or b"").decode(errors="replace").replace("\r", "")


def all_lines(text):
    return [f"line {number} of output" for number in range(LINES)] == re.findall(
        r"^line \d+ of output$", text, re.M)


def pipes_and_files(tap):
    commands = f"{COUNT}\npoweroff\n".encode()
    status, text = machine(stdin=commands)
    tap.ok(status == 0 and all_lines(text), "out through a pipe, in through a pipe that ends",
           f"status {status}", text[-1500:])
    status, text = machine(stdin=commands, late=4)
    tap.ok(status == 0 and all_lines(text), "a slow reader loses nothing", f"status {status}",
           text[-1500:])
    with tempfile.NamedTemporaryFile() as source, tempfile.NamedTemporaryFile() as sink:
        source.write(commands)
        source.seek(0)
        status, _ = machine("con0=fd:0,fd:1", "con=null", stdin=source, stdout=sink)
        sink.seek(0)
        text = sink.read().decode(errors="replace").replace("\r", "")
    tap.ok(status == 0 and all_lines(text), "from a file into a file", f"status {status}", text[-1500:])
    status, text = machine("con=null", "con0=fd:0,fd:1", stdin=commands)
    tap.ok(status == 0 and all_lines(text), "con=null before con0=: the order does not matter",
           text[-1500:])
    status, text = machine("console=tty", stdin=commands)
    tap.ok(status == 0 and all_lines(text) and "Linux version" in text, "console=tty", text[-1500:])
    status, text = machine("stderr=1", stdin=commands)
    tap.ok(text.count("Linux version") == 1, "stderr=1: no message twice", text[:1500])


def reader_leaves(tap):
    guest = rescue("mem=64M", terminal=False)
    reader, guest.reader = guest.reader, os.open("/dev/null", os.O_RDONLY)
    os.close(reader)
    guest.send(f"{COUNT}; poweroff\n")
    end = time.monotonic() + 30
    while guest.poll() is None and time.monotonic() < end:
        time.sleep(0.1)
    tap.ok(guest.poll() == 0, "who reads the pipe leaves: the guest goes on", f"{guest.poll()}")


def paste(tap):
    guest = rescue()
    data = os.urandom(1 << 20)
    guest.send("stty raw -echo; echo READY''NOW; head -c 1048576 | md5sum; stty sane\n")
    guest.expect("READYNOW", 10)
    os.set_blocking(guest.master, False)
    started, done = time.monotonic(), 0
    while done < len(data) and time.monotonic() - started < 60:
        try:
            done += os.write(guest.master, data[done:done + 65536])
        except BlockingIOError:
            select.select([guest.master], [guest.master], [], 0.1)
        guest.read(0)
    os.set_blocking(guest.master, True)
    guest.expect(hashlib.md5(data).hexdigest(), 20)
    tap.ok(True, "a paste of 1 MiB into a terminal arrives whole")
    tap.note(f"{time.monotonic() - started:.1f} s")


def flood(tap):
    guest = rescue()
    started = time.monotonic()
    guest.send("stty -opost; head -c 2097152 /dev/zero | tr '\\000' q; stty opost; echo FLOOD''END\n")
    guest.expect("FLOODEND", 90)
    tap.ok("q" * 2097152 in guest.text, "2 MiB out through a terminal",
           f"{guest.text.count('q')}")
    tap.note(f"{time.monotonic() - started:.1f} s")


def second_console(tap):
    with tempfile.TemporaryFile() as sink:
        number = sink.fileno()
        command = "i=0; while [ $i -lt 300 ]; do echo l$i; i=$((i+1)); done >/dev/tty1; poweroff\n"
        status, text = machine(f"con1=fd:{number}", stdin=command.encode(), pass_fds=(number,))
        sink.seek(0)
        lines = sink.read().decode().split()
    tap.ok(lines == [f"l{i}" for i in range(300)], "con1=fd:<n>: all lines are in the file",
           f"{len(lines)} lines", text[-1500:])

    guest = rescue("mem=64M", "con1=pts", "con0=fd:0,fd:1", "con=null")
    guest.run("exec 5<>/dev/tty1")
    match = re.search(r"[Cc]onsole 1 assigned device '?(/dev/pts/\d+)", guest.text)
    if not tap.ok(match, "con1=pts: the log tells its name", guest.tail()):
        return
    client = os.open(match.group(1), os.O_RDWR | os.O_NOCTTY)
    guest.send("echo from-the-guest >/dev/tty1; read word </dev/tty1; echo got:$word\n")
    ready, _, _ = select.select([client], [], [], 10)
    said = os.read(client, 4096) if ready else b""
    tap.ok(b"from-the-guest" in said, "con1=pts: a client reads", repr(said))
    os.write(client, b"answer\r")
    guest.expect("got:answer", 10)
    tap.ok(True, "con1=pts: a client writes")
    os.close(client)


def silent(tap):
    guest = Guest("mem=64M", "con=null", terminal=False)
    time.sleep(2)
    guest.read(0.1)
    tap.ok(guest.poll() is None and not guest.text, "con=null without con0=: not a word",
           guest.tail())


def main():
    tap = Tap()
    for part in (pipes_and_files, reader_leaves, paste, flood, second_console, silent):
        tap.section(part)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
