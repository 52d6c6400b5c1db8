# SPDX-License-Identifier: GPL-2.0
"""
Starts ./linux on a pseudo terminal or on pipes and talks to it; writes TAP.

For the tests of this directory. A test makes one Tap, starts any number of Guests and
returns tap.done(). The test process adopts orphans (child subreaper), so whatever a Guest
leaves behind is found as a child of the test.
"""

import ctypes
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import sys
import tempfile
import termios
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.environ.get("UM_TOP", os.path.dirname(os.path.dirname(HERE)))
LINUX = os.environ.get("UM_LINUX", f"{TOP}/linux")
ROOT_IMG = os.environ.get("UM_ROOT_IMG", f"{TOP}/build/root.img")
OBJ = os.environ.get("UM_OBJ", f"{TOP}/build/obj")
# What every machine is told, before what a test tells it.
ARGS = os.environ.get("UM_ARGS", "").split()
NOBODY = 65534
COMPLAINT = re.compile(r"BUG:|WARNING:|Oops|general protection|rcu_\w+ detected stall|hung_task|"
                       r"soft lockup")
ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07")
RESCUE_PROMPT = r"rescue:[^\n]*# "

PR_SET_CHILD_SUBREAPER = 36
CLONE_NEWNS = 0x00020000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
libc = ctypes.CDLL(None, use_errno=True)
libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


class Tap:
    """The results that go out. A test that dies of an exception has a failed result too."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, name, *why):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}", flush=True)
        if not good:
            for text in why:
                self.note(text)
        return bool(good)

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def note(self, text):
        for line in clean(str(text)).splitlines():
            print(f"# {line}", flush=True)

    def section(self, function, *args):
        """Run a part of a test; what it raises is its failure, other parts go on."""
        try:
            function(self, *args)
        except (Timeout, OSError, ValueError, AttributeError) as error:
            self.ok(False, f"{function.__name__.replace('_', ' ')}: runs to its end",
                    f"{type(error).__name__}: {error}")
        finally:
            Guest.end_all()

    def done(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def skip_all(reason):
    print(f"1..0 # SKIP {reason}")
    sys.exit(0)


def clean(text):
    return ESCAPES.sub("", text).replace("\r", "")


def close_if_open(fd):
    try:
        os.close(fd)
    except OSError:
        pass


class Timeout(Exception):
    pass


# --- the host's processes ---------------------------------------------------------------------

def stat_of(pid):
    """The fields of /proc/<pid>/stat from the third one, the state; None if it is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def children_of(parent):
    """All living descendants, a list of process ids."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = stat_of(name)
            if fields and fields[0] not in "ZX":
                parents.setdefault(int(fields[1]), []).append(int(name))
    found, todo = [], [parent]
    while todo:
        new = parents.get(todo.pop(), [])
        found += new
        todo += new
    return found


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return "?"


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        fields = stat_of(pid)
        if fields:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


# --- a running UML ----------------------------------------------------------------------------

def more_args(args):
    """ARGS, but for what does not go with the test's own: only one backend has several processors."""
    clash = {"ncpus=": "backend=", "backend=ptrace": "ncpus="}
    drop = tuple(theirs for own, theirs in clash.items() if any(arg.startswith(own) for arg in args))
    return [arg for arg in ARGS if not arg.startswith(drop)]


