#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A host where ./linux cannot have notices, because somebody listens to it already, as container managers
do: it says so in its log by saying nothing, and its guests run by signals. Where nobody listens it has them.
"""

import ctypes
import os
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
LINUX = os.environ.get("UM_LINUX") or os.path.join(HERE, "../../linux")
SYS_SECCOMP = 317
PR_SET_NO_NEW_PRIVS = 38
SET_MODE_FILTER = 1
NEW_LISTENER = 8
# BPF: load the call's number; one that nobody makes is told to the listener, all others are made.
UNUSED = 0x7fff
PROGRAM = [(0x20, 0, 0, 0), (0x15, 0, 1, UNUSED), (0x06, 0, 0, 0x7fc00000), (0x06, 0, 0, 0x7fff0000)]


class Insn(ctypes.Structure):
    _fields_ = [("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32)]


class Program(ctypes.Structure):
    _fields_ = [("len", ctypes.c_uint16), ("insn", ctypes.POINTER(Insn))]


def listen():
    """In what becomes ./linux. The listener is left open: with nobody there, it would be none."""
    libc = ctypes.CDLL(None, use_errno=True)
    insns = (Insn * len(PROGRAM))(*PROGRAM)
    program = Program(len(PROGRAM), insns)
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    fd = libc.syscall(SYS_SECCOMP, SET_MODE_FILTER, NEW_LISTENER, ctypes.byref(program))
    if fd < 0:
        sys.exit(f"no listener: {os.strerror(ctypes.get_errno())}")
    os.set_inheritable(fd, True)


def log_of(command, *args):
    done = subprocess.run([*command, "mem=64M", *args], input=b"poweroff\n", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, check=False)
    return [line for line in done.stdout.decode(errors="replace").splitlines() if "guest programs run by" in line]


def result(number, good, name, lines):
    print(f"{'ok' if good else 'not ok'} {number} - {name}")
    if not good:
        print("\n".join(f"# {line}" for line in lines))


def main():
    if sys.argv[1:2] == ["--listened"]:
        listen()
        os.execv(LINUX, [LINUX, *sys.argv[2:]])
    listened = [sys.executable, os.path.abspath(__file__), "--listened"]
    lines = log_of([LINUX])
    result(1, len(lines) == 1 and lines[0].endswith("seccomp backend, calls by notices"), "notices by default", lines)
    lines = log_of([LINUX], "notices=off")
    result(2, len(lines) == 1 and lines[0].endswith("seccomp backend"), "none with notices=off", lines)
    lines = log_of([LINUX], "ncpus=2")
    result(3, len(lines) == 1 and lines[0].endswith("seccomp backend"), "none with two processors", lines)
    lines = log_of(listened)
    result(4, len(lines) == 1 and lines[0].endswith("seccomp backend"), "none where somebody listens", lines)
    with tempfile.TemporaryDirectory() as scratch:
        wrapper = f"{scratch}/linux"
        with open(wrapper, "w") as file:
            file.write("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in listened) + ' "$@"\n')
        os.chmod(wrapper, 0o755)
        done = subprocess.run([f"{HERE}/run-guest", "--linux", wrapper, "--backend", "seccomp", "--ncpus", "1",
                               "--tests", "callregs,signals"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
    result(5, done.returncode == 0, "guests run there", done.stdout.decode(errors="replace").splitlines()[-30:])
    print("1..5")
    return 0


if __name__ == "__main__":
    sys.exit(main())
