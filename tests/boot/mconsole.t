#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
The management console, driven by uml_mconsole of Debian's uml-utilities, and by packets made
here where that client would not send them.
"""

import fcntl
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import (COMPLAINT, NOBODY, TOP, Guest, Tap, Timeout, check_gone, cpu_seconds, is_root,  # noqa: E402
                    rescue, skip_all)

CLIENT = "/usr/bin/uml_mconsole"
OURS = f"{os.environ.get('UM_TOOLS', TOP + '/build/tools')}/uml_mconsole"
STRANGER = 65533
MAGIC, VERSION, DATA = 0xcafebabe, 2, 512
OLD = b"ERR Version 0 mconsole clients are not supported by this driver"


def start(*args, **options):
    """A rescue shell with a management console."""
    guest = rescue("mem=64M", "umid=managed", *args, **options)
    guest.socket = f"{guest.environ['HOME']}/.uml/managed/mconsole"
    return guest


def debian(guest, *words, timeout=30):
    """Debian's client; returns (good, text)."""
    done = subprocess.run([CLIENT, "managed", *words], stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout,
                          check=False, errors="replace", env=guest.environ)
    word, _, text = done.stdout.partition(" ")
    return word == "OK", (text if word in ("OK", "ERR") else done.stdout).strip()


class Client:
    """Packets as the protocol has them."""

    def __init__(self, guest):
        self.directory = tempfile.mkdtemp(prefix="umboot-")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"{self.directory}/client")
        self.socket.connect(guest.socket)
        self.socket.settimeout(20)

    def close(self):
        self.socket.close()
        shutil.rmtree(self.directory)

    def send(self, text, magic=MAGIC, version=VERSION, length=None):
        data = text.encode()
        self.socket.send(struct.pack("=III", magic, version, len(data) if length is None
                                     else length) + data)

    def receive(self):
        """All pieces of a reply: (err, text, number of pieces)."""
        text, first, pieces = b"", None, 0
        while True:
            packet = self.socket.recv(4096)
            if len(packet) < 12:
                return None, packet, pieces
            err, more, length = struct.unpack_from("=III", packet)
            if packet.startswith(b"ERR"):
                return None, packet, pieces
            if len(packet) != 12 + length or packet[-1] or length > DATA:
                raise ValueError(f"malformed piece: {length} in {len(packet)} bytes")
            first = err if first is None else first
            text += packet[12:-1]
            pieces += 1
            if not more:
                return first, text.decode(errors="replace"), pieces

    def ask(self, text, **options):
        self.send(text, **options)
        return self.receive()


# --- each command by Debian's client ------------------------------------------------------------

def commands(tap):
    guest = start()
    good, text = debian(guest, "version")
    tap.ok(good and re.match(r"Linux \S+ 6\.12\.\d+\S* #\d+ .* x86_64$", text), "version", text)
    good, text = debian(guest, "help")
    tap.ok(good and all(f"    {word}" in text for word in (
        "version", "help", "halt", "reboot", "config", "remove", "list", "sysrq", "cad", "stop",
        "go", "log", "proc", "stack")), "help tells of all commands", text)
    good, text = debian(guest, "log", "a", "word", "for the log")
    guest.expect("a word for the log", 10)
    tap.ok(good, "log", text)
    good, text = debian(guest, "proc", "meminfo")
    tap.ok(good and re.search(r"^MemTotal: +\d+ kB$", text, re.M), "proc meminfo", text)
    good, text = debian(guest, "proc", "1/status")
    tap.ok(good and text.startswith("Name:\tinit"), "proc 1/status", text)
    good, text = debian(guest, "proc", "kallsyms")
    count = int(guest.run("wc -l </proc/kallsyms")[1])
    tap.ok(good and len(text) > 500000 and len(text.splitlines()) == count,
           "proc: a long file comes whole", f"{len(text)} bytes, {len(text.splitlines())} of {count} lines")
    for name in ("modules", "net/dev", "1/cmdline", "sys/kernel/ostype", "exitcode", "mounts"):
        good, text = debian(guest, "proc", name)
        # Their own names: of the thread which reads them.
        tap.ok(good and (text or name == "modules"), f"proc {name}", text)
    tap.ok(debian(guest, "proc", "nothing") == (False, "Failed to open file"), "proc: no file")
    tap.ok(debian(guest, "proc", "1") == (False, "Read of file failed"), "proc: a directory")
    # The second reading would wait for messages to come.
    debian(guest, "proc", "kmsg")
    tap.ok(debian(guest, "proc", "kmsg") == (False, "Read of file failed"), "proc: kmsg does not wait")
    tap.ok(debian(guest, "halting") == (False, "Unknown command"), "no command", guest.tail())
    guest.close()


