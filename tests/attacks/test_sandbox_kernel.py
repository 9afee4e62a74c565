"""Attacks on the kernel and the host from inside a sandbox, as root and as an ordinary user."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from analysis.environments.candidates import resolve
from analysis.snapshot import Workspace
from repair.sandbox import bubblewrap, syscalls
from repair.sandbox.forkserver import ForkServer
from repair.sandbox.interpreter import interpreter_of
from repair.sandbox.policy import Limits, Policy
from repair.sandbox.run import Plan, Terms

pytestmark = pytest.mark.sandbox

Attack = Callable[[str], str]

#: What an attack prints that the kernel refused.
_REFUSE = """
import ctypes, errno, os, socket, stat
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    done = libc.syscall(number, *arguments)
    print("done" if done >= 0 else errno.errorcode[ctypes.get_errno()])
def write(path, text="x"):
    try:
        with open(path, "r+") as stream:
            stream.write(text)
        print("written")
    except OSError as error:
        print(errno.errorcode[error.errno])
"""


#: Prints what it could change of the machine's nodes and entries, and whether they still work.
_CHANGE = """
places = ["/dev/" + name for name in os.listdir("/dev")]
places += ["/proc/" + name for name in os.listdir("/proc") if not name.isdigit()]
places += ["/", "/dev", "/proc/sys/kernel", "/proc/sys/kernel/core_pattern", "/usr/bin/env"]
changed = []
for place in ("/dev/null", "/proc/cpuinfo"):
    libc.umount2(place.encode(), 2)
    libc.mount(None, place.encode(), None, 32 | 4096, None)
for place in places:
    kind = os.lstat(place)
    # The run's own.
    if stat.S_ISLNK(kind.st_mode) or place in ("/dev/shm", "/dev/pts"):
        continue
    for change in (
        lambda: os.chmod(place, stat.S_IMODE(kind.st_mode)),
        lambda: os.utime(place, ns=(kind.st_atime_ns, kind.st_mtime_ns)),
        lambda: os.chown(place, kind.st_uid, kind.st_gid),
    ):
        try:
            change()
            changed.append(place)
        except OSError:
            pass
