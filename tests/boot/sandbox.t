#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
sandbox=on: a module, built here, makes calls of the host from the kernel's world, as whoever has
taken over the kernel can. Each works without the sandbox and is refused with it, on every
processor, after a reboot, too. What the guest was given goes on working, and what it was not given
is refused with a reason. To whoever started it, the program is one process that behaves as ever.
"""

import ctypes
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from disks import TOOLS, tool  # noqa: E402
from initramfs import Initramfs  # noqa: E402
from outtree import build_module  # noqa: E402
from umboot import (COMPLAINT, LINUX, ROOT_IMG, Guest, Tap, check_gone, children_of, clean,  # noqa: E402
                    name_of, rescue, skip_all, stat_of)

EPERM, EACCES, EIO, ENOSYS = 1, 13, 5, 38
PROMPT = "sandbox:# "
INIT = f"""#!/bin/busybox sh
/bin/busybox mkdir -p /bin
/bin/busybox --install -s /bin
export PATH=/bin PS1='{PROMPT}'
mount -t proc proc /proc
mount -t devtmpfs devtmpfs /dev
mount -t sysfs sysfs /sys
exec setsid -c sh
"""
MIB = 1 << 20


class Prey:
    """What there is on the host for a kernel that was taken over."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.shadow = "/etc/shadow" if os.access("/etc/shadow", os.R_OK) else f"{scratch}/shadow"
        with open(f"{scratch}/shadow", "w", encoding="ascii") as file:
            file.write("secret\n")
        self.outside = f"{scratch}/outside"
        self.tcp = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.tcp.getsockname()[1]
        with socket.create_server(("127.0.0.1", 0)) as unused:
            self.free_port = unused.getsockname()[1]
        self.unix = socket.socket(socket.AF_UNIX)
        self.unix.bind(f"{scratch}/bus")
        self.unix.listen(64)
        self.memory = ctypes.create_string_buffer(b"own", 16)
        # A sibling of the guest, not a relative.
        self.sleeper = subprocess.Popen(["sleep", "1000"])

    def calls(self):
        """The name of each call, and the parameters it takes."""
        return {
            "open": f"path={self.shadow}",
            "write": f"path={self.outside}",
            "memfd": "",
            "fork": "",
            "tcp": f"port={self.port}",
            "fastopen": f"port={self.port}",
            "bind": f"port={self.free_port}",
            "udp": "",
            "unix": f"path={self.scratch}/bus",
            "trace": f"pid={self.sleeper.pid}",
            "memory": f"pid={os.getpid()} address={ctypes.addressof(self.memory)}",
            "ring": "",
            "key": "",
            "signal": f"pid={self.sleeper.pid}",
        }

    def harmed(self):
        """Effects, whatever the calls said."""
        harm = []
        if os.path.exists(self.outside):
            harm.append("a file was made")
        if self.memory.value != b"own":
            harm.append("memory of another process was written")
        if self.sleeper.poll() is not None:
            harm.append("another process was ended")
        self.tcp.setblocking(False)
        self.unix.setblocking(False)
        for listener, what in ((self.tcp, "a TCP port was connected to"), (self.unix, "a socket was connected to")):
            try:
                listener.accept()[0].close()
                harm.append(what)
            except BlockingIOError:
                pass
        return harm

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sleeper.kill()
        self.sleeper.wait()
        self.tcp.close()
        self.unix.close()
        for path in (f"{self.scratch}/bus", self.outside):
            if os.path.exists(path):
                os.unlink(path)


def boot(scratch, *args, **options):
    guest = Guest("mem=96M", f"initrd={scratch}/sandbox.cpio", "rdinit=/init", *args, **options)
    guest.expect(PROMPT, 30)
    return guest


def call(guest, name, parameters, cpu=0):
    guest.at = len(guest.text)
    guest.send(f"insmod /hostcall.ko call={name} cpu={cpu} {parameters} 2>/dev/null\n")
    result = int(guest.expect(rf"hostcall: {name} on cpu {cpu}: (-?\d+)", 30).group(1))
    guest.expect(PROMPT, 10)
    return result


