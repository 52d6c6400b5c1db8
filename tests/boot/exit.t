#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
All ways of ending: the terminal's modes are as before where that is possible (not after
SIGKILL), no guest process survives. And what goes through a terminal while it runs: Ctrl-C,
the window's size.
"""

import os
import signal
import sys
import termios
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import Guest, Tap, check_gone, rescue, stat_of  # noqa: E402


def busy_rescue():
    """A rescue shell that has some more processes, running and sleeping ones."""
    guest = rescue()
    guest.run("sleep 1000 & (while :; do :; done) & (sleep 1000 | cat) & true")
    guest.family_now()
    return guest


def check_end(tap, guest, label, status, terminal=True, files=True):
    """@status: what the exit status may be, a function."""
    code = guest.wait(15)
    tap.note(f"{label}: status {code}")
    tap.ok(status(code), f"{label}: the exit status", f"{code}", guest.tail())
    check_gone(tap, guest, label)
    if terminal:
        tap.ok(guest.terminal_restored(), f"{label}: the terminal is as it was")
    if files:
        tap.ok(not guest.leftovers(), f"{label}: no file is left", f"{guest.leftovers()}")
    guest.close()


def modes(tap):
    guest = busy_rescue()
    tap.ok(not guest.terminal_restored(), "the terminal is raw while it runs")
    tap.ok(len(guest.family) >= 4, "guest processes are seen on the host", f"{guest.family}")


def poweroff(tap):
    guest = busy_rescue()
    guest.send("poweroff\n")
    check_end(tap, guest, "poweroff", lambda code: code == 0)


def halt(tap):
    guest = busy_rescue()
    guest.send("halt\n")
    check_end(tap, guest, "halt", lambda code: code == 0)


def by_signal(tap):
    for number in (signal.SIGINT, signal.SIGQUIT):
        guest = busy_rescue()
        guest.kill(number)
        check_end(tap, guest, number.name, lambda code: code == 1)
    guest = busy_rescue()
    guest.kill(signal.SIGKILL)
    check_end(tap, guest, "SIGKILL", lambda code: code == -signal.SIGKILL, terminal=False,
              files=False)


def by_shutdown(tap):
    """The guest's init is asked for a reboot, after which the program ends."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        guest = busy_rescue()
        guest.kill(number)
        guest.expect("asks us to shut down", 15)
        guest.expect("Restarting system", 15)
        check_end(tap, guest, number.name, lambda code: code == 0)
    guest = Guest("mem=64M", "rdinit=/bin/sh")
    guest.expect(r"\n[^\n\[]*# ", 20)
    # What systemd does: Ctrl-Alt-Del is a signal for init, and this init ignores it.
    guest.run("/bin/busybox mount -t proc proc /proc; echo 0 >/proc/sys/kernel/ctrl-alt-del; trap '' INT")
    guest.kill(signal.SIGTERM)
    guest.expect("asks us to shut down", 10)
    tap.ok(guest.run("echo alive")[1] == "alive", "SIGTERM: the guest decides")
    guest.kill(signal.SIGTERM)
    check_end(tap, guest, "a second SIGTERM", lambda code: code == 1)


def without_meaning(tap):
    guest = rescue()
    for number in (signal.SIGUSR1, signal.SIGUSR2, signal.SIGPIPE):
        guest.kill(number)
    tap.ok(guest.run("echo alive")[1] == "alive", "SIGUSR1, SIGUSR2 and SIGPIPE change nothing")


def stopped_and_continued(tap):
    for number in (signal.SIGTSTP, signal.SIGSTOP):
        guest = rescue()
        raw = termios.tcgetattr(guest.slave)
        guest.kill(number)
        end = time.monotonic() + 5
        while stat_of(guest.pid)[0] != "T" and time.monotonic() < end:
            time.sleep(0.02)
        tap.ok(stat_of(guest.pid)[0] == "T", f"{number.name}: it stops")
        if number == signal.SIGTSTP:
            tap.ok(guest.terminal_restored(), f"{number.name}: the terminal is as it was")
        # As a shell does that has the terminal meanwhile.
        termios.tcsetattr(guest.slave, termios.TCSANOW, guest.before)
        guest.resize(44, 77)
        guest.kill(signal.SIGCONT)
        tap.ok(guest.run("echo alive")[1] == "alive", f"{number.name}: it goes on after SIGCONT")
        tap.ok(termios.tcgetattr(guest.slave) == raw, f"{number.name}: the terminal is raw again")
        output = guest.run("stty size")[1]
        tap.ok(output == "44 77", f"{number.name}: the window's size is the new one", output)
        guest.close()


