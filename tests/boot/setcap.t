#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""
A binary with file capabilities, as network transports need it, still boots for a normal user.

Such a process is not dumpable, so ways through its own /proc directory are shut.
"""

import os
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from umboot import LINUX, NOBODY, Tap, check_gone, is_root, rescue, skip_all  # noqa: E402

CAPABILITIES = "cap_net_raw,cap_net_admin+ep"


def boots(tap, binary):
    guest = rescue("mem=64M", "umid=setcap", linux=binary, user=NOBODY)
    with open(f"/proc/{guest.pid}/status", encoding="utf-8") as file:
        fields = dict(line.split(":", 1) for line in file.read().splitlines())
    tap.ok(fields["Uid"].split()[0] == str(NOBODY), "it runs as a normal user", fields["Uid"])
    effective = int(fields["CapEff"], 16)
    tap.ok(effective == 1 << 12 | 1 << 13, "it has the two capabilities", fields["CapEff"])
    for child in guest.family_now():
        with open(f"/proc/{child}/status", encoding="utf-8") as file:
            held = [line for line in file if line.startswith(("CapEff", "CapPrm"))]
        tap.ok(all(int(line.split()[1], 16) == 0 for line in held), "guest processes have none", *held)
        break
    status, output = guest.run("for i in 1 2 3 4 5; do sh -c 'id -u; true | cat'; done | wc -l")
    tap.ok(status == 0 and output == "5", "guest programs run", output)
    guest.send("poweroff\n")
    tap.ok(guest.wait(20) == 0, "poweroff: status 0", guest.tail())
    check_gone(tap, guest, "poweroff")
    tap.ok(guest.terminal_restored(), "poweroff: the terminal is as it was")
    tap.ok(not guest.leftovers(), "poweroff: no file is left", f"{guest.leftovers()}")


def killed(tap, binary):
    guest = rescue("mem=64M", linux=binary, user=NOBODY)
    guest.run("sleep 1000 & true")
    guest.kill()
    guest.wait()
    check_gone(tap, guest, "SIGKILL")


def main():
    if not is_root():
        skip_all("only root can give a file capabilities and become another user")
    if not shutil.which("setcap"):
        skip_all("no setcap")
    tap = Tap()
    with tempfile.TemporaryDirectory(prefix="umboot-") as scratch:
        os.chmod(scratch, 0o755)
        binary = f"{scratch}/linux"
        shutil.copyfile(LINUX, binary)
        os.chmod(binary, 0o755)
        done = subprocess.run(["setcap", CAPABILITIES, binary], stderr=subprocess.PIPE, text=True,
                              check=False)
        if done.returncode:
            skip_all(f"setcap: {done.stderr.strip()}")
        tap.section(boots, binary)
        tap.section(killed, binary)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main())
