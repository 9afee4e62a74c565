"""Which folders an environment may name: none that shows a user's or the machine's own data.

The packages of an untrusted workspace are its author's text: a ``.pth`` line, an editable finder or
a link may name any folder of the machine. What is named is read by analysis and shown to the code
in the sandbox, sockets included.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from analysis.text.files import is_file, is_folder, real_path

#: Processes, devices and sockets: nothing in them is ever a package.
_LIVE = ("/dev", "/proc", "/run", "/sys")
#: Folders of the machine of which no sandbox shows anything.
CLOSED = (*_LIVE, "/boot", "/etc/ssh", "/etc/ssl/private")
#: Folders that hold more than one program's files: never shown as a whole.
SHARED = (
    *("/etc", "/home", "/media", "/root", "/tmp", "/var", "/var/lib", "/var/log", "/var/mail"),
    *("/var/spool", "/var/tmp", "/Users", "/private"),
)
#: Other users and services write here.
_WRITABLE = ("/tmp", "/var")
#: The number of the first user who is a person.
_FIRST_USER = 1000
#: Every sandbox shows it, and it belongs to root.
_INSTALLED = Path("/usr")


def is_too_wide(folder: Path | str) -> bool:
    """Whether ``folder``, links resolved, is or holds a home, ``/``, or a system's own folder.

    Such a folder is never shown as a whole, whoever names it.
    """
    place = _resolved(folder)
    return any(own.is_relative_to(place) for own in _protected())


def is_live(folder: Path | str) -> bool:
    """Whether ``folder``, links resolved, lies where the machine keeps processes and sockets."""
    return _lies_in(_resolved(folder), map(Path, _LIVE))


def may_be_named(folder: Path, within: str, base: Path) -> bool:
    """Whether the environment of a workspace ``within`` may name ``folder``.

    ``base`` is the standard library of its interpreter. With ``within`` empty the interpreter was
    chosen by a person, and may name what is neither too wide nor live.
    """
    place = _resolved(folder)
    if is_too_wide(place):
        return False
    if within and _lies_in(place, [real_path(within)]):
        return True
    if is_live(place):
        return False
    return not within or _lies_in(place, [real_path(base), _INSTALLED])


def may_be_base(prefix: Path, within: str) -> bool:
    """Whether the environment of a workspace ``within`` may be based on the Python at ``prefix``.

    Outside the workspace it must be a whole Python.
    """
    place = _resolved(prefix)
    if is_too_wide(place):
        return False
    if within and _lies_in(place, [real_path(within)]):
        return True
    if place == _resolved(sys.base_prefix):
        return True
    if is_live(place):
        return False
    return not within or (holds_python(place) and not _lies_in(place, map(Path, _WRITABLE)))


def holds_python(prefix: Path) -> bool:
    """Whether the standard library of a Python lies below ``prefix``."""
    # Without the first question ``glob`` raises where a folder above is closed.
    return is_folder(prefix) and (
        is_file(prefix / "Lib" / "os.py") or any(prefix.glob("lib*/python3*/os.py"))
    )


def _resolved(folder: Path | str) -> Path:
    return Path(os.path.realpath(folder))


def _lies_in(place: Path, folders: Iterable[Path]) -> bool:
    return any(place.is_relative_to(folder) for folder in folders)


def homes() -> tuple[Path, ...]:
    """The homes of people on this machine, links resolved, the user's own first."""
    # The variable is the user's own, and tests change it.
    return _homes_of(str(Path.home()))


@cache
def _homes_of(home: str) -> tuple[Path, ...]:
    places = [home]
    try:
        import pwd
    except ImportError:  # Windows
        return (_resolved(home),)
    for each in pwd.getpwall():
        own = each.pw_uid == os.getuid()
        person = each.pw_uid >= _FIRST_USER and each.pw_dir not in ("/", *SHARED, *CLOSED)
        if own or (person and is_folder(each.pw_dir)):
            places.append(each.pw_dir)
    return tuple(dict.fromkeys(map(_resolved, places)))


def _protected() -> tuple[Path, ...]:
    return _protected_of(homes(), tempfile.gettempdir())


@cache
def _protected_of(homes: tuple[Path, ...], temporary: str) -> tuple[Path, ...]:
    places = (*CLOSED, *SHARED, temporary)
    return (*homes, *(_resolved(place) for place in places if place.startswith(os.sep)))
