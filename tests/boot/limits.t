#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Limits which the host sets to the program: whatever it cannot do for one of them, a line names the
limit, and the terminal has its modes back.
"""

import os
import resource
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import RESCUE_PROMPT, Guest, Tap, check_gone  # noqa: E402

NAMES = {resource.RLIMIT_FSIZE: "-f", resource.RLIMIT_CPU: "-t", resource.RLIMIT_NOFILE: "-n",
         resource.RLIMIT_AS: "-v"}


class Limited(Guest):
    """A Guest with a limit, soft and hard."""

    def __init__(self, limit, value, *args, **options):
        self.limit = (limit, value)
        super().__init__("mem=64M", *args, **options)

    def become(self, *args):
        # The binary is opened first, by a number that is low enough for any limit.
        limit, value = self.limit
        if limit != resource.RLIMIT_AS:
            resource.setrlimit(limit, (value, value))
        else:
            self.command = ["/bin/sh", "-c", f'ulimit -v {value // 1024}; exec "$@"', "sh", *self.command]
        super().become(*args)


def check_end(tap, guest, label, name):
    tap.ok(guest.wait(20) == 1, f"{label}: it ends with 1", f"{guest.status}", guest.tail())
    tap.ok(f"ulimit {name}" in guest.text, f"{label}: it names the limit", guest.tail())
    tap.ok(guest.terminal_restored(), f"{label}: the terminal is as it was")
    check_gone(tap, guest, label)
    guest.close()


def does_not_start(tap, limit, value):
    name = NAMES[limit]
    check_end(tap, Limited(limit, value), f"ulimit {name}, {value}", name)


def processor_time(tap, seconds):
    guest = Limited(resource.RLIMIT_CPU, seconds)
    guest.expect(RESCUE_PROMPT, 20)
    # Work for the kernel.
    guest.send("dd if=/dev/zero of=/dev/null bs=1 count=100000000\n")
    check_end(tap, guest, f"ulimit -t {seconds}", "-t")


def large_file(tap):
    """A disk that is larger than files may be: the guest's business, once it runs."""
    guest = Limited(resource.RLIMIT_FSIZE, 70 << 20)
    guest.expect(RESCUE_PROMPT, 20)
    tap.ok("ulimit -f" in guest.text, "files that may not grow: it says so at the start", guest.tail())
    guest.send("poweroff\n")
    tap.ok(guest.wait(20) == 0, "and runs")
    guest.close()


def main():
    tap = Tap()
    tap.section(does_not_start, resource.RLIMIT_FSIZE, 0)
    tap.section(does_not_start, resource.RLIMIT_FSIZE, 1 << 20)
    tap.section(does_not_start, resource.RLIMIT_NOFILE, 8)
    tap.section(does_not_start, resource.RLIMIT_AS, 200 << 20)
    for seconds in (1, 2):
        tap.section(processor_time, seconds)
    tap.section(large_file)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
