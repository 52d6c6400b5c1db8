#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
tools/uml_mconsole: in place of Debian's, and what it has beside: a prompt with completion and
history, JSON, a list of instances, messages for all that can go wrong. It drives our kernel and
Debian's own linux.uml.
"""

import json
import os
import pty
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import TOP, Guest, Tap, Timeout, children_of, clean, rescue, skip_all  # noqa: E402

CLIENT = f"{TOP}/build/tools/uml_mconsole"
DEBIAN_CLIENT = "/usr/bin/uml_mconsole"
DEBIAN_KERNEL = "/usr/bin/linux.uml"


def client(home, *words, program=CLIENT, stdin="", timeout=60):
    """Returns (status, standard output, standard error)."""
    done = subprocess.run([program, *words], input=stdin, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, check=False,
                          env={**os.environ, "HOME": home})
    return done.returncode, done.stdout, done.stderr


def like_debian(tap):
    guest = rescue("mem=64M", "umid=managed")
    home = guest.environ["HOME"]
    for words in (["version"], ["config", "mem"], ["config", "con1"], ["proc", "version"], ["nonsense"],
                  ["remove", "con0"], ["config", "mem=x"], ["go"], ["stop"], ["go"], ["stack", "1x"],
                  ["config", "con4=pts"], ["remove", "con4"]):
        ours = client(home, "managed", *words)
        theirs = client(home, "managed", *words, program=DEBIAN_CLIENT)
        if words in (["stop"], ["go"]):
            tap.ok(ours[1].startswith(("OK", "ERR")), f"{' '.join(words)}: ours answers", *ours[1:])
            continue
        if words == ["remove", "con4"]:
            tap.ok(ours[0] == 0 and theirs[1] == "ERR Device doesn't exist\n", "remove con4", *ours[1:])
            continue
        tap.ok(ours[:2] == theirs[:2], f"{' '.join(words)}: as Debian's client prints it",
               f"{ours}", f"{theirs}")
    status, text, _ = client(home, f"{home}/.uml/managed/mconsole", "version")
    tap.ok(status == 0 and text.startswith("OK Linux"), "by the path of the socket")
    status, text, _ = client(home, f"{home}/.uml/managed", "version")
    tap.ok(status == 0 and text.startswith("OK Linux"), "by the path of the directory")
    status, text, _ = client("/", "--dir", f"{home}/.uml", "managed", "version")
    tap.ok(status == 0 and text.startswith("OK Linux"), "--dir")
    status, text, _ = client(home, "managed", "proc", "kallsyms")
    tap.ok(status == 0 and len(text) > 500000, "a long answer", f"{len(text)}")
    status, text, _ = client(home, "managed", stdin="version\n\n  nonsense \nconfig mem\nquit\nversion\n")
    tap.ok(status == 0 and re.fullmatch(r"OK Linux .*\nERR Unknown command\nOK 65536K\n", text),
           "commands from a pipe", text)
    tap.ok(client(home, "managed", stdin="nonsense\n")[0] == 1, "the status is that of the last one")
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("first of two\n" + "x" * 700 + "\n")
        file.flush()
        status, text, _ = client(home, "managed", "log", "-f", file.name)
    guest.run("true")
    tap.ok(status == 0 and "first of two" in guest.text and
           "".join(re.findall(r"\] (x+)", clean(guest.text))) == "x" * 700, "log -f", text)
    os.mkdir(f"{home}/other")
    status, text, _ = client(home, "managed", stdin="int\n")
    tap.ok(status == 0 and guest.wait(10) == 1, "int ends it")
    guest.close()


def as_json(tap):
    guest = rescue("mem=64M", "umid=managed", "con2=pts")
    home = guest.environ["HOME"]
    answer = json.loads(client(home, "-j", "managed", "config", "mem")[1])
    tap.ok(answer == {"ok": True, "err": 0, "text": "65536K"}, "-j: an answer", f"{answer}")
    status, text, _ = client(home, "--json", "managed", "nonsense")
    answer = json.loads(text)
    tap.ok(status == 1 and not answer["ok"] and answer["err"] and answer["text"] == "Unknown command",
           "-j: an error", text)
    answer = json.loads(client(home, "-j", "managed", "proc", "version")[1])
    tap.ok("Linux version" in answer["text"] and "\n" in answer["text"], "-j: several lines")
    started = time.time() - (time.monotonic() - guest.started)
    found = json.loads(client(home, "-j", "--list")[1])
    tap.ok(len(found) == 1 and found[0]["umid"] == "managed" and found[0]["pid"] == guest.pid and
           1000 < found[0]["memory"] < 200000 and abs(found[0]["uptime"] - (time.time() - started)) < 3 and
           "umid=managed con2=pts" in found[0]["command"], "-j --list", f"{found}")
    text = client(home, "--list")[1]
    tap.ok(re.search(rf"^managed +{guest.pid} +\d+M +00:00:\d\d .*umid=managed", text, re.M), "--list", text)
    home_of_dead = rescue("mem=64M", "umid=dead")
    home_of_dead.kill()
    home_of_dead.wait()
    text = client(home_of_dead.environ["HOME"], "-j", "--list")
    tap.ok(text[0] == 0 and json.loads(text[1]) == [], "--list: the dead are not in it", f"{text}")
    tap.ok(client("/nonexistent", "--list") == (0, "", ""), "--list: nothing there")
    # Another process has the number by now.
    dead = f"{home_of_dead.environ['HOME']}/.uml/dead"
    with open(f"{dead}/pid", "w", encoding="ascii") as file:
        file.write(f"{os.getpid()}\n")
    text = client(home_of_dead.environ["HOME"], "-j", "--list")
    tap.ok(text[0] == 0 and json.loads(text[1]) == [], "--list: a number that is somebody else's", f"{text}")
    text = client(home_of_dead.environ["HOME"], "dead", "version")[2]
    tap.ok(f"it has ended, and process {os.getpid()} is another program" in text, "nor does it answer, and so it says", text)
    # Any name a directory can have.
    odd = os.fsencode(home) + b"/.uml/\xff \"\\ \xc3 \x01"
    os.symlink("managed", odd)
    found = json.loads(client(home, "-j", "--list")[1])
    tap.ok([one["umid"] for one in found] == ["managed", "\ufffd \"\\ \ufffd \x01"], "-j --list: an odd name", f"{found}")
    os.unlink(odd)


def wrong(tap):
    guest = rescue("mem=64M", "umid=managed")
    home = guest.environ["HOME"]
    status, _, text = client(home, "nobody", "version")
    tap.ok(status == 1 and "nobody" in text and "--list" in text, "no instance of that name", text)
    status, _, text = client(home, "managed", "x" * 512)
    tap.ok(status == 1 and "too long: 512 characters, at most 511" in text, "a command too long", text)
    for words in (["/" + "p" * 107], ["-d", "/" + "d" * 90, "managed"]):
        status, _, text = client(home, *words, "version")
        tap.ok(status == 1 and "this path has 108 characters, a socket's at most 107" in text,
               f"a path that no socket can have: {len(words)} words", text)
    for words in (["--timeout", "x", "managed"], ["--nonsense"], []):
        status, _, text = client(home, *words)
        tap.ok(status == 2 and text, f"{' '.join(words)!r}: status 2", text)
    os.kill(guest.pid, signal.SIGSTOP)
    started = time.monotonic()
    status, _, text = client(home, "--timeout", "1", "managed", "version")
    tap.ok(status == 1 and "no answer within 1 s" in text and f"process {guest.pid} is stopped" in text and
           time.monotonic() - started < 3, "a stopped process: it says so", text)
    os.kill(guest.pid, signal.SIGCONT)
    tap.ok(client(home, "managed", "version")[0] == 0, "it goes on")
    guest.kill()
    guest.wait()
    status, _, text = client(home, "managed", "version")
    tap.ok(status == 1 and "does not exist any more" in text, "a dead one: it says so", text)
    guest.close()
    # Something that answers, but not as it should.
    with tempfile.TemporaryDirectory(prefix="umboot-") as directory:
        fake = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        fake.bind(f"{directory}/mconsole")
        for packet in (b"", b"x", struct.pack("=III", 0, 0, 4000) + b"abc", b"\xff" * 524):
            child = subprocess.Popen([CLIENT, f"{directory}/mconsole", "version"], text=True,
                                     stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
            _, peer = fake.recvfrom(4096)
            fake.sendto(packet, peer)
            text = child.communicate(timeout=10)[1]
            tap.ok(child.returncode == 1 and "makes no sense" in text, f"an answer of {len(packet)} bytes", text)
        # An answer that comes when nobody waits for it any more is not that to the next request.
        child = subprocess.Popen([CLIENT, "--timeout", "1", f"{directory}/mconsole"], text=True, stdin=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, stdout=subprocess.PIPE)
        child.stdin.write("first\nsecond\n")
        child.stdin.flush()
        first = fake.recvfrom(4096)[1]
        second = fake.recvfrom(4096)[1]
        for peer, answer in ((first, b"late"), (second, b"right")):
            try:
                fake.sendto(struct.pack("=III", 0, 0, len(answer) + 1) + answer + b"\0", peer)
            except ConnectionRefusedError:
                pass
        text = child.communicate(timeout=10)[0]
        tap.ok(text == "OK right\n", "a late answer is dropped", text)
        fake.close()


class Terminal:
    """The client on a terminal, as a person has it."""

    def __init__(self, home, *words):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execve(CLIENT, [CLIENT, *words], {**os.environ, "HOME": home, "TERM": "dumb"})
        self.text = ""

    def type(self, text, expect, timeout=10):
        self.text = ""
        os.write(self.fd, text.encode())
        end = time.monotonic() + timeout
        while not re.search(expect, clean(self.text)):
            if time.monotonic() > end:
                raise Timeout(f"no {expect!r}: {self.text!r}")
            if select.select([self.fd], [], [], 0.2)[0]:
                self.text += os.read(self.fd, 4096).decode()
        return clean(self.text)

    def end(self):
        # Not Ctrl-D: between two lines it is the terminal's, not readline's.
        os.write(self.fd, b"quit\n")
        end = time.monotonic() + 10
        while not os.waitpid(self.pid, os.WNOHANG)[0]:
            if time.monotonic() > end:
                os.kill(self.pid, signal.SIGKILL)
                raise Timeout(f"it does not quit: {self.text!r}")
            if select.select([self.fd], [], [], 0.1)[0]:
                try:
                    os.read(self.fd, 4096)
                except OSError:
                    pass
        os.close(self.fd)


def prompt(tap):
    guest = rescue("mem=64M", "umid=managed", "con2=pts", "con=none", "con0=fd:0,fd:1")
    home = guest.environ["HOME"]
    terminal = Terminal(home, "managed")
    terminal.type("", r"\(managed\) ")
    tap.ok(True, "the prompt names the instance")
    terminal.type("vers\t\n", r"OK Linux .*6\.12")
    tap.ok(True, "commands are completed")
    terminal.type("config con2\t\n", r"OK pts:/dev/pts/")
    terminal.type("config m\t\n", r"OK 65536K")
    tap.ok(True, "devices are completed")
    terminal.type("config con\t\t", r"con0 +con2")
    tap.ok(True, "devices are offered")
    terminal.type("\x15proc meminf\t\n", r"OK \n\s*MemTotal")
    tap.ok(True, "files of /proc are completed")
    terminal.type("\x10\x10\n", r"OK 65536K")
    tap.ok(True, "the line before last comes back")
    terminal.type("versionx\x08\n", r"OK Linux")
    tap.ok(True, "a line is edited")
    terminal.type("switch nobody\n", r"no instance of this name[^(]*\([^(]*\(managed\) $")
    tap.ok(True, "switch to nobody: all as before")
    terminal.end()
    terminal = Terminal(home, "managed")
    terminal.type("", r"\(managed\) ")
    terminal.type("\x10\x10\x10\n", r"versionx?[^\n]*\n+OK Linux")
    tap.ok(True, "the history is there the next time")
    terminal.end()


def debian_kernel(tap):
    """A black box which speaks the protocol."""
    with tempfile.TemporaryDirectory(prefix="umboot-") as home:
        os.mkdir(f"{home}/.uml")
        environ = {**os.environ, "HOME": home, "TMPDIR": home}
        with open(f"{home}/disk", "wb") as disk:
            disk.truncate(1 << 20)
        child = subprocess.Popen([DEBIAN_KERNEL, "mem=96M", "umid=black", "con=null", "con0=null,fd:1",
                                  f"ubd0={home}/disk", "root=/dev/nothing", "rootwait"], env=environ,
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            # It waits for its root file system for ever, and serves its console meanwhile.
            end = time.monotonic() + 60
            while time.monotonic() < end and not os.path.exists(f"{home}/.uml/black/mconsole"):
                time.sleep(0.1)
            time.sleep(3)
            status, text, err = client(home, "-t", "10", "black", "version")
            tap.ok(status == 0 and re.match(r"OK Linux .* 6\.1\.", text), "linux.uml: version", text, err)
            if status == 0:
                status, text, _ = client(home, "black", "help")
                tap.ok(status == 0 and "halt" in text, "linux.uml: help", text)
                status, text, _ = client(home, "black", "config", "ubd0")
                tap.ok(status == 0 and f"{home}/disk" in text, "linux.uml: config ubd0", text)
                status, text, _ = client(home, "black", "proc", "meminfo")
                tap.ok(status == 0 and "MemTotal" in text, "linux.uml: proc", text)
                status, text, _ = client(home, "black", "nonsense")
                tap.ok(status == 1 and text == "ERR Unknown command\n", "linux.uml: an error", text)
                status, text, _ = client(home, "black", "sysrq", "m")
                tap.ok(status == 0 and "Mem-Info" in text, "linux.uml: sysrq", text)
                found = json.loads(client(home, "-j", "--list")[1])
                tap.ok([one["umid"] for one in found] == ["black"], "linux.uml: --list", f"{found}")
                status, text, _ = client(home, "black", "halt")
                tap.ok(status == 0, "linux.uml: halt", text)
                child.communicate(timeout=20)
        except subprocess.TimeoutExpired as error:
            tap.ok(False, "linux.uml: ends", f"{error}")
        finally:
            if child.poll() is None:
                for pid in [*children_of(child.pid), child.pid]:
                    os.kill(pid, signal.SIGKILL)
            child.wait()


def main():
    if not os.access(CLIENT, os.X_OK):
        skip_all(f"no {CLIENT}: make tools")
    tap = Tap()
    parts = [as_json, wrong, prompt]
    if os.access(DEBIAN_CLIENT, os.X_OK):
        parts.insert(0, like_debian)
    else:
        tap.skip("the same as Debian's client", "no package uml-utilities")
    if os.access(DEBIAN_KERNEL, os.X_OK):
        parts.append(debian_kernel)
    else:
        tap.skip("Debian's linux.uml", "no package user-mode-linux")
    for part in parts:
        try:
            tap.section(part)
        except (subprocess.TimeoutExpired, json.JSONDecodeError) as error:
            tap.ok(False, f"{part.__name__}: runs to its end", f"{error}")
            Guest.end_all()
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