def stacks(tap):
    guest = start("quiet")
    guest.run("sleep 500 & echo pid $!; sleep 0.3")
    pid = re.findall(r"pid (\d+)", guest.text)[-1]
    good, text = debian(guest, "stack", pid)
    tap.ok(good and "task:sleep" in text and "schedule" in text and "Call Trace" in text,
           "stack of a process that sleeps", text)
    tap.ok(debian(guest, "stack", "x") == (False, "Please specify a pid"), "stack: no number")
    tap.ok(debian(guest, "stack", "99999") == (False, "Couldn't find that pid"), "stack: no process")
    good, text = debian(guest, "sysrq", "t")
    tap.ok(good and "task:init" in text and "task:sleep" in text and "task:mconsole" in text,
           "sysrq t shows all tasks, with quiet, too", text[:500])
    good, text = debian(guest, "sysrq", "m")
    tap.ok(good and "Mem-Info:" in text and "task:" not in text, "sysrq m: that and nothing else", text)
    guest.run("dmesg -n 4; cat /proc/sys/kernel/printk >/tmp/before")
    debian(guest, "sysrq", "w")
    tap.ok(guest.run("cmp /tmp/before /proc/sys/kernel/printk")[0] == 0, "the log level is as before")
    debian(guest, "sysrq", "7")
    tap.ok(guest.run("cat /proc/sys/kernel/printk")[1].split()[0] == "7", "sysrq 7 sets the log level")
    tap.ok(not debian(guest, "sysrq")[0], "sysrq without a key")
    guest.close()


def memory(tap):
    guest = start()

    def total():
        return int(re.search(r"MemTotal: +(\d+)", guest.run("cat /proc/meminfo")[1]).group(1))

    before = total()
    tap.ok(debian(guest, "config", "mem") == (True, "65536K"), "config mem: what there is")
    tap.ok(debian(guest, "config", "mem=-16M") == (True, ""), "config mem=-16M")
    tap.ok(debian(guest, "config", "mem") == (True, "49152K"), "config mem: 16 MiB less")
    tap.ok(total() == before - 16384, "the guest has 16 MiB less", f"{before} {total()}")
    tap.ok(debian(guest, "config", "mem=+4M") == (True, "") and
           debian(guest, "config", "mem") == (True, "53248K"), "config mem=+4M")
    tap.ok(not debian(guest, "config", "mem=+13M")[0] and
           debian(guest, "config", "mem") == (True, "53248K"), "never more than at the start")
    good, text = debian(guest, "config", "mem=-1G")
    tap.ok(not good and text == "Failed to release memory" and
           debian(guest, "config", "mem") == (True, "53248K"), "more than there is: nothing happens", text)
    for what, why in (("mem=5M", "Expected increment to start with '-' or '+'"),
                      ("mem=+x", "Failed to parse memory increment"),
                      ("mem=+1Mx", "Failed to parse memory increment")):
        tap.ok(debian(guest, "config", what) == (False, why), f"config {what}")
    # Memory that came back must be memory.
    tap.ok(debian(guest, "config", "mem=+12M")[0], "config mem=+12M")
    tap.ok(guest.run("dd if=/dev/urandom of=/tmp/a bs=1M count=12 2>/dev/null && cp /tmp/a /tmp/b && "
                     "cmp /tmp/a /tmp/b && rm /tmp/[ab]")[0] == 0, "the guest uses what came back")
    guest.close()
    guest = rescue("mem=512M", "umid=managed")
    guest.socket = f"{guest.environ['HOME']}/.uml/managed/mconsole"
    guest.run("dd if=/dev/zero of=/tmp/a bs=1M count=200; rm /tmp/a", 60)

    def shared():
        with open(f"/proc/{guest.pid}/status", encoding="ascii") as file:
            return sum(int(size) for size in re.findall(r"Rss(?:Shmem|File):\s+(\d+)", file.read()))

    before = shared()
    debian(guest, "config", "mem=-380M")
    tap.ok(shared() < before - 100 * 1024, "the host gets the memory", f"{before} {shared()} kB")
    guest.close()