def kernel_of(guest):
    """The process that is the kernel: the keeper's child."""
    return next(pid for pid in children_of(guest.pid) if stat_of(pid)[1] == str(guest.pid))


def works_without(tap, scratch, prey):
    guest = boot(scratch, "sandbox=off")
    for name, parameters in prey.calls().items():
        result = call(guest, name, parameters)
        if name == "key" and result == -EIO or name == "ring" and result in (-EPERM, -ENOSYS):
            tap.skip(f"off: {name} works", "this host forbids it everybody")
            continue
        tap.ok(result >= 0, f"off: {name} works", f"{result}")
    prey.sleeper.wait(10)
    tap.ok(len(prey.harmed()) == 5, "off: all of it has had its effect", f"{prey.harmed()}")
    guest.send("insmod /hostcall.ko call=execute path=/bin/sh\n")
    tap.ok(guest.wait(30) == 7 and "a shell of the host" in guest.text.split("insmod")[-1],
           "off: the program became a shell", f"{guest.status}", guest.tail())
    guest.close()


def check_ended(tap, guest, prey, label):
    left = [who for who in guest.survivors() if f"({prey.sleeper.pid})" not in who]
    tap.ok(not left, f"{label}: no process is left", f"{left}")
    guest.close()


def drives_guests(tap, scratch, sandbox):
    """A kernel that drives guest processes by ptrace could have them make calls."""
    guest = boot(scratch, f"sandbox={sandbox}", "backend=ptrace")
    for name in ("guest-udp", "guest-unix", "guest-ring"):
        result = call(guest, name, "")
        if sandbox == "off" and name == "guest-ring" and result in (-EPERM, -ENOSYS):
            tap.skip(f"off: {name} works", "this host forbids it everybody")
        elif sandbox == "off":
            tap.ok(result >= 0, f"off: {name} works", f"{result}")
        else:
            tap.ok(result == -EPERM, f"on: {name} is refused", f"{result}")
    tap.ok(guest.run("echo alive")[1] == "alive", f"{sandbox}: the guest goes on", guest.tail())
    guest.close()


def keeps_modes(tap, scratch):
    """A descriptor that was opened for reading is no leave to write to its file."""
    path = f"{scratch}/readonly"
    with open(path, "w", encoding="ascii") as file:
        file.write("as it was")
    fd = os.open(path, os.O_RDONLY)
    guest = boot(scratch, "sandbox=on", f"con1=fd:{fd}", inherit=[fd])
    result = call(guest, "write", f"path={path}")
    with open(path, encoding="ascii") as file:
        tap.ok(result == -EACCES and file.read() == "as it was", "a file of a descriptor for reading is not written",
               f"{result}")
    guest.close()
    os.close(fd)


def refuses_all(tap, guest, prey, label, cpu=0):
    for name, parameters in prey.calls().items():
        result = call(guest, name, parameters, cpu)
        tap.ok(result in (-EPERM, -EACCES), f"{label}: {name} is refused", f"{result}")
    for path in ("/bin/sh", LINUX, "/proc/self/exe"):
        result = call(guest, "execute", f"path={path}", cpu)
        tap.ok(result in (-EPERM, -EACCES), f"{label}: {path} is not executed", f"{result}")
    tap.ok(not prey.harmed(), f"{label}: the host is as it was", f"{prey.harmed()}")


