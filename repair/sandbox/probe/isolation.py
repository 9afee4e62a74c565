"""One run's private world: its own mounts over the workspace and /tmp, and its own limits.

A fork enters a new user and mount namespace inside the sandbox. The workspace, read-only in the
sandbox, gets an overlay whose upper side is a fresh tmpfs, so whatever a run writes ends with it.
The mounts it inherits are locked by the kernel (user_namespaces(7)), so they stay read-only.
"""

from __future__ import annotations

import os
import resource
import signal
import struct
from typing import Any

_CLONE_NEWNS = 0x00020000
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWIPC = 0x08000000
_CLONE_NEWNET = 0x40000000
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 1
_MS_BIND = 4096
_MS_REC = 16384
_PR_SET_CHILD_SUBREAPER = 36
#: Mount point of a run's scratch tmpfs; the sandbox makes the folder.
SCRATCH = "/run/pilotfish-scratch"


def _libc() -> Any:
    # Imported late: an interpreter built without ctypes still serves, without private overlays.
    import ctypes

    return ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        import ctypes

        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def become_subreaper() -> None:
    """Let orphans of a run become children of this process, so that it can end them."""
    try:
        _libc().prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass


def enter_private_world(workspace: str, tmp_bytes: int, shown: list[str]) -> None:
    """Private, writable workspace and temporary folders for this process and its children.

    ``shown`` are the files and folders that the sandbox shows besides the machine's: those below a
    temporary folder stay visible. Raises ``OSError`` or ``ImportError`` where the kernel or the
    interpreter cannot.
    """
    libc = _libc()
    _unshare(libc, _CLONE_NEWNS)
    size = f"size={tmp_bytes}".encode()
    _check(libc.mount(b"tmpfs", SCRATCH.encode(), b"tmpfs", 0, size), "mount scratch")
    names = ("upper", "work", "tmp", "shm")
    upper, work, tmp, shm = (os.path.join(SCRATCH, name) for name in names)
    for folder in (upper, work, tmp, shm):
        os.mkdir(folder)
    for folder in (tmp, shm):
        os.chmod(folder, 0o1777)
    options = "lowerdir={},upperdir={},workdir={},userxattr".format(
        workspace.replace("\\", "\\\\").replace(":", "\\:").replace(",", "\\,"), upper, work
    )
    where = os.fsencode(workspace)
    _check(
        libc.mount(b"overlay", where, b"overlay", 0, os.fsencode(options)),
        "mount overlay",
    )
    for place, folder in (("/tmp", tmp), ("/var/tmp", tmp), ("/dev/shm", shm)):
        _cover(libc, place, folder, [path for path in shown if path.startswith(place + "/")])
    # The folder that was current before the mounts lies below them.
    os.chdir(workspace)
    os.makedirs(os.path.join(tmp, "home"), exist_ok=True)
    os.environ["TMPDIR"] = tmp
    os.environ["HOME"] = os.path.join(tmp, "home")


def _cover(libc: Any, place: str, folder: str, shown: list[str]) -> None:
    """Mount ``folder`` over ``place``, below which the paths ``shown`` stay what they are."""
    opened = {path: os.open(path, os.O_PATH) for path in sorted(shown, key=len)}
    _check(libc.mount(folder.encode(), place.encode(), b"", _MS_BIND, None), "mount " + place)
    for path, descriptor in opened.items():
        source = f"/proc/self/fd/{descriptor}"
        if not os.path.exists(path):
            os.makedirs(os.path.dirname(path) if os.path.isfile(source) else path, exist_ok=True)
            if os.path.isfile(source):
                open(path, "w").close()
        # What is locked below it must come along (mount_namespaces(7)).
        flags = _MS_BIND | _MS_REC
        _check(libc.mount(source.encode(), os.fsencode(path), b"", flags, None), "mount shown")
        os.close(descriptor)


