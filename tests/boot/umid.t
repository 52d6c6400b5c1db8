#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Instance directories: one owner for each name however many want it at once, and those of dead
instances go away, but nothing else does.
"""

import os
import shutil
import signal
import socket
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import NOBODY, Guest, Tap, Timeout, is_root, rescue  # noqa: E402

MANY = 20


def start(directory, *args):
    return Guest("mem=32M", f"uml_dir={directory}", "con=null", "con0=null,fd:1", *args,
                 terminal=False)


def wait_for_names(directory, count, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        names = [name for name in os.listdir(directory)
                 if os.path.exists(f"{directory}/{name}/pid")]
        if len(names) == count:
            return names
        time.sleep(0.05)
    raise Timeout(f"not {count} instances in {directory}: {os.listdir(directory)}")


def pid_in(directory, name):
    with open(f"{directory}/{name}/pid", encoding="ascii") as file:
        return int(file.read())


def same_name(tap, directory, label):
    guests = [start(directory, "umid=same") for _ in range(MANY)]
    end = time.monotonic() + 30
    while sum(guest.poll() is None for guest in guests) > 1 and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    alive = [guest for guest in guests if guest.poll() is None]
    tap.ok(len(alive) == 1, f"{label}: one of {MANY} has the name", f"{len(alive)} live")
    for guest in guests:
        guest.read(0)
    refused = [guest for guest in guests if guest.poll() == 1 and
               "umid=same: an instance of this name is running" in guest.text]
    tap.ok(len(refused) == MANY - 1, f"{label}: the others say so and end", f"{len(refused)}",
           *(guest.text for guest in guests if guest not in refused + alive))
    tap.ok([pid_in(directory, "same")] == [guest.pid for guest in alive],
           f"{label}: its pid is in the file")
    for guest in alive:
        guest.kill()
        guest.wait()
    Guest.end_all()


def race(tap):
    with tempfile.TemporaryDirectory(prefix="umboot-") as directory:
        same_name(tap, directory, "at once")
        tap.ok(os.listdir(directory) == ["same"], "SIGKILL leaves the directory behind")
        same_name(tap, directory, "at once for the name of a dead one")


def dead_ones(tap):
    with tempfile.TemporaryDirectory(prefix="umboot-") as directory:
        guests = [start(directory) for _ in range(4)]
        names = wait_for_names(directory, 4)
        for guest in guests[:3]:
            guest.kill()
            guest.wait()
        survivor = [name for name in names if pid_in(directory, name) == guests[3].pid]
        # What a sweep must not touch.
        os.mkdir(f"{directory}/nothing")
        os.mkdir(f"{directory}/living")
        with open(f"{directory}/living/pid", "w", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
        os.mkdir(f"{directory}/garbage")
        with open(f"{directory}/garbage/pid", "w", encoding="ascii") as file:
            file.write("999999999 or so\n")
        os.mkdir(f"{directory}/.hidden")
        with open(f"{directory}/file", "w", encoding="ascii"):
            pass
        os.symlink("living", f"{directory}/link")
        kept = [name for name in names if name not in survivor][0]
        with open(f"{directory}/{kept}/notes", "w", encoding="ascii"):
            pass
        # What one leaves that had terminals attached; and what is called differently.
        others = [name for name in names if name not in (kept, *survivor)]
        for name in (f"{others[0]}/xterm0", f"{others[0]}/xterm15", f"{kept}/xterm", f"{kept}/xterm1a"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as leftover:
                leftover.bind(f"{directory}/{name}")
        with tempfile.TemporaryDirectory(prefix="umboot-") as elsewhere:
            # Not the socket, which some had not yet when they were killed.
            shutil.copytree(f"{directory}/{kept}", f"{elsewhere}/dead",
                            ignore=shutil.ignore_patterns("mconsole", "xterm*"))
            os.symlink(f"{elsewhere}/dead", f"{directory}/away")
            crowd = [start(directory) for _ in range(MANY)]
            # Each has a directory; beside them the survivor, "living" and "garbage", and
            # what is seen through the two links.
            wait_for_names(directory, MANY + 5)
            tap.ok(os.path.exists(f"{elsewhere}/dead/pid"), "a sweep follows no links")
        left = set(os.listdir(directory))
        gone = set(names) - {kept, *survivor}
        tap.ok(not gone & left, "starting sweeps dead instances away", f"{gone & left}")
        tap.ok(set(survivor) <= left and guests[3].poll() is None, "a living one stays")
        tap.ok({"nothing", "living", "garbage", ".hidden", "file", "link"} <= left,
               "what is no dead instance stays", f"{left}")
        tap.ok(sorted(os.listdir(f"{directory}/{kept}")) == ["notes", "xterm", "xterm1a"],
               "files of others stay, with their directory")
        for guest in crowd + guests[3:]:
            guest.kill(signal.SIGINT)
            guest.wait()
        left = set(os.listdir(directory)) - {"nothing", "living", "garbage", ".hidden", "file",
                                             "link", "away", kept}
        tap.ok(not left, "an ordinary end removes the directory", f"{left}")


def takeover(tap):
    guest = rescue("mem=64M", "umid=mine")
    home = guest.environ["HOME"]
    guest.kill()
    guest.wait()
    again = rescue("mem=64M", "umid=mine", env={"HOME": home})
    tap.ok(pid_in(f"{home}/.uml", "mine") == again.pid, "the name of a dead one can be had again")


def private(tap):
    """The directory is the user's own, whatever was there and whatever the umask is."""
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        for name, mode in (("dead", 0o755), ("mine", 0o755), ("open", 0o777)):
            os.mkdir(f"{scratch}/{name}")
            os.chmod(f"{scratch}/{name}", mode)
        # One of a dead instance of an earlier version, whose directory others could read. (Its process
        # id is another's by now, so that it is taken over and not swept away first.)
        with open(f"{scratch}/dead/pid", "w", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
        with open(f"{scratch}/mine/notes", "w", encoding="ascii"):
            pass
        os.symlink("mine", f"{scratch}/link")
        for name, want in (("new", 0o700), ("dead", 0o700), ("mine", 0o755)):
            mask = os.umask(0)
            guest = start(scratch, f"umid={name}")
            os.umask(mask)
            guest.expect(r"mconsole: listening on", 20)
            modes = [os.stat(f"{scratch}/{name}{what}").st_mode & 0o777 for what in ("", "/mconsole")]
            tap.ok(modes == [want, 0o600], f"{name}: modes of directory and socket", *map(oct, modes))
            guest.kill(signal.SIGINT)
            guest.wait()
        for name in ("open", "foreign"):
            if name == "foreign":
                if not is_root():
                    tap.skip("a directory of another user", "only root can make one")
                    continue
                os.mkdir(f"{scratch}/foreign", 0o700)
                os.chown(f"{scratch}/foreign", NOBODY, NOBODY)
            guest = start(scratch, f"umid={name}")
            status = guest.wait(20)
            tap.ok(status == 1 and f"umid={name}: the directory {scratch}/{name} is not yours alone" in guest.text and
                   not os.listdir(f"{scratch}/{name}"), f"{name}: refused, and left as it is", guest.tail())
        with open(f"{scratch}/mine/pid", "w", encoding="ascii") as file:
            file.write("a list of my peers in discussion\n")
        guest = start(scratch, "umid=mine")
        status = guest.wait(20)
        with open(f"{scratch}/mine/pid", encoding="ascii") as file:
            text = file.read()
        tap.ok(status == 1 and f"umid=mine: {scratch}/mine/pid is no pid file" in guest.text and
               text == "a list of my peers in discussion\n" and os.stat(f"{scratch}/mine").st_mode & 0o777 == 0o755,
               "another file called pid is not overwritten", guest.tail())
        os.unlink(f"{scratch}/mine/pid")
        guest = start(scratch, "umid=link")
        status = guest.wait(20)
        tap.ok(status == 1 and "cannot make the instance directory link" in guest.text and
               os.listdir(f"{scratch}/mine") == ["notes"], "a link is not followed", guest.tail())


def long_paths(tap):
    """A path that no socket can have is told of with its length, and nothing lands elsewhere."""
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        directory = f"{scratch}/{'d' * (100 - len(scratch) - 1)}"
        guest = start(directory, "umid=long", "con1=xterm")
        length = len(f"{directory}/long/mconsole")
        guest.expect(rf"there is no management console: the path {directory}/long/mconsole has {length} characters, "
                     r"a socket's at most 107", 20)
        tap.ok(True, "no management console: the length of its path is told")
        tap.ok(f"con1=xterm: the path of its socket in the instance directory has {length - 1} characters, "
               "at most 107 are possible" in guest.text.replace("\r", ""), "no window: likewise", guest.tail())
        tap.ok(os.listdir(scratch) == [os.path.basename(directory)] and os.listdir(directory) == ["long"]
               and os.listdir(f"{directory}/long") == ["pid"], "and no socket is anywhere else")
        guest.kill(signal.SIGINT)
        guest.wait()


def main():
    tap = Tap()
    for part in (race, dead_ones, takeover, private, long_paths):
        tap.section(part)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