def privileges(tap, guest, label):
    kernel = kernel_of(guest)
    threads = os.listdir(f"/proc/{kernel}/task")
    for tid in threads:
        with open(f"/proc/{kernel}/task/{tid}/status", encoding="utf-8") as file:
            fields = {key: value.strip() for key, value in (line.split(":", 1) for line in file)}
        wanted = {"Seccomp": "2", "NoNewPrivs": "1", "CapPrm": "0" * 16, "CapEff": "0" * 16, "CapInh": "0" * 16}
        wrong = {key: fields[key] for key, value in wanted.items() if fields[key] != value}
        tap.ok(not wrong, f"{label}: thread {fields['Name']} is confined, without privileges", f"{wrong}")
    # What guest programs run in has no filter more than without: the stub's own, or none.
    for pid in children_of(kernel):
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            filters = re.search(r"Seccomp_filters:\s*(\d+)", file.read())
        tap.ok(filters and int(filters.group(1)) <= 1, f"{label}: guest processes do not have its filter",
               filters and filters.group(0))
        break


def refuses(tap, scratch, prey, *args):
    label = " ".join(("on", *args))
    image = f"{scratch}/given.img"
    with open(image, "wb") as file:
        file.truncate(MIB)
    guest = boot(scratch, "sandbox=on", f"ubd0={image}", *args)
    for cpu in range(2 if "ncpus=2" in args else 1):
        refuses_all(tap, guest, prey, f"{label}, cpu {cpu}", cpu)
    privileges(tap, guest, label)
    tap.ok(call(guest, "open", f"path={image}") >= 0, f"{label}: a disk that was given can be opened")
    tap.ok(not COMPLAINT.search(clean(guest.text)), f"{label}: no complaint of the kernel", guest.tail(60))
    first = kernel_of(guest)
    guest.at = len(guest.text)
    guest.send("reboot -f\n")
    guest.expect("Linux version", 30)
    guest.expect(PROMPT, 30)
    tap.ok(kernel_of(guest) != first and guest.poll() is None, f"{label}: a reboot starts a new kernel, for the same starter")
    refuses_all(tap, guest, prey, f"{label}, after a reboot")
    privileges(tap, guest, f"{label}, after a reboot")
    guest.send("poweroff -f\n")
    tap.ok(guest.wait(30) == 0, f"{label}: poweroff", f"{guest.status}", guest.tail())
    tap.ok(guest.terminal_restored(), f"{label}: the terminal is as it was")
    tap.ok(not guest.leftovers(), f"{label}: no file is left", f"{guest.leftovers()}")
    check_ended(tap, guest, prey, label)


# --- what it is to others -----------------------------------------------------------------------

def ends_alike(tap):
    """Statuses and signals go through the keeper."""
    guest = rescue("mem=64M", "sandbox=on")
    guest.send("echo 42 >/proc/exitcode; poweroff\n")
    tap.ok(guest.wait(30) == 42, "the exit status is the kernel's", f"{guest.status}")
    guest.close()

    guest = rescue("mem=64M", "sandbox=on")
    os.kill(guest.pid, signal.SIGTERM)
    tap.ok(guest.wait(30) == 0 and "Power down" in guest.text or guest.status == 0,
           "SIGTERM: the guest shuts down", f"{guest.status}", guest.tail())
    guest.close()

    guest = rescue("mem=64M", "sandbox=on")
    guest.run("trap '' INT; true")
    guest.at = len(guest.text)
    os.killpg(guest.pid, signal.SIGTERM)
    tap.ok(guest.wait(30) == 0, "SIGTERM for the group counts once: the guest shuts down", f"{guest.status}", guest.tail())
    guest.close()

    guest = rescue("mem=64M", "sandbox=on")
    os.kill(guest.pid, signal.SIGINT)
    tap.ok(guest.wait(10) == 1, "SIGINT: the end, at once", f"{guest.status}")
    tap.ok(guest.terminal_restored(), "SIGINT: the terminal is as it was")
    check_gone(tap, guest, "SIGINT")
    guest.close()

    guest = rescue("mem=64M", "sandbox=on")
    os.kill(guest.pid, signal.SIGSEGV)
    tap.ok(guest.wait(10) == -signal.SIGSEGV, "SIGSEGV from outside: death by it", f"{guest.status}")
    tap.ok(guest.terminal_restored(), "SIGSEGV: the terminal is as it was")
    check_gone(tap, guest, "SIGSEGV")
    guest.close()

    guest = rescue("mem=64M", "sandbox=on")
    guest.run("sleep 1000 & true")
    guest.kill()
    guest.wait()
    check_gone(tap, guest, "SIGKILL of the keeper")
    guest.close()

    guest = rescue("mem=64M", "sandbox=on")
    os.kill(kernel_of(guest), signal.SIGKILL)
    tap.ok(guest.wait(10) == -signal.SIGKILL, "SIGKILL of the kernel: the starter sees it", f"{guest.status}")
    check_gone(tap, guest, "SIGKILL of the kernel")
    guest.close()


