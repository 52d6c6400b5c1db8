#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Serial lines and every kind of channel, each with its real counterpart: telnet, netcat, socat's
job by a socket, tmux, screen, xterm. A login shell at the other end, hang-up and reconnection, much
data both ways.
"""

import hashlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import LINUX, Guest, Tap, Timeout, clean, rescue  # noqa: E402

MIB = 1 << 20
# What init does for a line: a shell with a terminal of its own, again and again.
GETTY = ("while :; do setsid sh -c 'exec sh -i </dev/{0} >/dev/{0} 2>&1'; sleep 0.1; done "
         ">/dev/null 2>&1 & true")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Peer:
    """A program that talks to a line, on pipes or on a terminal of its own."""

    def __init__(self, *command, terminal=False, size=None):
        self.text = ""
        self.master = None
        if terminal:
            self.master, slave = os.openpty()
            if size:
                termios.tcsetwinsize(slave, size)
            self.slave = slave
            self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                            start_new_session=True, close_fds=True,
                                            env={**os.environ, "TERM": "vt100"})
            self.reader = self.writer = self.master
        else:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=subprocess.STDOUT)
            self.reader = self.process.stdout.fileno()
            self.writer = self.process.stdin.fileno()

    def send(self, text):
        os.write(self.writer, text.encode())

    def read(self, seconds):
        if select.select([self.reader], [], [], seconds)[0]:
            try:
                data = os.read(self.reader, 65536)
            except OSError:
                return False
            self.text += data.decode(errors="replace")
            return bool(data)
        return True

    def expect(self, pattern, timeout=15):
        end = time.monotonic() + timeout
        while not re.search(pattern, clean(self.text)):
            if time.monotonic() > end or not self.read(0.2):
                raise Timeout(f"no {pattern!r} from {self.process.args}: {self.text[-500:]!r}")
        found = re.search(pattern, clean(self.text)).group(0)
        self.text = ""
        return found

    def close(self):
        self.process.kill()
        self.process.wait()
        if self.master:
            os.close(self.master)
            os.close(self.slave)
        else:
            self.process.stdin.close()
            self.process.stdout.close()


class Tmux:
    """A terminal whose window can be read."""

    def __init__(self, scratch):
        self.server = ["tmux", "-S", f"{scratch}/tmux", "-f", "/dev/null"]

    def __call__(self, *words):
        return subprocess.run([*self.server, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, env={**os.environ, "TERM": "vt100"}).stdout

    def screen(self):
        return self("capture-pane", "-p")

    def see(self, pattern, timeout=15):
        """Wait until the window shows it; returns the match or None."""
        end = time.monotonic() + timeout
        while not (found := re.search(pattern, self.screen())) and time.monotonic() < end:
            time.sleep(0.2)
        return found


def shell_works(tap, peer, label, number=1):
    """What is typed while one shell ends and the next begins goes with the first: try again."""
    for chance in (True, True, False):
        peer.send(f"\recho $((6*7)){number}\r")
        try:
            peer.expect(rf"\n42{number}", 5)
            break
        except Timeout:
            if not chance:
                raise
    tap.ok(True, f"{label}: a shell answers")


def sizes_follow(tap, peer, label, size, changed):
    """The window has @size, then gets another; the shell at the other end sees both."""
    peer.send("stty size\r")
    peer.expect(f"{size[0]} {size[1]}")
    tap.ok(True, f"{label}: the window's size")
    termios.tcsetwinsize(peer.slave, changed)
    peer.process.send_signal(signal.SIGWINCH)
    time.sleep(0.5)
    peer.send("stty size\r")
    peer.expect(f"{changed[0]} {changed[1]}")
    tap.ok(True, f"{label}: the window's new size")


def lines(tap):
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        guest = rescue("mem=64M", f"ssl0=file:{scratch}/log", "ssl63=none", "ssl1=null", "umid=serial",
                       "console=ttyS0", "console=tty0")
        tap.ok(guest.run("ls -l /dev/ttyS0 /dev/ttyS62 | wc -l")[1] == "2", "64 lines, at 4:64 and up")
        tap.ok("  4, 64 " in re.sub(r" +", " ", " " + guest.run("ls -l /dev/ttyS0")[1]).replace(" 4, ", "  4, "),
               "their numbers", guest.run("ls -l /dev/ttyS0")[1])
        tap.ok(guest.run("test -e /dev/ttyS63")[0] == 1, "none: no device")
        guest.run("echo to the line >/dev/ttyS0")
        with open(f"{scratch}/log", encoding="utf-8", newline="") as file:
            text = file.read()
        tap.ok("Linux version" in text and text.endswith("to the line\r\n"),
               "console=ttyS0 and file:, messages and output", text[-300:])
        guest.close()
    for args, raw in (([], True), (["ssl-non-raw"], False)):
        master, slave = os.openpty()
        guest = rescue("mem=64M", f"ssl0=tty:{os.ttyname(slave)}", "umid=serial", *args)
        modes = termios.tcgetattr(slave)
        tap.ok(bool(modes[3] & termios.ICANON) != raw, f"{' '.join(args)}: host terminal raw: {raw}")
        guest.send("poweroff\n")
        guest.wait(15)
        tap.ok(termios.tcgetattr(slave)[3] & termios.ICANON, f"{' '.join(args)}: as it was afterwards")
        guest.close()
        os.close(master)
        os.close(slave)
    for word in ("ssl64=null", "ssl0=bogus", "ssl0=port:70000", "con1=port:1.2.3:99", "con1=unix:",
                 "con1=unix:" + "x" * 108, "ssl0=port:", "con1=none,null"):
        guest = Guest("mem=64M", word, terminal=False)
        tap.ok(guest.wait() == 1 and word[:20] in guest.text and len(guest.text.splitlines()) == 1,
               f"{word[:20]}: refused", guest.tail())
        guest.close()


def by_port(tap):
    port = free_port()
    guest = rescue("mem=64M", f"ssl0=port:{port}", f"ssl1=port:{port}", "umid=serial")
    guest.run("echo before anybody >/dev/ttyS0")
    first = Peer("telnet", "127.0.0.1", str(port), terminal=True, size=(31, 97))
    first.expect("before anybody")
    tap.ok(True, "telnet: what was written before is shown")
    guest.run(GETTY.format("ttyS0"))
    guest.run(GETTY.format("ttyS1"))
    shell_works(tap, first, "telnet")
    sizes_follow(tap, first, "telnet", (31, 97), (44, 111))
    first.send("sleep 100\r")
    time.sleep(0.5)
    first.send("\x03")
    shell_works(tap, first, "telnet, after Ctrl-C", 2)
    second = Peer("nc", "127.0.0.1", str(port))
    shell_works(tap, second, "nc, the second line of the same port")
    third = Peer("nc", "127.0.0.1", str(port))
    third.send("echo third\r")
    third.read(1)
    tap.ok("third" not in third.text, "a third client waits")
    first.send("echo secret; tty\r")
    first.expect("/dev/ttyS0")
    first.send("(trap '' HUP; sleep 1000) & echo pid=$$\r")
    pid = re.search(r"\d+", first.expect(r"pid=\d+")).group(0)
    first.close()
    third.expect(r"\nthird")
    tap.ok("secret" not in third.text, "it has its turn when one leaves")
    tap.ok(guest.run(f"test -d /proc/{pid}")[0] == 1, "the shell of who left is gone")
    third.send("tty\r")
    third.expect("/dev/ttyS0")
    tap.ok(True, "it has the line of who left")
    for number in range(5):
        third.close()
        third = Peer("nc", "127.0.0.1", str(port))
        shell_works(tap, third, f"reconnection {number}", number)
    for peer in (second, third):
        peer.close()
    with open("/proc/net/tcp", encoding="ascii") as file:
        listens = [line.split()[1] for line in file if line.split()[3] == "0A"]
    tap.ok(f"0100007F:{port:04X}" in listens and f"00000000:{port:04X}" not in listens,
           "only the host itself can connect")
    guest.close()


def by_unix(tap):
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        path = f"{scratch}/line"
        guest = rescue("mem=64M", f"ssl0=unix:{path}", "umid=serial")
        guest.run(GETTY.format("ttyS0"))
        peer = Peer("nc", "-U", path)
        shell_works(tap, peer, "nc -U")
        peer.close()
        peer = Peer("nc", "-U", path)
        shell_works(tap, peer, "nc -U again")
        guest.kill()
        guest.wait()
        peer.close()
        guest = rescue("mem=64M", f"ssl0=unix:{path}", "umid=serial")
        tap.ok(os.path.exists(path), "unix: the name of a dead instance can be had")
        other = Guest("mem=64M", f"ssl0=unix:{path}", "con0=null,fd:1", terminal=False)
        other.expect(r"ssl0=unix:\S+: the host refused to open it \(-EADDRINUSE\)", 15)
        tap.ok(True, "unix: the name of a living one cannot")
        other.close()
        guest.send("poweroff\n")
        guest.wait(15)
        tap.ok(not os.path.exists(path), "unix: the name goes at the end")
        with open(path, "w", encoding="ascii") as file:
            file.write("notes")
        other = Guest("mem=64M", f"con1=unix:{path}", "con0=null,fd:1", terminal=False)
        other.expect(r"con1=unix:\S+: the host refused to open it \(-EADDRINUSE\)", 15)
        other.close()
        with open(path, encoding="ascii") as file:
            tap.ok(file.read() == "notes", "unix: a file of that name stays as it is")
        guest.close()


def by_tty(tap):
    """tmux gives a terminal, as a virtual console of the host would be."""
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        tmux = Tmux(scratch)

        tmux("new-session", "-d", "-x", "90", "-y", "24", f"tty >{scratch}/tty; exec sleep 1000")
        end = time.monotonic() + 5
        while not os.path.exists(f"{scratch}/tty") and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(0.3)
        with open(f"{scratch}/tty", encoding="ascii") as file:
            tty = file.read().strip()
        guest = rescue("mem=64M", f"con1={tty}", "umid=serial")
        guest.run(GETTY.format("tty1"))
        time.sleep(0.5)
        tmux("send-keys", "echo $((6*7)) lines; stty size", "Enter")
        tap.ok(tmux.see(r"\n42 lines\n24 90"), "tty: a shell in tmux, and its size", tmux.screen())
        guest.send("poweroff\n")
        guest.wait(15)
        guest.close()
        tmux("kill-server")


def by_fd(tap):
    """UML itself runs in tmux, as people run it."""
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        tmux = Tmux(scratch)

        tmux("new-session", "-d", "-x", "90", "-y", "24", "env", f"HOME={scratch}", "sh")
        tmux("send-keys", f"{LINUX} mem=64M", "Enter")
        tap.ok(tmux.see(r"rescue:\S* #|rescue:\S*#"), "fd: UML in tmux", tmux.screen())
        tmux("resize-window", "-x", "70", "-y", "20")
        time.sleep(0.5)
        tmux("send-keys", "echo $((6*7)) fds; stty size", "Enter")
        tap.ok(tmux.see(r"\n42 fds\n20 70"), "fd: its size", tmux.screen())
        tmux("send-keys", "poweroff", "Enter")
        tap.ok(tmux.see(r"reboot: Power down"), "fd: poweroff", tmux.screen())
        time.sleep(0.3)
        tmux("send-keys", "echo $((6*8)) outside; stty -a", "Enter")
        tap.ok(tmux.see(r"\n48 outside\n(.*\n)*.* icanon"), "fd: the terminal is as it was", tmux.screen())
        tmux("kill-server")


def by_screen(tap):
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        link = f"{scratch}/console"
        guest = rescue("mem=64M", f"con1=pts:{link}", "umid=serial")
        guest.run(GETTY.format("tty1"))
        tap.ok(os.readlink(link).startswith("/dev/pts/"), "pts:<link>: the link")
        environ = {**os.environ, "TERM": "vt100", "SCREENDIR": f"{scratch}/screens", "HOME": scratch}
        os.mkdir(f"{scratch}/screens", 0o700)
        started = subprocess.run(["screen", "-dmS", "umboot", link], env=environ, check=False,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        time.sleep(1)

        def say(*words):
            subprocess.run(["screen", "-S", "umboot", "-X", *words], env=environ, check=False)

        say("stuff", "echo $((6*7)) times\r")
        end, text = time.monotonic() + 10, ""
        while "\n42 times" not in text and time.monotonic() < end:
            time.sleep(0.3)
            say("hardcopy", f"{scratch}/copy")
            time.sleep(0.3)
            if os.path.exists(f"{scratch}/copy"):
                with open(f"{scratch}/copy", encoding="utf-8", errors="replace") as file:
                    text = file.read()
        tap.ok("\n42 times" in text, "pts: a shell in screen", text, f"{started}")
        say("quit")
        guest.send("poweroff\n")
        guest.wait(15)
        tap.ok(not os.path.lexists(link), "pts:<link>: the link goes at the end")
        guest.close()


def by_window(tap):
    """tmux in the place of xterm: a terminal emulator whose window can be read."""
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        tmux = Tmux(scratch)
        emulator = f"{scratch}/emulator"
        with open(emulator, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\necho "$1 $2" >>{scratch}/titles\nshift 3\n'
                       f'TERM=vt100 exec {" ".join(tmux.server)} new-session -d -x 90 -y 24 "$@"\n')
        os.chmod(emulator, 0o755)

        guest = rescue("mem=64M", "con1=xterm", f"xterm={emulator},-t,--", "umid=serial",
                       env={"DISPLAY": ":0"})
        tap.ok(not os.path.exists(f"{scratch}/titles"), "xterm: no window until the tty is opened")
        guest.run(GETTY.format("tty1"))
        tap.ok(tmux.see(r"#\s*$"), "xterm: a window comes", tmux.screen())
        with open(f"{scratch}/titles", encoding="utf-8") as file:
            text = file.read()
        tap.ok(text == "-t Virtual console #1 (serial)\n", "xterm: its title", text)
        tmux("send-keys", "echo $((6*7)) windows; stty size", "Enter")
        tap.ok(tmux.see(r"\n42 windows\n24 90"), "xterm: a shell in it, and its size", tmux.screen())
        tmux("resize-window", "-x", "70", "-y", "20")
        time.sleep(0.5)
        tmux("send-keys", "stty size", "Enter")
        tap.ok(tmux.see(r"\n20 70"), "xterm: its new size", tmux.screen())
        tmux("send-keys", "echo pid=$$", "Enter")
        pid = tmux.see(r"\npid=(\d+)").group(1)
        tmux("kill-session")
        time.sleep(1)
        tap.ok(tmux.see(r"#\s*$") and guest.run(f"test -d /proc/{pid}")[0] == 1,
               "xterm: closed, the shell ends and a new window comes")
        guest.send("poweroff\n")
        guest.wait(15)
        time.sleep(0.5)
        tap.ok(tmux("list-sessions").startswith(("no server", "error connecting")),
               "xterm: the window closes at the end", tmux("list-sessions"))
        tap.ok(not guest.leftovers(), "xterm: nothing is left", f"{guest.leftovers()}")
        guest.close()
        tmux("kill-server")


def by_attach(tap):
    guest = rescue("mem=64M", "con1=xterm", "ssl0=xterm", "umid=serial")
    guest.run(GETTY.format("tty1"))
    found = guest.expect(r"Virtual console 1: no window \(there is no display\); "
                         r"attach a terminal by: linux --attach (\S+)", 10)
    tap.ok(True, "without a display: the log says what to do")
    path = found.group(1)
    first = Peer(LINUX, "--attach", path, terminal=True, size=(33, 77))
    shell_works(tap, first, "--attach")
    sizes_follow(tap, first, "--attach", (33, 77), (22, 66))
    first.send("\x1d")
    tap.ok(first.process.wait(10) == 0, "--attach: Ctrl-] leaves")
    first.close()
    first = Peer(LINUX, "--attach", path, terminal=True)
    shell_works(tap, first, "--attach again")
    guest.send("poweroff\n")
    guest.wait(15)
    tap.ok(first.process.wait(10) == 0, "--attach: it ends with UML")
    tap.ok(termios.tcgetattr(first.slave)[3] & termios.ICANON, "--attach: the terminal is as it was")
    first.close()
    guest.close()
    for words, message in ((["--attach", "/nonexistent"], "cannot connect"), (["--attach"], "expected --attach <socket>")):
        done = subprocess.run([LINUX, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              stdin=subprocess.DEVNULL, timeout=10, check=False)
        tap.ok(done.returncode == 1 and message in done.stdout, f"{' '.join(words)}: refused", done.stdout)
    guest = Guest("mem=64M", "xterm=a,b,c,d", terminal=False)
    tap.ok(guest.wait(10) == 1 and "xterm=a,b,c,d: expected" in guest.text, "xterm=a,b,c,d", guest.tail())
    guest.close()


def by_xterm(tap):
    """The real one, on a display that nobody sees."""
    if not all(shutil.which(name) for name in ("Xvfb", "xterm", "xwininfo")):
        tap.skip("xterm under Xvfb", "no packages xvfb, xterm, x11-utils")
        return
    reader, writer = os.pipe()
    display = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "800x500x24"],
                               pass_fds=[writer], stderr=subprocess.DEVNULL)
    try:
        number = os.read(reader, 16).decode().strip()
        environ = {**os.environ, "DISPLAY": f":{number}"}
        guest = rescue("mem=64M", "con1=xterm", "umid=serial", env={"DISPLAY": f":{number}"})
        guest.run(GETTY.format("tty1"))
        end, text = time.monotonic() + 10, ""
        while "Virtual console #1 (serial)" not in text and time.monotonic() < end:
            time.sleep(0.3)
            text = subprocess.run(["xwininfo", "-root", "-tree"], env=environ, stdout=subprocess.PIPE,
                                  text=True, check=False).stdout
        tap.ok("Virtual console #1 (serial)" in text, "xterm: the real one has its window", text)
        time.sleep(1)
        text = guest.run("stty size </dev/tty1")[1]
        tap.ok(text == "24 80", "xterm: the real one says its size", text)
        guest.send("poweroff\n")
        guest.wait(15)
        left = [name for name in guest.survivors() if not name.startswith("Xvfb")]
        tap.ok(not left, "xterm: the real one ends", f"{left}")
        guest.close()
    finally:
        display.kill()
        display.wait()
        os.close(reader)
        os.close(writer)


# --- much data ------------------------------------------------------------------------------------

def make_data(guest):
    """What is sent: a file in the guest, often enough; returns the sum of it all for each size."""
    guest.run("head -c 1048576 /dev/urandom | tr '\\377' x >/tmp/data; "
              "many() { n=$1; while [ $n -gt 0 ]; do cat /tmp/data; n=$((n-1)); done; }")
    return lambda size: guest.run(f"many {size} | md5sum", 120)[1].split()[0]


def transfer(tap, guest, device, peer, label, out, digest, back=1):
    """@out MiB from the guest with the sum @digest, then @back MiB to it, as fast as it goes."""
    guest.run(f"stty -F /dev/{device} raw -echo")
    started = time.monotonic()
    guest.send(f"exec 5<>/dev/{device}; many {out} >&5; echo OUT''DONE\n")
    got, md5 = 0, hashlib.md5()
    while got < out * MIB:
        piece = peer.recv(65536)
        if not piece:
            break
        # An offer of telnet comes first; what is sent has no such byte.
        while piece[:1] == b"\xff":
            piece = piece[3:]
        got += len(piece)
        md5.update(piece)
    guest.expect("OUTDONE", 20)
    tap.ok(md5.hexdigest() == digest, f"{label}: {out} MiB out", f"{got} bytes of {out * MIB}")
    speed = f"{label}: {out / (time.monotonic() - started):.0f} MiB/s out"
    if back:
        data = os.urandom(back * MIB).replace(b"\xff", b"x")
        started = time.monotonic()
        guest.send(f"head -c {len(data)} <&5 | md5sum\n")
        sender = threading.Thread(target=peer.sendall, args=(data,))
        sender.start()
        guest.expect(hashlib.md5(data).hexdigest(), 60)
        sender.join()
        tap.ok(True, f"{label}: {back} MiB in")
        speed += f", {back / (time.monotonic() - started):.1f} MiB/s in"
    guest.run("exec 5<&-")
    tap.note(speed)
    peer.close()


class Descriptor:
    """The socket's methods which transfer() needs, for a descriptor."""

    def __init__(self, fd):
        self.fd = fd

    def recv(self, size):
        return os.read(self.fd, size)

    def sendall(self, data):
        while data:
            data = data[os.write(self.fd, data):]

    def close(self):
        os.close(self.fd)


