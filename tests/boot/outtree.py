# SPDX-License-Identifier: GPL-2.0
"""Modules of tests, built as users build theirs: out of the tree."""

import os
import shutil
import subprocess

from umboot import OBJ, TOP

SRC = os.environ.get("UM_SRC", f"{TOP}/build/linux")
HERE = os.path.dirname(os.path.abspath(__file__))


def build_module(tap, scratch, name):
    """@name is a directory here; the module is then @scratch/@name/@name.ko."""
    shutil.copytree(f"{HERE}/{name}", f"{scratch}/{name}")
    done = subprocess.run(["make", "-C", SRC, f"O={OBJ}", "ARCH=um", f"M={scratch}/{name}", "modules"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return tap.ok(done.returncode == 0 and "warning" not in done.stdout, "a module is built out of the tree",
                  done.stdout)