def by_fault(tap):
    """Signals that end any program: from outside, so not a fault that is the guest's."""
    for number in (signal.SIGABRT, signal.SIGSEGV):
        guest = busy_rescue()
        guest.kill(number)
        check_end(tap, guest, f"{number.name} from outside", lambda code: code != 0, files=False)


def shell_as_init(tap):
    """A panic while programs run: process 1 is a shell, and it ends."""
    guest = Guest("mem=64M", "rdinit=/bin/sh")
    guest.expect(r"\n[^\n\[]*# ", 20)
    guest.run("sleep 1000 & (while :; do :; done) & true")
    guest.family_now()
    guest.send("exit 3\n")
    guest.expect("Attempted to kill init", 20)
    check_end(tap, guest, "panic", lambda code: code > 0)


def sysrq_panic(tap):
    guest = busy_rescue()
    if guest.run("test -e /proc/sysrq-trigger")[0]:
        tap.skip("panic by sysrq", "no CONFIG_MAGIC_SYSRQ")
        return
    guest.send("echo c >/proc/sysrq-trigger\n")
    guest.expect("Kernel panic|Oops", 20)
    check_end(tap, guest, "panic by sysrq", lambda code: code > 0)


def init_dies(tap):
    guest = busy_rescue()
    # init ignores what is sent to it, but not an end of its own.
    guest.send("kill -SEGV 1\n")
    guest.run("true")
    tap.ok(True, "kill -SEGV 1: the guest goes on, as on any Linux")
    guest.close()
    guest = Guest("mem=64M", "rdinit=/bin/false")
    guest.expect("Kernel panic - not syncing", 20)
    check_end(tap, guest, "init ends", lambda code: code > 0)
    guest = Guest("mem=64M", "rdinit=/bin/nothing", "root=/dev/ubd0")
    guest.expect("Kernel panic - not syncing", 20)
    check_end(tap, guest, "no init", lambda code: code > 0)


def control_c(tap):
    guest = rescue()
    guest.send("sleep 100\n")
    guest.expect("sleep 100")
    time.sleep(1)
    started = time.monotonic()
    guest.send("\x03")
    status, output = guest.run("echo alive", 10)
    tap.ok(status == 0 and output == "alive" and time.monotonic() - started < 8,
           "Ctrl-C ends a program of the guest", output)
    tap.ok(guest.poll() is None, "Ctrl-C does not end UML")
    guest.send("cat\n")
    time.sleep(0.5)
    guest.send("\x04")
    tap.ok(guest.run("echo after", 10)[1] == "after", "Ctrl-D ends the input of a program")
    guest.send("sleep 50\n")
    time.sleep(0.5)
    guest.send("\x1a")
    guest.expect("Stopped", 10)
    tap.ok(guest.run("kill %1; echo jobs", 10)[1].endswith("jobs"), "Ctrl-Z stops a program")


def window_size(tap):
    guest = rescue(size=(33, 144))
    output = guest.run("stty size")[1]
    tap.ok(output == "33 144", "the window's size at the start", output)
    guest.resize(51, 99)
    time.sleep(0.5)
    output = guest.run("stty size")[1]
    tap.ok(output == "51 99", "the window's size follows", output)


def main():
    tap = Tap()
    for part in (modes, poweroff, halt, by_signal, by_shutdown, without_meaning,
                 stopped_and_continued, by_fault, shell_as_init, sysrq_panic, init_dies,
                 control_c, window_size):
        tap.section(part)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