def silence() -> None:
    """Send what this process prints nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def enter_own_network() -> None:
    """A loopback and System V objects of its own for this process and its children: two that run
    at once may listen at the same port. Raises as :func:`enter_private_world` does."""
    import fcntl
    import socket

    _unshare(_libc(), _CLONE_NEWNET | _CLONE_NEWIPC)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh14x", b"lo", _IFF_UP)
        fcntl.ioctl(any_socket.fileno(), _SIOCSIFFLAGS, up)


def speaks_to_others() -> bool:
    """Whether this process has sockets or children: a run may be meant to reach them."""
    if _children():
        return True
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink("/proc/self/fd/" + name).startswith("socket:"):
                return True
        except OSError:
            continue
    return False


def _unshare(libc: Any, what: int) -> None:
    """Enter namespaces of its own, with a user namespace that gives the right to."""
    uid, gid = os.getuid(), os.getgid()
    _check(libc.unshare(_CLONE_NEWUSER | what), "unshare")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{uid} {uid} 1")
    _write("/proc/self/gid_map", f"{gid} {gid} 1")


def wrote_anything() -> bool:
    """Whether this process and its children left files in their private world."""
    for name in ("upper", "tmp"):
        for _folder, _folders, files in os.walk(os.path.join(SCRATCH, name)):
            if files:
                return True
    return False


def _write(path: str, text: str) -> None:
    with open(path, "w") as stream:
        stream.write(text)


def limit_self(limits: dict[str, Any]) -> None:
    """Apply resource limits to this process; ``limits`` are bytes, counts and CPU seconds."""
    os.nice(limits.get("nice", 0))
    for name, key in (
        ("RLIMIT_AS", "address_space"),
        ("RLIMIT_FSIZE", "file_size"),
        ("RLIMIT_NPROC", "processes"),
    ):
        value = limits.get(key)
        if value:
            _, hard = resource.getrlimit(getattr(resource, name))
            if hard != resource.RLIM_INFINITY:
                value = min(value, hard)
            resource.setrlimit(getattr(resource, name), (value, value))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if limits.get("cpu_seconds"):
        limit_processor(limits["cpu_seconds"])


def limit_processor(seconds: float) -> None:
    """End this process when it has used ``seconds`` more of processor time."""
    # The default action of SIGPROF ends the process, even inside a loop in C.
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, seconds)


def address_space() -> int:
    """Bytes of address space that this process has mapped now, or 0 if unknown."""
    try:
        with open("/proc/self/statm") as stream:
            return int(stream.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError, IndexError):
        return 0


def end_children() -> None:
    """Kill and reap whatever children and adopted orphans this process still has."""
    for _ in range(1000):
        try:
            pid, _status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid:
            continue
        for child in _children():
            try:
                os.kill(child, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children() -> list[Any]:
    mine = os.getpid()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as stream:
                    if int(stream.read().rpartition(")")[2].split()[1]) == mine:
                        found.append(int(name))
            except (OSError, ValueError, IndexError):
                continue
    return found


# ----------------------------------------------------------------------
# Lanes: further places where requests come in and answers go out, each served by a fork.


class Lanes:
    """Pairs of descriptors, to read requests from and to write answers to; unused until
    :meth:`spread`."""

    def __init__(self, pairs: Any = ()) -> None:
        self._pairs: list[Any] = list(pairs)
        for descriptor in _flat(self._pairs):
            os.set_inheritable(descriptor, False)

    def __len__(self) -> int:
        return len(self._pairs)

    def keep(self, count: int) -> None:
        """Close all but the first ``count``."""
        for descriptor in _flat(self._pairs[count:]):
            os.close(descriptor)
        self._pairs = self._pairs[:count]

    def close(self) -> None:
        """Have no part in the lanes: whoever reads there is to see that the other end is gone."""
        self.keep(0)

    def spread(self, serve: Any) -> int:
        """Fork once for each lane, and once for where this process has been serving.

        In a fork, with a network of its own, ``serve(streams)`` is called: with the streams of its
        lane, which is no longer among the lanes, or with ``None`` for those in use. This process
        only waits for the first fork that ends, ends what is left of it, and returns its exit code.
        """
        pids = [self._fork(number, serve) for number in range(len(self._pairs) + 1)]
        self.close()
        ended, status = os.wait()
        while ended not in pids:
            ended, status = os.wait()
        end_children()
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 1

    def _fork(self, number: int, serve: Any) -> int:
        pid = os.fork()
        if pid != 0:
            return pid
        try:
            become_subreaper()
            enter_own_network()
            streams = None
            if number > 0:
                reading, writing = self._pairs.pop(number - 1)
                streams = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
            serve(streams)
            os._exit(0)
        finally:
            os._exit(1)


def _flat(pairs: Any) -> list[Any]:
    return [descriptor for pair in pairs for descriptor in pair]
