# SPDX-License-Identifier: GPL-2.0
"""Writes an initramfs: a cpio archive of the newc format, which is all that the kernel wants."""

import stat


class Initramfs:
    """with Initramfs(path) as ramfs: add entries; parents first."""

    def __init__(self, path):
        self.path = path
        self.file = None
        self.inode = 0

    def __enter__(self):
        self.file = open(self.path, "wb")
        return self

    def __exit__(self, *_):
        self.entry("TRAILER!!!", 0)
        self.file.close()

    def entry(self, name, mode, data=b"", rdev=(0, 0), nlink=1):
        name = name.encode() + b"\0"
        self.inode += 1
        fields = [self.inode, mode, 0, 0, nlink, 0, len(data), 0, 0, *rdev, len(name), 0]
        header = b"070701" + b"".join(b"%08X" % field for field in fields)
        for part in (header + name, data):
            self.file.write(part + b"\0" * (-len(part) % 4))

    def directories(self, *names):
        for name in names:
            self.entry(name, stat.S_IFDIR | 0o755, nlink=2)

    def device(self, name, major, minor, kind=stat.S_IFCHR):
        self.entry(name, kind | 0o600, rdev=(major, minor))

    def text(self, name, content, mode=0o755):
        self.entry(name, stat.S_IFREG | mode, content.encode())

    def program(self, name, path):
        with open(path, "rb") as file:
            self.entry(name, stat.S_IFREG | 0o755, file.read())