def lines(tap):
    guest = start("con=null", "con0=fd:0,fd:1", "con3=none")
    tap.ok(debian(guest, "config", "con0") == (True, "fd:0,fd:1"), "config con0")
    tap.ok(debian(guest, "config", "con3") == (True, "none"), "config con3, which is none")
    tap.ok(guest.run("test -e /dev/tty3")[0] == 1, "con3 has no device")
    tap.ok(debian(guest, "config", "con3=pts") == (True, ""), "config con3=pts")
    good, text = debian(guest, "config", "con3")
    tap.ok(good and re.fullmatch(r"pts:/dev/pts/\d+", text), "config con3: which one it is", text)
    tap.ok(guest.run("echo from the guest >/dev/tty3")[0] == 0, "con3 has a device now")
    fd = os.open(text.partition(":")[2], os.O_RDONLY | os.O_NOCTTY)
    tap.ok(os.read(fd, 100) == b"from the guest\r\n", "con3: what the guest writes is on the pts")
    os.close(fd)
    guest.run("sleep 1000 </dev/tty3 & sleep 0.3")
    tap.ok(debian(guest, "remove", "con3") == (False, "Device is currently open"), "remove con3, in use")
    tap.ok(debian(guest, "config", "con3=null") == (False, "Device is currently open"),
           "config con3=null, in use")
    guest.run("kill %1; wait")
    tap.ok(debian(guest, "remove", "con3") == (True, ""), "remove con3")
    tap.ok(debian(guest, "remove", "con3") == (False, "Device doesn't exist"), "remove con3 again")
    tap.ok(guest.run("test -e /dev/tty3")[0] == 1, "con3 has no device any more")
    tap.ok(os.path.exists(f"/proc/{guest.pid}/fd/3"), "descriptor 3 is UML's own")
    for what, why in (("con16=null", "Invalid device number - must be between 0 and 15"),
                      ("conx=null", "Couldn't parse device number"),
                      ("con=null", "Can't configure all devices from mconsole"),
                      ("con1=fd:777", "descriptor 777 is not open, start with something like 777<>file"),
                      ("con1=fd:3", "descriptor 3 is not open, start with something like 3<>file"),
                      ("nothing=1", "Bad configuration option")):
        tap.ok(debian(guest, "config", what) == (False, why), f"config {what}", debian(guest, "config", what))
    tap.ok(debian(guest, "remove", "nothing") == (False, "Bad remove option"), "remove nothing")
    good, text = debian(guest, "list", "con")
    tap.ok(good and text.splitlines() == ["con0=fd:0,fd:1"] + [f"con{n}=null" for n in range(1, 16) if n != 3],
           "list con", text)
    good, text = debian(guest, "list")
    tap.ok(good and "mem=65536K" in text.splitlines() and "con0=fd:0,fd:1" in text.splitlines(),
           "list", text)
    tap.ok(not debian(guest, "list", "nothing")[0], "list of no kind")
    guest.close()