class Guest:
    """
    One ./linux. Its HOME and TMPDIR are in a scratch directory that ends with the test.

    @terminal: a pseudo terminal is its terminal; without it stdin is an idle pipe and both
               outputs come through another one.
    @user: run as this uid (a test that is root only).
    @private_tmp: /tmp and /dev/shm are two empty directories of the scratch directory, so
               that everything found there later is the guest's (root only).
    @inherit: descriptors it gets, beside the usual three, with the same numbers.
    """

    running = []

    def __init__(self, *args, terminal=True, user=None, private_tmp=False, linux=LINUX,
                 size=(40, 200), env=(), tmpdir=True, inherit=()):
        self.scratch = tempfile.mkdtemp(prefix="umboot-")
        for name in ("home", "tmp", "shm"):
            os.mkdir(f"{self.scratch}/{name}")
            if user is not None:
                os.chown(f"{self.scratch}/{name}", user, user)
        os.chmod(self.scratch, 0o755)
        self.user = user
        self.text = ""
        self.at = 0
        self.marks = 0
        self.status = None
        self.family = set()
        self.environ = {"HOME": f"{self.scratch}/home", "TERM": "dumb",
                        "PATH": os.environ.get("PATH", "/bin:/usr/bin")}
        if tmpdir:
            self.environ["TMPDIR"] = f"{self.scratch}/tmp"
        self.environ.update(env)
        self.command = [linux, *(more_args(args) if linux == LINUX else []), *args]
        self.master, self.slave, keep = None, None, []
        if terminal:
            self.master, self.slave = pty.openpty()
            self.resize(*size)
            self.before = termios.tcgetattr(self.slave)
            fds = [self.slave] * 3
            self.reader = self.writer = self.master
        else:
            idle, self.writer = os.pipe()
            self.reader, output = os.pipe()
            fds = [idle, output, output]
            keep = [idle, output]
        self.started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            self.become(fds, terminal, private_tmp, inherit)
        for fd in keep:
            os.close(fd)
        Guest.running.append(self)

    def become(self, fds, terminal, private_tmp, inherit):
        """In the child: turn into ./linux. Never returns."""
        try:
            binary = os.open(self.command[0], os.O_RDONLY | os.O_CLOEXEC)
            os.setsid()
            for target, fd in enumerate(fds):
                os.dup2(fd, target)
            for fd in set(range(3, 256)) - {binary, *inherit}:
                close_if_open(fd)
            for fd in inherit:
                os.set_inheritable(fd, True)
            if terminal:
                fcntl.ioctl(0, termios.TIOCSCTTY, 0)
            if private_tmp:
                libc.unshare(CLONE_NEWNS)
                libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
                for own, name in (("shm", "/dev/shm"), ("tmp", "/tmp")):
                    libc.mount(f"{self.scratch}/{own}".encode(), name.encode(), None, MS_BIND, None)
                self.environ["TMPDIR"] = "/tmp"
            if self.user is not None:
                os.setgroups([])
                os.setgid(self.user)
                os.setuid(self.user)
            # By descriptor: /tmp, where the binary may be, can be another one now.
            os.execve(binary, self.command, self.environ)
        except OSError as error:
            os.write(2, f"umboot: {self.command[0]}: {error}\n".encode())
        finally:
            os._exit(127)

    # Terminal

    def resize(self, rows, columns):
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def terminal_restored(self):
        return termios.tcgetattr(self.slave) == self.before

    # Talk

    def read(self, seconds):
        """Take what comes within @seconds; False at the end of the output."""
        ready, _, _ = select.select([self.reader], [], [], max(0, seconds))
        if not ready:
            return True
        try:
            data = os.read(self.reader, 65536)
        except OSError:
            data = b""
        self.text += data.decode(errors="replace")
        return bool(data)

    def expect(self, pattern, timeout=30):
        """Wait for @pattern in what was not matched before; returns the match."""
        end = time.monotonic() + timeout
        regex = re.compile(pattern)
        while True:
            match = regex.search(self.text, self.at)
            if match:
                self.at = match.end()
                return match
            if time.monotonic() > end:
                raise Timeout(f"no {pattern!r} within {timeout} s; {self.tail()}")
            if self.poll() is not None:
                while self.read(0.1) and not regex.search(self.text, self.at):
                    if not select.select([self.reader], [], [], 0.1)[0]:
                        break
                if not regex.search(self.text, self.at):
                    raise Timeout(f"ended with {self.status} before {pattern!r}; {self.tail()}")
                continue
            self.read(min(0.2, end - time.monotonic()))

    def tail(self, lines=25):
        return "the console ends with\n" + "\n".join(
            f"  {line}" for line in clean(self.text).splitlines()[-lines:])

    def send(self, text):
        data = text.encode()
        while data:
            data = data[os.write(self.writer, data):]

    def run(self, command, timeout=30):
        """Have the guest's shell run one line; returns (exit status, output)."""
        self.marks += 1
        mark = self.marks
        # The quotes keep the terminal's echo of this line from matching.
        self.send(f"echo @@''B{mark}; {{ {command}; }}; echo @@''E{mark}:$?\n")
        self.expect(f"@@B{mark}\r?\n", timeout)
        begin = self.at
        match = self.expect(f"@@E{mark}:(\\d+)", timeout)
        output = clean(self.text[begin:match.start()])
        # A message of the kernel may come at any time.
        lines = [line for line in output.splitlines() if not re.match(r"\[ *\d+\.\d+\]", line)]
        return int(match.group(1)), "\n".join(lines).strip()

    # End

    def family_now(self):
        self.family.update(children_of(self.pid))
        return self.family

    def poll(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def wait(self, timeout=30):
        """The exit status (negative: the signal); a Timeout if it does not end."""
        end = time.monotonic() + timeout
        reading = True
        while self.poll() is None:
            if time.monotonic() > end:
                raise Timeout(f"still runs after {timeout} s; {self.tail()}")
            if reading:
                reading = self.read(0.05)
            else:
                time.sleep(0.02)
        while reading and select.select([self.reader], [], [], 0.1)[0]:
            reading = self.read(0)
        return self.status

    def kill(self, number=signal.SIGKILL):
        os.kill(self.pid, number)

    def survivors(self, patience=3):
        """What the ended UML left: processes (adopted by us), as a list of names."""
        end = time.monotonic() + patience
        while True:
            reap(other_than=[guest.pid for guest in Guest.running if guest.status is None])
            mine = set(children_of(os.getpid()))
            for guest in Guest.running:
                if guest.status is None:
                    mine -= {guest.pid, *children_of(guest.pid)}
            if not mine or time.monotonic() > end:
                return [f"{name_of(pid)} ({pid})" for pid in sorted(mine)]
            time.sleep(0.05)

    def leftovers(self):
        """Files and directories of instances that are still there."""
        left = []
        for base in ("tmp", "shm", "home"):
            for where, directories, files in os.walk(f"{self.scratch}/{base}"):
                left += [os.path.join(where, name)[len(self.scratch) + 1:]
                         for name in directories + files]
        # The directory of all instances stays; what is in it must not.
        return [name for name in left if name != "home/.uml"]

    def close(self):
        if self.poll() is None:
            self.kill()
            self.wait()
        for pid in children_of(os.getpid()):
            if name_of(pid) == "uml-guest" and stat_of(pid)[1] == str(os.getpid()):
                os.kill(pid, signal.SIGKILL)
        for fd in {self.master, self.slave, self.reader, self.writer} - {None}:
            os.close(fd)
        shutil.rmtree(self.scratch, ignore_errors=True)
        Guest.running.remove(self)

    @staticmethod
    def end_all():
        for guest in list(Guest.running):
            guest.close()


def reap(other_than):
    """Collect adopted processes that have ended, but leave guests to their owners."""
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) not in other_than:
            fields = stat_of(name)
            if fields and fields[0] == "Z" and fields[1] == str(os.getpid()):
                try:
                    os.waitpid(int(name), os.WNOHANG)
                except ChildProcessError:
                    pass


def rescue(*args, **options):
    """A Guest at the prompt of the rescue shell."""
    guest = Guest(*(args or ("mem=64M",)), **options)
    try:
        guest.expect(RESCUE_PROMPT, 30)
    except Timeout:
        guest.close()
        raise
    return guest


def check_gone(tap, guest, label):
    """Results that every ending must have."""
    left = guest.survivors()
    tap.ok(not left, f"{label}: no process is left", f"left: {left}")


def check_end(tap, guest, label):
    """Nothing to complain of at a shell's prompt, power off, nothing left."""
    text = guest.run("dmesg | sed 's/^/> /'", 60)[1]
    tap.ok("Linux version" in text and not COMPLAINT.search(text + guest.text) and "host process" not in text,
           f"{label}: no complaint of the kernel", guest.tail(60))
    guest.send("poweroff\n")
    tap.ok(guest.wait(30) == 0, f"{label}: poweroff", f"{guest.status}", guest.tail())
    check_gone(tap, guest, label)
    guest.close()


def is_root():
    return os.geteuid() == 0


if not os.access(LINUX, os.X_OK):
    skip_all("no ./linux: run make first")
