# SPDX-License-Identifier: GPL-2.0
"""What the tests of disks share: a directory to work in, images, and the tools for COW files."""

import contextlib
import os
import shutil
import subprocess
import tempfile

from umboot import TOP

TOOLS = os.environ.get("UM_TOOLS", f"{TOP}/build/tools")


@contextlib.contextmanager
def working_directory(name):
    """An empty one on a disk of the host, not in memory; it goes at the end."""
    where = tempfile.mkdtemp(prefix=f"{name}-", dir="/var/tmp")
    os.chdir(where)
    try:
        yield
    finally:
        os.chdir("/")
        shutil.rmtree(where, ignore_errors=True)


def fresh_disk(size, layered):
    """Random bytes in "disk", or in "back" with nothing of "disk" left."""
    for name in ("disk", "back"):
        if os.path.exists(name):
            os.unlink(name)
    with open("back" if layered else "disk", "wb") as file:
        file.write(os.urandom(size))


def tool(name, *args):
    return subprocess.run([f"{TOOLS}/{name}", *args], capture_output=True, text=True, check=False)


def check_layer(tap, label, path):
    """A result: the COW file is consistent."""
    done = tool("uml_cow", "check", path)
    tap.ok(done.returncode == 0, f"{label}: the COW file is consistent", done.stdout + done.stderr)