def stop_and_go(tap):
    guest = start()
    guest.run("(while :; do :; done) & i=0; (while :; do echo >>/tmp/ticks; sleep 0.1; done) & true")
    time.sleep(1)
    tap.ok(debian(guest, "go") == (False, "Not stopped"), "go without stop")
    tap.ok(debian(guest, "stop") == (True, "stopped"), "stop")
    family = [guest.pid, *guest.family_now()]
    before, started = cpu_seconds(family), time.monotonic()
    tap.ok(debian(guest, "stop") == (False, "Already stopped"), "stop again")
    tap.ok(debian(guest, "version")[0] and debian(guest, "proc", "uptime")[0] and
           debian(guest, "stack", "1")[0] and debian(guest, "list")[0] and
           debian(guest, "sysrq", "s")[0] and debian(guest, "config", "con5=pts")[0],
           "a stopped guest answers")
    guest.send("echo typed ahead\n")
    time.sleep(3)
    used = cpu_seconds(family) - before
    tap.ok(used < 0.5, "a stopped guest uses no processor", f"{used:.2f} s")
    tap.ok("\ntyped ahead" not in guest.text.replace("\r", ""), "its programs do not run")
    tap.ok(debian(guest, "go") == (True, ""), "go")
    guest.expect(r"\ntyped ahead", 10)
    tap.ok(True, "what was typed meanwhile is there")
    status, text = guest.run("date +%s.%N 2>/dev/null; cat /proc/uptime")
    uptime = float(text.split()[-2])
    tap.ok(abs(uptime - (time.monotonic() - guest.started)) < 1.5,
           "the clock has gone on", f"{uptime} {time.monotonic() - guest.started}")
    count = [int(guest.run("wc -l </tmp/ticks")[1])]
    time.sleep(1)
    count.append(int(guest.run("wc -l </tmp/ticks")[1]))
    tap.ok(count[1] - count[0] >= 3, "timers tick", f"{count}")
    tap.note(f"stopped for {time.monotonic() - started:.1f} s")
    guest.close()


def ends(tap):
    guest = start()
    debian(guest, "halt")
    tap.ok(guest.wait(10) == 0, "halt", f"{guest.status}")
    check_gone(tap, guest, "halt")
    tap.ok(not guest.leftovers() and guest.terminal_restored(), "halt: nothing is left", f"{guest.leftovers()}")
    guest.close()
    guest = start()
    guest.at = len(guest.text)
    debian(guest, "reboot")
    guest.expect("Linux version", 10)
    guest.expect("rescue:", 20)
    tap.ok(debian(guest, "version")[0], "reboot: it answers again")
    guest.close()
    guest = start()
    debian(guest, "stop")
    debian(guest, "halt")
    tap.ok(guest.wait(10) == 0, "halt while stopped", f"{guest.status}")
    guest.close()
    guest = start()
    guest.run("sleep 1000 & true")
    debian(guest, "stop")
    guest.kill(signal.SIGTERM)
    guest.expect("processes go on, so that they can shut down", 15)
    tap.ok(guest.wait(20) == 0 and not COMPLAINT.search(guest.text), "SIGTERM while stopped: it goes on and shuts down", f"{guest.status}", guest.tail())
    check_gone(tap, guest, "SIGTERM while stopped")
    guest.close()
    guest = start("noreboot")
    tap.ok(debian(guest, "cad")[0], "cad")
    guest.expect("Restarting system", 15)
    tap.ok(guest.wait(10) == 0, "cad: init shut down", f"{guest.status}")
    guest.close()
    guest = start()
    debian(guest, "sysrq", "b")
    guest.expect("Linux version", 10)
    tap.ok(True, "sysrq b reboots")
    guest.close()


# --- the protocol -------------------------------------------------------------------------------

