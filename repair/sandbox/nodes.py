"""The machine's device nodes, read-only for a sandbox that root starts.

Bubblewrap makes a /dev of its own but binds the machine's nodes, of which root is the owner
whatever a user namespace calls it: ``chmod`` inside would close the machine's /dev/null. A device
on a read-only mount is written all the same, and nothing in a namespace below can make that mount
writable again (mount_namespaces(7)).

Run as a program, with the words of another one, this makes the mounts in a user namespace first:
for root without the capability to mount.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

#: Those that bubblewrap binds.
_NODES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")
#: unshare(2), mount(2).
_NEW_MOUNTS, _NEW_USERS = 0x00020000, 0x10000000
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _SLAVE = 1, 32, 4096, 16384, 1 << 19
#: No set-user-id, devices, execution: a mount that has one of these locked must keep it.
_STAY = 2 | 4 | 8


def read_only_nodes(words: list[str]) -> list[str]:
    """What to start in place of ``words``, from this thread, which gets mounts of its own."""
    if os.getuid() != 0 or _kept(_NEW_MOUNTS):
        return words
    return [sys.executable, "-I", "-S", __file__, *words]


def _kept(namespaces: int) -> bool:
    libc = ctypes.CDLL(None)
    if libc.unshare(namespaces) != 0:
        return False
    if namespaces & _NEW_USERS:
        for name, text in (("setgroups", "deny"), ("uid_map", "0 0 1"), ("gid_map", "0 0 1")):
            Path("/proc/self", name).write_text(text, encoding="ascii")
    if libc.mount(None, b"/", None, _SLAVE | _RECURSIVE, None) != 0:
        return False
    kept = True
    for node in _NODES:
        place = os.fsencode(node)
        if Path(node).exists() and Path(node).stat().st_uid == 0:
            flags = os.statvfs(node).f_flag & _STAY | _BIND | _REMOUNT | _READ_ONLY
            kept &= libc.mount(place, place, None, _BIND, None) == 0
            kept &= libc.mount(None, place, None, flags, None) == 0
    return kept


if __name__ == "__main__":
    if not _kept(_NEW_USERS | _NEW_MOUNTS):
        sys.exit("the device nodes of the machine cannot be made read-only")
    os.execv(sys.argv[1], sys.argv[1:])