def connected(family, address):
    peer = socket.socket(family)
    peer.connect(address)
    peer.settimeout(60)
    return peer


def much(tap):
    """No byte is lost. SERIAL_MIB=N for other sizes."""
    size = int(os.environ.get("SERIAL_MIB", "100"))
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        port = free_port()
        reader, pipe = os.pipe()
        masters, slaves = zip(*(os.openpty() for _ in range(2)))
        guest = rescue("mem=64M", f"ssl0=port:{port}", f"ssl1=unix:{scratch}/line", f"ssl2=pts:{scratch}/pts",
                       f"ssl3=file:{scratch}/file", f"ssl4=null,fd:{pipe}", f"ssl5=fd:{slaves[0]}",
                       f"ssl6=tty:{os.ttyname(slaves[1])}", "umid=serial", inherit=(pipe, slaves[0]))
        os.close(pipe)
        digest = make_data(guest)(size)
        for device, connect, label, back in (
                ("ttyS0", lambda: connected(socket.AF_INET, ("127.0.0.1", port)), "port", 1),
                ("ttyS1", lambda: connected(socket.AF_UNIX, f"{scratch}/line"), "unix", 1),
                ("ttyS2", lambda: Descriptor(os.open(f"{scratch}/pts", os.O_RDWR | os.O_NOCTTY)), "pts", 1),
                ("ttyS4", lambda: Descriptor(reader), "fd, a pipe", 0),
                ("ttyS5", lambda: Descriptor(masters[0]), "fd, a terminal", 1),
                ("ttyS6", lambda: Descriptor(masters[1]), "tty", 1)):
            transfer(tap, guest, device, connect(), label, size, digest, back)
        started = time.monotonic()
        guest.run(f"stty -F /dev/ttyS3 raw; many {size} >/dev/ttyS3", 120)
        tap.note(f"file: {size / (time.monotonic() - started):.0f} MiB/s out")
        with open(f"{scratch}/file", "rb") as file:
            tap.ok(hashlib.md5(file.read()).hexdigest() == digest, f"file: {size} MiB out",
                   f"{os.path.getsize(f'{scratch}/file')}")
        guest.close()
        for fd in slaves:
            os.close(fd)