def protocol(tap):
    guest = start()
    client = Client(guest)
    tap.ok(client.ask("version")[0] == 0, "a good request")
    err, text, _ = client.ask("log unseen", magic=0x12345678)
    tap.ok(err is None and text == OLD, "no magic: the answer", repr(text))
    client.socket.send(b"log unseen")
    tap.ok(client.receive()[1] == OLD, "plain text: the answer")
    err, text, _ = client.ask("log unseen", version=3)
    tap.ok(err and text == "This driver only supports version 2 clients", "another version: the answer", text)
    err, text, _ = client.ask("log unseen", length=512)
    tap.ok(err and text == "Request too large", "too large: the answer", text)
    err, text, _ = client.ask("log unseen", length=100)
    tap.ok(err, "cut off: the answer", text)
    client.socket.send(struct.pack("=III", MAGIC, VERSION, 3) + b"log" + b"\0" * 600)
    tap.ok(client.receive()[0] == 0, "bytes behind the end do not matter")
    client.ask("log seen")
    tap.ok("seen" in guest.run("dmesg | sed s/^/log:/")[1] and "unseen" not in guest.run("dmesg | sed s/^/log:/")[1], "none of these was run")
    for text in ("", " ", "\n", "config", "config ", "remove", "stack", "proc", "list  ", "\x7f" * 511,
                 "config con1=" + "x" * 480, "config " + "=" * 500, "proc ../../../etc/passwd"):
        err, answer, _ = client.ask(text)
        tap.ok(answer is not None and err is not None, f"{text[:20]!r}: answered", repr(answer))
    tap.ok(client.ask("  version \n")[0] == 0, "blanks around a command")
    # Somebody who cannot be answered.
    nameless = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    nameless.sendto(struct.pack("=III", MAGIC, VERSION, 12) + b"log nameless", guest.socket)
    guest.expect("nameless", 10)
    tap.ok(client.ask("version")[0] == 0, "a client without an address is served")
    nameless.close()
    client.close()
    guest.close()


