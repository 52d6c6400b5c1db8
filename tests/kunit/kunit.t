#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Test (TAP): the kernel's own kunit.py, unchanged, builds and runs ARCH=um.

Its default selection is every suite that can run without special hardware;
the port's own suites (CONFIG_UM_KUNIT_TEST) are among them. One result a
suite; a suite that was skipped says so.
"""
import json
import os
import re
import shutil
import subprocess
import sys

TOP = os.environ.get("UM_TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SRC = os.environ.get("UM_SRC", os.path.join(TOP, "build/linux"))
OBJ = os.path.join(TOP, "build/kunit")
# Suites of the port: their absence would be a failure that nobody sees.
OURS = ["um_backend", "um_map_queue", "um_store_insn", "um_chan_parse", "um_line", "ubd_config", "ubd_hotplug"]
# The default selection has no disks, and timers only with the tick.
ADDED = ["CONFIG_HIGH_RES_TIMERS=y", "CONFIG_BLOCK=y", "CONFIG_BLK_DEV=y", "CONFIG_BLK_DEV_UBD=y"]
# Other ways to run guests than what is chosen here without being told.
BACKENDS = ["backend=seccomp spin=off", "backend=seccomp spin=on", "backend=seccomp notices=off",
            "backend=seccomp ncpus=2", "backend=ptrace"]


def run():
    os.makedirs(OBJ, exist_ok=True)
    result = os.path.join(OBJ, "result.json")
    if os.path.exists(result):
        os.unlink(result)
    command = [sys.executable, "tools/testing/kunit/kunit.py", "run", "--arch", "um", "--build_dir", OBJ,
               "--jobs", str(os.cpu_count()), "--timeout", "600", "--json=" + result]
    for option in ADDED:
        command += ["--kconfig_add", option]
    if shutil.which("ccache"):
        command += ["--make_options", "CC=ccache gcc", "--make_options", "HOSTCC=ccache gcc"]
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    p = subprocess.run(command, cwd=SRC, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return p, result


def run_backend(options):
    """The same kernel once more, for the suite that is about backends only; what it said and whether all is well."""
    command = [os.path.join(OBJ, "linux"), "mem=64M", "con=null", "con0=fd:0,fd:1", "kunit.filter_glob=um_backend",
               "kunit_shutdown=halt"] + options.split()
    try:
        p = subprocess.run(command, text=True, timeout=120, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    except subprocess.TimeoutExpired as error:
        return (error.stdout or b"").decode(errors="replace"), False
    return p.stdout, p.returncode == 0 and re.search(r"^ok 1 um_backend\b", p.stdout, re.M) is not None


def suites(groups):
    """Suites are the groups of the top level; their cases may be nested."""
    for g in groups:
        cases = list(g.get("test_cases", []))
        nested = list(g.get("sub_groups", []))
        while nested:
            n = nested.pop()
            cases += n.get("test_cases", [])
            nested += n.get("sub_groups", [])
        yield g["name"], cases


def main():
    p, result = run()
    n = 0
    if not os.path.exists(result):
        print("\n".join("# " + line for line in p.stdout.splitlines()[-60:]))
        print("not ok 1 - kunit.py runs to its end\n1..1")
        return
    seen = set()
    for name, cases in suites(json.load(open(result)).get("sub_groups", [])):
        n += 1
        seen.add(name)
        bad = [c["name"] for c in cases if c["status"] not in ("PASS", "SKIP")]
        skipped = bool(cases) and all(c["status"] == "SKIP" for c in cases)
        print(f"{'not ok' if bad else 'ok'} {n} - {name}: {len(cases)} cases{' # SKIP the suite skips itself here' if skipped else ''}")
        for b in bad:
            print(f"# {name}: {b} failed")
    for name in OURS:
        n += 1
        print(f"{'ok' if name in seen else 'not ok'} {n} - {name} was run")
    for options in BACKENDS:
        n += 1
        output, good = run_backend(options)
        print(f"{'ok' if good else 'not ok'} {n} - um_backend with {options}")
        if not good:
            print("\n".join("# " + line for line in output.splitlines()[-60:]))
    n += 1
    print(f"{'ok' if p.returncode == 0 else 'not ok'} {n} - kunit.py is content")
    if p.returncode:
        print("\n".join("# " + line for line in p.stdout.splitlines()[-80:]))
    print(f"1..{n}")


main()