print(sorted(set(changed)))
open("/dev/null", "w").write("x")
print(len(open("/dev/zero", "rb").read(9)), len(open("/dev/urandom", "rb").read(9)))
"""


@contextlib.contextmanager
def started(folder: str, python: str, *, root: bool = True) -> Iterator[Attack]:
    """Runs code in a sandbox over ``folder`` and returns what it printed."""
    interpreter = interpreter_of(resolve(Workspace("/", python=python)))
    policy = Policy(folder, interpreter, limits=Limits(tmp_bytes=32 << 20))
    if os.getuid() == 0:
        assert (bubblewrap.identity(policy) is None) is root
    with ForkServer(policy, folder + "/m.py", 10) as server:
        assert server.private, server.why_not_private

        def run(code: str) -> str:
            plan = Plan("code", "c", (_REFUSE + textwrap.dedent(code),), folder, folder)
            return server.run(plan, {}, Terms(wall=20)).output.strip()

        yield run


@pytest.fixture(scope="module", params=["root", "user"])
def attack(request: pytest.FixtureRequest) -> Iterator[Attack]:
    """Runs code in one sandbox and returns what it printed.

    Root's sandbox runs under the number of the workspace's owner where that is not root.
    """
    root = os.getuid() == 0
    if not root and request.param == "root":
        # Nobody but root can attack as root; the same attacks are made as this user.
        request.param = "user"
    folder = Path(tempfile.mkdtemp(prefix="pilotfish-attack-"))
    python = sys.executable
    if root and request.param == "user":
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        python = "/usr/bin/python3"
    with started(str(folder), python, root=request.param == "root") as run:
        yield run
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    "path",
    [
        "/proc/sys/kernel/core_pattern",
        "/proc/sys/vm/overcommit_memory",
        "/proc/sys/kernel/shmall",
        "/proc/sysrq-trigger",
        "/proc/mtrr",
        "/proc/acpi/wakeup",
        "/proc/irq/default_smp_affinity",
        "/proc/bus/pci/devices",
        "/sys/kernel/mm/transparent_hugepage/enabled",
    ],
)
def test_nothing_of_the_machine_is_written_through_proc_and_sys(attack: Attack, path: str) -> None:
    same = Path(path).read_text() if Path(path).is_file() and os.access(path, os.R_OK) else "x"
    assert attack(f"write({path!r}, {same!r})") in ("EROFS", "EACCES", "EPERM", "ENOENT")


def test_a_fresh_proc_shows_no_more(attack: Attack) -> None:
    said = attack("""
        libc.unshare(0x10000000 | 0x00020000 | 0x20000000)
        if os.fork() == 0:
            if libc.mount(b"proc", b"/tmp", b"proc", 0, None) == 0:
                write("/tmp/sys/kernel/core_pattern", open("/tmp/sys/kernel/core_pattern").read())
            else:
                print("refused", flush=True)
            os._exit(0)
        os.wait()
        write("/proc/sys/kernel/core_pattern")
        libc.umount2(b"/proc/sys", 2)
        libc.mount(None, b"/proc/sys", None, 32 | 4096, None)
        write("/proc/sys/kernel/core_pattern")
    """)
    assert said.split() in (["refused", "EROFS", "EROFS"], ["refused", "EACCES", "EACCES"])


def test_memory_and_keys_of_the_host_are_not_shown(attack: Attack) -> None:
    said = attack("""
        for name in ("kcore", "keys", "key-users", "kpageflags", "slabinfo", "timer_list"):
            try:
                print(len(open("/proc/" + name, "rb").read(64)))
            except OSError:
                print(0)
    """)
    assert set(said.split()) == {"0"}


def test_no_node_or_entry_of_the_machine_gets_another_mode_or_time(attack: Attack) -> None:
    """Root owns the nodes of /dev and the entries of /proc that all processes of the machine see.
    Each is given the mode and the times that it has, which does no harm where it succeeds."""
    assert attack(_CHANGE).splitlines() == ["[]", "9 9"]


def test_root_without_the_capability_to_mount_changes_no_node(tmp_path: Path) -> None:
    """Bubblewrap has that capability in a user namespace, so the sandbox is there all the same."""
    setpriv = shutil.which("setpriv")
    if os.getuid() != 0 or setpriv is None:
        return
    code = textwrap.dedent(f"""
        from tests.attacks.test_sandbox_kernel import started
        with started({str(tmp_path)!r}, {sys.executable!r}) as run:
            print(run({_CHANGE!r}))
    """)
    order = [setpriv, "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    done = subprocess.run(
        [*order, sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == ["[]", "9 9"], done.stderr


@pytest.mark.parametrize("name", sorted(syscalls._REFUSED))
def test_calls_that_no_test_needs_are_refused(attack: Attack, name: str) -> None:
    number = syscalls._REFUSED[name][os.uname().machine == "aarch64"]
    assert attack(f"call({number}, -1, 0, 0, 0, 0)") == "ENOSYS"


def test_sockets_reach_no_hypervisor(attack: Attack) -> None:
    said = attack("""
        for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, 16, 40, 38, 17, 31):
            try:
                socket.socket(family, socket.SOCK_STREAM if family not in (16, 17) else 3).close()
                print("open")
            except OSError as error:
                print(errno.errorcode[error.errno])
    """)
    assert said.split() == ["open"] * 4 + ["EAFNOSUPPORT"] * 4


def test_the_session_keyring_of_the_host_is_another_one(attack: Attack) -> None:
    """The filter refuses the calls; a thread's keyring is a new one even without it."""
    if os.uname().machine not in ("x86_64", "aarch64"):
        return
    number = syscalls._REFUSED["keyctl"][os.uname().machine == "aarch64"]
    libc = ctypes.CDLL(None, use_errno=True)
    other: list[int] = []

    def serial() -> int:
        return int(libc.syscall(number, 0, -3, 0))

    mine = serial()

    def join() -> None:
        syscalls.join_new_session_keyring()
        other.append(serial())

    thread = threading.Thread(target=join)
    thread.start()
    thread.join()
    assert other[0] != mine
    assert serial() == mine


def test_a_32_bit_call_is_refused(attack: Attack) -> None:
    """Another table of numbers would be a way around the filter: mmap a few bytes of code."""
    if os.uname().machine != "x86_64":
        return
    said = attack("""
        import mmap
        # mov eax, 20 (getpid); int 0x80; ret
        code = b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3"
        page = mmap.mmap(-1, 4096, prot=7)
        page.write(code)
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        print(ctypes.CFUNCTYPE(ctypes.c_int)(address)())
    """)
    assert said == "-38"


def test_what_is_left_anywhere_is_gone_in_the_next_run(attack: Attack) -> None:
    places = ("/dev/shm", "/var/tmp", "/tmp", "/", "/etc", "/run", "/dev", "/usr/local", "/home")
    attack(f"""
        for place in {places!r}:
            try:
                open(os.path.join(place, "ld.so.preload"), "w").close()
            except OSError:
                pass
    """)
    said = attack(f"print([p for p in {places!r} if os.path.exists(p + '/ld.so.preload')])")
    assert said == "[]"


@pytest.mark.parametrize("place", ["/dev/shm", "/var/tmp", "/tmp", "/dev", "/", "/run"])
def test_no_folder_takes_more_than_its_size(attack: Attack, place: str) -> None:
    said = attack(f"""
        try:
            for number in range(64):
                with open(os.path.join({place!r}, str(number)), "wb") as stream:
                    stream.write(bytes(1 << 20))
            print("all")
        except OSError as error:
            print(errno.errorcode[error.errno])
    """)
    assert said in ("ENOSPC", "EROFS", "EACCES", "EPERM")