def many_requests(tap):
    guest = start()
    client = Client(guest)
    started = time.monotonic()
    answers = sum(client.ask("version")[0] == 0 for _ in range(10000))
    tap.ok(answers == 10000, "10000 requests, one after the other", f"{answers}")
    tap.note(f"{time.monotonic() - started:.1f} s")

    def talk(number, results):
        own = Client(guest)
        good = 0
        try:
            for turn in range(250):
                if turn % 2:
                    err, text, _ = own.ask(f"client {number}")
                    good += err == 1 and text == "Unknown command"
                else:
                    err, text, pieces = own.ask("help")
                    good += err == 0 and pieces > 1 and text.startswith("Commands:")
        finally:
            own.close()
            results[number] = good

    results = {}
    threads = [threading.Thread(target=talk, args=(number, results)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tap.ok(list(results.values()) == [250] * 8, "8 clients at once: nothing is lost", f"{results}")
    # Sent without waiting: in the order in which they came.
    for number in range(10):
        client.send(f"log number {number} of ten")
    tap.ok([client.receive()[0] for _ in range(10)] == [0] * 10, "10 requests without waiting")
    seen = re.findall(r"number (\d) of ten", guest.run("dmesg | sed s/^/log:/")[1])
    tap.ok(seen == [str(number) for number in range(10)], "they are served in order", f"{seen}")
    client.close()
    guest.close()


def lazy_client(tap):
    guest = start()
    lazy = Client(guest)
    lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    other = Client(guest)
    started = time.monotonic()
    lazy.send("proc kallsyms")
    err, _, _ = other.ask("version")
    waited = time.monotonic() - started
    tap.ok(other.ask("proc kallsyms")[2] > 1000, "who reads gets a long answer all the same")
    tap.ok(err == 0 and waited < 15, "a client that does not read holds others up for seconds only",
           f"{waited:.1f} s")
    tap.ok(guest.run("echo alive")[1] == "alive", "and not the guest")
    lazy.send("version")
    lazy.close()
    tap.ok(other.ask("version")[0] == 0, "a client that is gone matters to nobody")
    other.close()
    guest.close()


def blocked(tap):
    """What never waits is answered while the host keeps another command waiting: by a lease."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)
    for cpus in (("ncpus=1",), ("ncpus=2",), ("backend=ptrace",)):
        with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
            fd = os.open(f"{scratch}/disk", os.O_RDWR | os.O_CREAT)
            os.truncate(fd, 1 << 20)
            label = f"a blocked config, {' '.join(cpus)}"
            guest = start(*cpus)
            waits, queues, other = Client(guest), Client(guest), Client(guest)
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            waits.send(f"config ubd3={scratch}/disk")
            time.sleep(0.5)
            queues.send("config mem")
            started = time.monotonic()
            for text, good in (("version", True), ("help", True), ("stack 1", True), ("sysrq m", True), ("go", False),
                               ("thaw", False), ("log something", True), ("nothing", False)):
                err, answer, _ = other.ask(text)
                tap.ok((err == 0) is good, f"{label}: {text.split()[0]}", f"{err} {answer}")
            tap.ok(guest.run("echo alive")[1] == "alive", f"{label}: the guest goes on")
            took = time.monotonic() - started
            tap.ok(took < 10, f"{label}: at once", f"{took:.1f} s")
            # One that could wait has its turn after the one that does; too many are refused.
            many = [Client(guest) for _ in range(70)]
            for client in many:
                client.send("list mem")
            refused = [client.receive()[0] for client in many[63:]]
            tap.ok(all(refused), f"{label}: there is a limit of those that wait", f"{refused}")
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
            tap.ok(waits.receive()[0] == 0 and queues.receive()[0] == 0, f"{label}: answered in the end")
            tap.ok(all(client.receive()[0] == 0 for client in many[:63]), f"{label}: and all others that waited")
            tap.ok(guest.run("test -b /dev/ubdd")[0] == 0, f"{label}: the disk is there")
            for client in (waits, queues, other, *many):
                client.close()
            os.close(fd)
            guest.close()


# --- news ---------------------------------------------------------------------------------------

def news(tap):
    with tempfile.TemporaryDirectory(prefix="umboot-") as directory:
        path = f"{directory}/notify"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        listener.bind(path)
        listener.settimeout(20)

        def receive():
            packet = listener.recv(4096)
            magic, version, kind, length = struct.unpack_from("=IIII", packet)
            if (magic, version, len(packet)) != (MAGIC, VERSION, 16 + length):
                raise ValueError(f"malformed news {packet!r}")
            return kind, packet[16:]

        guest = start(f"mconsole=notify:{path}")
        tap.ok(receive() == (0, guest.socket.encode() + b"\0"), "news: where the socket is")
        guest.run("echo hello host >/proc/mconsole")
        tap.ok(receive() == (3, b"hello host\n"), "news: /proc/mconsole")
        tap.ok(guest.run("ls -l /proc/mconsole")[1].startswith("--w-------"), "/proc/mconsole: its mode")
        guest.run("head -c 600 /dev/zero | tr '\\000' x | dd bs=600 of=/proc/mconsole")
        tap.ok([receive(), receive()] == [(3, b"x" * 512), (3, b"x" * 88)], "news: long ones in pieces")
        guest.send("echo c >/proc/sysrq-trigger\n")
        kind, text = receive()
        tap.ok(kind == 1 and text.startswith(b"sysrq triggered crash"), "news: a panic", f"{kind} {text}")
        guest.wait(20)
        guest.close()
        listener.close()
        guest = start(f"mconsole=notify:{path}")
        status, text = guest.run("echo nobody >/proc/mconsole")
        tap.ok(status != 0, "nobody listens: the writer is told", text)
        guest.run("for i in 1 2 3; do echo nobody >/proc/mconsole; done")

        def warnings():
            return guest.run("dmesg | grep -c 'nobody listens at'")[1]

        tap.ok(warnings() == "1", "nobody listens: that is said once", guest.tail())
        os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(path)
            tap.ok(guest.run("echo somebody >/proc/mconsole")[0] == 0, "somebody listens again")
        guest.run("for i in 1 2 3; do echo nobody >/proc/mconsole; done")
        tap.ok(warnings() == "2", "nobody listens again: that is said once more", guest.tail())
        guest.close()
    guest = start()
    tap.ok(guest.run("test -e /proc/mconsole")[0] == 1, "without mconsole= there is no /proc/mconsole")
    guest.close()
    guest = Guest("mem=64M", "mconsole=nonsense", terminal=False)
    tap.ok(guest.wait() == 1 and "mconsole=nonsense: expected" in guest.text, "mconsole=nonsense", guest.tail())
    guest.close()


def owners(tap):
    """The owner and root may manage it, nobody else, even where the modes let them."""
    if not is_root():
        tap.skip("requests of others", "only root can become somebody else")
        return
    guest = start(user=NOBODY)
    directory = os.path.dirname(guest.socket)
    modes = [os.stat(path).st_mode & 0o777 for path in (directory, guest.socket)]
    tap.ok(modes == [0o700, 0o600], "directory and socket are the owner's only", *map(oct, modes))
    for name, client in (("Debian's client", CLIENT), ("ours", OURS)):
        for user, label in ((0, "root"), (NOBODY, "the owner")):
            done = ask_as(user, client, guest.socket)
            tap.ok(done.returncode == 0 and "Linux" in done.stdout, f"{name}: {label} is answered", done.stdout)
        done = ask_as(STRANGER, client, guest.socket)
        tap.ok(done.returncode and "Linux" not in done.stdout, f"{name}: another user does not get there", done.stdout)
        # As if somebody had opened it all.
        for path, mode in ((directory, 0o777), (os.path.dirname(directory), 0o777), (guest.environ["HOME"], 0o777),
                           (os.path.dirname(guest.environ["HOME"]), 0o755), (guest.socket, 0o666)):
            os.chmod(path, mode)
        done = ask_as(STRANGER, client, guest.socket)
        tap.ok(done.returncode and "Only the user who started it and root may manage it" in done.stdout,
               f"{name}: another user is told why not", done.stdout)
        os.chmod(directory, 0o700)
        os.chmod(guest.socket, 0o600)
    tap.ok(debian(guest, "version")[0], "and the console works on")
    guest.close()


def ask_as(user, client, path):
    return subprocess.run([client, path, "version"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.STDOUT, timeout=40, check=False, user=user, group=user, extra_groups=[])


def disks(tap):
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        image = f"{scratch}/disk"
        subprocess.run(["mke2fs", "-q", "-t", "ext4", image, "16M"], check=True)
        guest = start()
        good, text = debian(guest, "config", f"ubd3={image}")
        tap.ok(good, "config ubd3=: a disk is added", text)
        tap.ok(debian(guest, "config", "ubd3") == (True, image), "config ubd3 tells its file")
        tap.ok(debian(guest, "config", "ubdd") == (True, image), "by the letter, too")
        status, text = guest.run("mkdir -p /mnt; mount -t ext4 /dev/ubdd /mnt && echo data >/mnt/file; sync")
        tap.ok(status == 0, "the new disk can be mounted", text)
        good, text = debian(guest, "remove", "ubd3")
        tap.ok(not good and "open" in text, "remove: refused while it is busy, with the reason", text)
        tap.ok(guest.run("cat /mnt/file; umount /mnt")[0] == 0, "it works on")
        good, text = debian(guest, "remove", "ubd3")
        tap.ok(good, "remove: done when it is idle", text)
        tap.ok(guest.run("test -e /dev/ubdd")[0] == 1, "its node is gone")
        tap.ok(not debian(guest, "config", "ubd3")[0], "and so is its configuration")
        good, text = debian(guest, "config", "ubd3=/nonexistent")
        tap.ok(not good and "/nonexistent" in text, "config: a file that is not there is named", text)
        guest.close()


def main():
    if not os.access(CLIENT, os.X_OK):
        skip_all(f"no {CLIENT} (package uml-utilities)")
    tap = Tap()
    for part in (commands, stacks, memory, lines, disks, stop_and_go, ends, protocol, many_requests,
                 lazy_client, blocked, news, owners):
        try:
            tap.section(part)
        except (subprocess.TimeoutExpired, Timeout) as error:
            tap.ok(False, f"{part.__name__}: runs to its end", f"{error}")
            Guest.end_all()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