def stops_alike(tap):
    guest = rescue("mem=64M", "sandbox=on")
    os.kill(guest.pid, signal.SIGTSTP)
    pid, status = os.waitpid(guest.pid, os.WUNTRACED)
    tap.ok(pid and os.WIFSTOPPED(status), "SIGTSTP: it stops", f"{status}")
    tap.ok(stat_of(kernel_of(guest))[0] == "T", "SIGTSTP: the kernel stops")
    tap.ok(guest.terminal_restored(), "SIGTSTP: the terminal is as it was")
    os.kill(guest.pid, signal.SIGCONT)
    tap.ok(guest.run("echo on", 20)[1] == "on", "SIGCONT: it goes on", guest.tail())
    guest.resize(33, 111)
    os.kill(guest.pid, signal.SIGWINCH)
    time.sleep(0.5)
    tap.ok(guest.run("stty size", 20)[1] == "33 111", "SIGWINCH goes through", guest.tail())
    guest.close()


def dumps(tap):
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    if hard != resource.RLIM_INFINITY and hard < MIB:
        return tap.skip("a panic: SIGABRT", "core dumps are forbidden here")
    resource.setrlimit(resource.RLIMIT_CORE, (MIB, hard))
    try:
        guest = rescue("mem=64M", "sandbox=on")
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    guest.send("echo c >/proc/sysrq-trigger\n")
    tap.ok(guest.wait(20) == -signal.SIGABRT, "a panic where core dumps are wanted: SIGABRT", f"{guest.status}", guest.tail())
    return guest.close()


# --- files --------------------------------------------------------------------------------------

def ask(guest, *words):
    return subprocess.run([f"{TOOLS}/uml_mconsole", f"{guest.environ['HOME']}/.uml/box/mconsole", *words],
                          capture_output=True, text=True, timeout=30, check=False)


