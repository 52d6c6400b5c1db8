#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
Attacks rule R9: a machine with a crowd of programs (crowd.c) is killed, or asked to end, and none of its
processes may be left on the host.
"""

import importlib.machinery
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LINUX = os.environ.get("UM_LINUX") or f"{ROOT}/linux"
MACHINES = (("seccomp", 1), ("seccomp", 2), ("ptrace", 1))
sys.dont_write_bytecode = True

loader = importlib.machinery.SourceFileLoader("run_guest", f"{ROOT}/tests/guest/run-guest")
run_guest = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_guest", loader))
loader.exec_module(run_guest)


def end(tap, initramfs, backend, ncpus, how):
    name = f"{backend}, {ncpus} CPUs, {how.name}"
    machine = subprocess.Popen([LINUX, "mem=128M", f"initrd={initramfs}", "rdinit=/init", "quiet", "con0=null,fd:1",
                                "con=null", f"backend={backend}", f"ncpus={ncpus}", "crowd=1"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True)
    guard = threading.Timer(60, machine.kill)
    guard.start()
    here = any(b"the crowd is here" in line for line in iter(machine.stdout.readline, b""))
    tap.result(here, f"{name}: the crowd is here")
    machine.send_signal(how)
    # A guest that does not react to the first is ended by the second.
    time.sleep(1)
    machine.send_signal(how)
    machine.wait()
    guard.cancel()
    left = run_guest.end_orphans([])
    tap.result(not left, f"{name}: no process is left")
    tap.comment(f"{len(left)} left")


def main():
    tap = run_guest.Tap()
    out = f"{ROOT}/build/tests/attack"
    run_guest.build(HERE, out)
    run_guest.adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="ended-") as scratch:
        initramfs = f"{scratch}/crowd.cpio"
        run_guest.write_initramfs(initramfs, out, ["crowd"])
        for backend, ncpus in MACHINES:
            for how in (signal.SIGKILL, signal.SIGTERM):
                end(tap, initramfs, backend, ncpus, how)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