def nobody_there(tap):
    """Output for which there is nobody must not stop the guest."""
    port = free_port()
    guest = rescue("mem=64M", f"con1=port:{port}", "umid=serial")
    started = time.monotonic()
    guest.run("i=0; while [ $i -lt 3000 ]; do echo line $i; i=$((i+1)); done >/dev/tty1", 20)
    tap.ok(time.monotonic() - started < 10, "writing to nobody does not wait")
    peer = Peer("nc", "127.0.0.1", str(port))
    guest.run("echo the end >/dev/tty1")
    peer.expect("line 2998\n(.*\n)*line 2999\n(.*\n)*the end")
    tap.ok(True, "who comes sees the end of it")
    peer.close()
    guest.close()
    guest = Guest("mem=64M", f"con0=port:{port}", "con=null", terminal=False)
    time.sleep(2)
    peer = Peer("telnet", "127.0.0.1", str(port), terminal=True)
    peer.expect("rescue:", 20)
    shell_works(tap, peer, "con0 is a port")
    peer.send("poweroff\r")
    tap.ok(guest.wait(15) == 0, "con0 is a port: poweroff")
    peer.close()
    guest.close()


def hot(tap):
    if not shutil.which("uml_mconsole"):
        tap.skip("changes while it runs", "no package uml-utilities")
        return
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        guest = rescue("mem=64M", "umid=serial")

        def ask(*words):
            return subprocess.run(["uml_mconsole", "serial", *words], env=guest.environ, text=True,
                                  stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, check=False).stdout.strip()

        for spec in (f"port:{port}", f"unix:{scratch}/line", f"file:{scratch}/file", f"pts:{scratch}/pts", "null",
                     f"port:0.0.0.0:{port}", f"port:[::1]:{port}", "null,null"):
            tap.ok(ask("config", f"ssl5={spec}") == "OK", f"config ssl5={spec}")
            said = ask("config", "ssl5")
            tap.ok(said == f"OK {spec}" or spec.startswith("pts:") and said.startswith("OK pts:/dev/pts/"),
                   f"config ssl5 says {spec}", said)
        tap.ok(not os.path.lexists(f"{scratch}/line") and not os.path.lexists(f"{scratch}/pts"),
               "names go with their channels")
        with socket.socket() as probe:
            tap.ok(probe.connect_ex(("127.0.0.1", port)) != 0, "nobody listens any more")
        ask("config", f"ssl5=unix:{scratch}/line")
        guest.run(GETTY.format("ttyS5"))
        peer = Peer("nc", "-U", f"{scratch}/line")
        shell_works(tap, peer, "a line made while it runs")
        tap.ok(ask("remove", "ssl5") == "ERR Device is currently open", "remove ssl5, in use")
        tap.ok(f"ssl5=unix:{scratch}/line" in ask("list", "ssl"), "list ssl")
        peer.close()
        guest.close()


def main():
    tap = Tap()
    for part in (lines, by_port, by_unix, by_fd, by_tty, by_screen, by_window, by_attach, by_xterm,
                 much, nobody_there, hot):
        try:
            tap.section(part)
        except subprocess.SubprocessError as error:
            tap.ok(False, f"{part.__name__}: runs to its end", f"{error}")
            Guest.end_all()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