def make_disk(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(os.urandom(MIB))


def hot_plugs(tap, scratch):
    for where in ("given", "others"):
        make_disk(f"{scratch}/{where}/disk")
    guest = rescue("mem=64M", "umid=box", "sandbox=on", f"sandbox=allow:{scratch}/given")
    done = ask(guest, "config", f"ubd3={scratch}/given/disk")
    tap.ok(done.returncode == 0, "a disk of an allowed directory is plugged in", done.stdout + done.stderr)
    status, _ = guest.run("dd if=/dev/ubdd of=/dev/null bs=64k && dd if=/dev/zero of=/dev/ubdd bs=64k count=4 && sync", 30)
    with open(f"{scratch}/given/disk", "rb") as file:
        tap.ok(status == 0 and not any(file.read(4 << 16)), "it is read and written", guest.tail())
    done = ask(guest, "config", f"ubd4={scratch}/others/disk")
    said = done.stdout + done.stderr
    tap.ok(done.returncode and f"{scratch}/others/disk" in said and "sandbox=on" in said and "sandbox=allow:" in said,
           "a disk elsewhere is refused, and why", said)
    done = ask(guest, "config", f"con3=file:{scratch}/others/log")
    said = done.stdout + done.stderr
    tap.ok(done.returncode and "sandbox=on" in said and not os.path.exists(f"{scratch}/others/log"),
           "a console's file elsewhere is refused, and why", said)
    done = ask(guest, "config", f"con3=file:{scratch}/given/log")
    tap.ok(done.returncode == 0, "one in an allowed directory is made", done.stdout + done.stderr)
    done = ask(guest, "config", f"con4=unix:{scratch}/given/socket")
    tap.ok(done.returncode == 0 and os.path.exists(f"{scratch}/given/socket"), "a socket, too", done.stdout + done.stderr)
    done = ask(guest, "remove", "con4")
    tap.ok(done.returncode == 0 and not os.path.exists(f"{scratch}/given/socket"), "and is removed", done.stdout + done.stderr)
    done = ask(guest, "config", "con5=port:0.0.0.0:34567")
    said = done.stdout + done.stderr
    tap.ok(done.returncode and "sandbox=on" in said, "a port that was not named is refused, and why", said)
    guest.send("poweroff\n")
    tap.ok(guest.wait(30) == 0, "hot-plugging: poweroff", f"{guest.status}", guest.tail())
    check_gone(tap, guest, "hot-plugging")
    guest.close()


def keeps_promises(tap, scratch):
    """All that is named on the command line works: COW files, channels of all kinds."""
    where = f"{scratch}/named"
    make_disk(f"{where}/base")
    before = open(f"{where}/base", "rb").read()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    args = ("mem=64M", "umid=box", "sandbox=on", f"sandbox=allow:{where}/sockets", f"con1=file:{where}/log",
            f"ssl0=port:{port}", "ssl1=pts", f"ssl2=unix:{where}/sockets/line", "ssl3=xterm")
    os.mkdir(f"{where}/sockets")
    # What a dead instance has left is taken over.
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(f"{where}/sockets/line")
    guest = rescue(f"ubd1={where}/cow,{where}/base", *args)
    status, _ = guest.run("dd if=/dev/zero of=/dev/ubdb bs=64k count=4 && sync", 30)
    with open(f"{where}/base", "rb") as file:
        tap.ok(status == 0 and file.read() == before, "a COW file is made and written", guest.tail())
    guest.run("echo to the log >/dev/tty1; echo to the port >/dev/ttyS0; true")
    with open(f"{where}/log", encoding="ascii") as file:
        tap.ok("to the log" in file.read(), "a console's file is made and written")
    for address in (("127.0.0.1", port), f"{where}/sockets/line"):
        kind = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        with socket.socket(kind) as client:
            client.settimeout(10)
            client.connect(address)
            line = "ttyS2" if kind == socket.AF_UNIX else "ttyS0"
            guest.run(f"(sleep 0.3; echo hello >/dev/{line}) & true")
            said = b""
            while b"hello" not in said:
                said += client.recv(100) or b"hello, it hung up"
        tap.ok(b"hung up" not in said, f"{'unix' if kind == socket.AF_UNIX else 'port'}: a client is served", f"{said}")
    text = guest.run("dmesg")[1]
    terminal = re.search(r"assigned device '(/dev/pts/\d+)'", text + guest.text)
    tap.ok(terminal, "a pseudo terminal is there", guest.tail())
    guest.run("(echo x >/dev/ttyS3) & sleep 0.5")
    tap.ok("sandbox=on starts no programs" in clean(guest.text) + guest.run("dmesg")[1],
           "xterm: no window, and why", guest.tail())
    guest.at = len(guest.text)
    guest.send("reboot\n")
    guest.expect("Linux version", 30)
    guest.expect("rescue:", 30)
    tap.ok(guest.run("dd if=/dev/zero of=/dev/ubdb bs=64k count=4 && sync", 30)[0] == 0,
           "all of it works after a reboot, too", guest.tail())
    guest.send("poweroff\n")
    tap.ok(guest.wait(30) == 0, "named things: poweroff", f"{guest.status}", guest.tail())
    guest.close()
    tap.ok(tool("uml_cow", "check", f"{where}/cow").returncode == 0, "the COW file is consistent")
    guest = rescue(f"ubd1={where}/cow", *args)
    tap.ok(guest.run("dd if=/dev/ubdb bs=64k count=4 | tr -d '\\0' | wc -c")[1].split()[-1] == "0",
           "a backing file named in the COW file only is opened", guest.tail())
    guest.close()


def wrong_options(tap, scratch):
    for option, said in (("sandbox=yes", "expected on, off or allow:<directory>"),
                         (f"sandbox=allow:{scratch}", "expected sandbox=on as well"),
                         ("sandbox=allow:", "expected the name of a directory")):
        done = subprocess.run([LINUX, option], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30,
                              check=False)
        tap.ok(done.returncode == 1 and said in done.stderr, f"{option}: refused", done.stderr)
    done = subprocess.run([LINUX, "sandbox=on", "sandbox=allow:/not/there"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=30, check=False)
    tap.ok(done.returncode == 1 and "/not/there" in done.stderr, "a directory that is not there: refused", done.stderr)


def debian(tap, scratch):
    if not os.path.exists(ROOT_IMG):
        return tap.skip("Debian boots", "no root image")
    image = f"{scratch}/root.img"
    subprocess.run(["cp", "--sparse=always", "--reflink=auto", ROOT_IMG, image], check=True)
    guest = Guest("mem=512M", f"ubd0={image}", "root=/dev/ubd0", "con0=fd:0,fd:1", "con=null", "sandbox=on")
    for turn in ("boots", "reboots"):
        guest.expect(r"(login: |# )$", 120)
        if guest.text.rstrip().endswith("login:"):
            guest.send("root\n")
            guest.expect(r"# $", 30)
        guest.send("PS1='debian:# '; unset PROMPT_COMMAND; bind 'set enable-bracketed-paste off'\n")
        output = guest.run("systemctl is-system-running --wait; systemctl --failed --no-legend --plain", 120)[1]
        tap.ok(output == "running", f"Debian {turn}: no unit has failed", output)
        output = guest.run("python3 -c 'print(6*7)'; touch /root/x; sync; rm /root/x", 60)
        tap.ok(output == (0, "42"), f"Debian {turn}: programs run", f"{output}")
        tap.ok(not COMPLAINT.search(clean(guest.text)), f"Debian {turn}: no complaint of the kernel", guest.tail(60))
        guest.at = len(guest.text)
        guest.send("reboot\n" if turn == "boots" else "poweroff\n")
        if turn == "boots":
            guest.expect("Linux version", 90)
    tap.ok(guest.wait(90) == 0, "Debian: poweroff", f"{guest.status}", guest.tail())
    check_gone(tap, guest, "Debian")
    return guest.close()


def main():
    if not shutil.which("busybox"):
        return skip_all("busybox is not installed")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="umboot-", dir="/var/tmp") as scratch:
        if build_module(tap, scratch, "hostcall"):
            with Initramfs(f"{scratch}/sandbox.cpio") as ramfs:
                ramfs.directories("bin", "dev", "proc", "sys")
                ramfs.device("dev/console", 5, 1)
                ramfs.program("bin/busybox", shutil.which("busybox"))
                ramfs.text("init", INIT)
                ramfs.program("hostcall.ko", f"{scratch}/hostcall/hostcall.ko")
            with Prey(scratch) as prey:
                tap.section(works_without, scratch, prey)
            for args in (("backend=seccomp",), ("backend=seccomp", "ncpus=2"), ("backend=ptrace",)):
                with Prey(scratch) as prey:
                    tap.section(refuses, scratch, prey, *args)
            for sandbox in ("off", "on"):
                tap.section(drives_guests, scratch, sandbox)
            tap.section(keeps_modes, scratch)
        tap.section(ends_alike)
        tap.section(stops_alike)
        tap.section(dumps)
        tap.section(hot_plugs, scratch)
        tap.section(keeps_promises, scratch)
        tap.section(wrong_options, scratch)
        tap.section(debian, scratch)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
