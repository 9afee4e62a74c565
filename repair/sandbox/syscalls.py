"""The system calls that a sandbox may not make, as a seccomp filter; and its own session keyring.

Namespaces hide files, processes and networks; some calls reach the kernel, or the host's keys,
whatever the namespaces: those of the keyrings, eBPF, performance counters, io_uring, the mount
calls that no run needs, and sockets of other families than the usual ones (vsock reaches the
hypervisor). Refused calls fail with ENOSYS, as on a kernel without them. Memory files are refused
too: no limit of the sandbox counts them.

Sources: seccomp(2), linux/bpf_common.h, linux/seccomp.h, and the tables of call numbers in the
kernel (arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h).
"""

from __future__ import annotations

import ctypes
import errno
import platform
import socket
import struct

#: The audit number of each machine whose calls are known here (linux/audit.h).
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: Calls that are refused: their numbers on x86_64 and on aarch64.
_REFUSED = {
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_by_handle_at": (304, 265),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "acct": (163, 89),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "reboot": (169, 142),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "syslog": (103, 116),
}
_SOCKET, _IOCTL = (41, 198), (16, 29)
_FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16)  # 16 is AF_NETLINK.
#: Requests that type into a terminal (ioctl_tty(2)).
_TYPING = (0x5412, 0x541C)

_LOAD, _IS, _IS_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _MACHINE, _FIRST, _SECOND = 0, 4, 16, 24  # Offsets in struct seccomp_data.
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_X32 = 0x40000000
_JOIN_SESSION_KEYRING = 1


def seccomp_filter() -> bytes | None:
    """The filter as bubblewrap's ``--seccomp`` reads it; ``None`` on a machine that is not known
    here."""
    machine = platform.machine()
    if machine not in _MACHINES:
        return None
    mine = list(_MACHINES).index(machine)
    absent = _ERRNO | errno.ENOSYS
    # A call of another machine's table (32-bit programs) has other numbers.
    words = [(_LOAD, 0, 0, _MACHINE), (_IS, 1, 0, _MACHINES[machine]), (_RETURN, 0, 0, absent)]
    words.append((_LOAD, 0, 0, _NUMBER))
    if machine == "x86_64":
        words += [(_IS_AT_LEAST, 0, 1, _X32), (_RETURN, 0, 0, absent)]
    for numbers in _REFUSED.values():
        words += [(_IS, 0, 1, numbers[mine]), (_RETURN, 0, 0, absent)]
    count = len(_FAMILIES)
    words += [(_IS, 0, count + 3, _SOCKET[mine]), (_LOAD, 0, 0, _FIRST)]
    words += [(_IS, count - place, 0, family) for place, family in enumerate(_FAMILIES)]
    words += [(_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT), (_RETURN, 0, 0, _ALLOW)]
    words += [(_IS, 0, 4, _IOCTL[mine]), (_LOAD, 0, 0, _SECOND)]
    words += [(_IS, 1, 0, _TYPING[0]), (_IS, 0, 1, _TYPING[1])]
    words += [(_RETURN, 0, 0, _ERRNO | errno.EPERM), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *word) for word in words)


def join_new_session_keyring() -> None:
    """Give this thread, and what it starts, a session keyring of its own (keyctl(2)): the
    credentials that hold the keyring are a thread's. Nothing happens on a kernel without keys."""
    machine = platform.machine()
    if machine in _MACHINES:
        number = _REFUSED["keyctl"][list(_MACHINES).index(machine)]
        ctypes.CDLL(None).syscall(number, _JOIN_SESSION_KEYRING, None)
