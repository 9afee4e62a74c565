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

from analysis.text.files import is_file, is_folder

#: Processes, devices and sockets: nothing in them is ever a package.
_LIVE = ("/run", "/proc", "/sys", "/dev")
#: Other users and services write here.
_SHARED = ("/tmp", "/var")
_SYSTEM = ("/etc", "/boot", "/home", "/root")
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
    if within and _lies_in(place, [Path(within).resolve()]):
        return True
    if is_live(place):
        return False
    return not within or _lies_in(place, [base.resolve(), _INSTALLED])


def may_be_base(prefix: Path, within: str) -> bool:
    """Whether the environment of a workspace ``within`` may be based on the Python at ``prefix``.

    Outside the workspace it must be a whole Python.
    """
    place = _resolved(prefix)
    if is_too_wide(place):
        return False
    if within and _lies_in(place, [Path(within).resolve()]):
        return True
    if place == _resolved(sys.base_prefix):
        return True
    if is_live(place):
        return False
    return not within or (holds_python(place) and not _lies_in(place, map(Path, _SHARED)))


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


def _protected() -> tuple[Path, ...]:
    # The variables are the user's own, and tests change them.
    return _protected_of(os.environ.get("HOME", ""), tempfile.gettempdir())


@cache
def _protected_of(home: str, temporary: str) -> tuple[Path, ...]:
    places = [*_LIVE, *_SHARED, *_SYSTEM, temporary, home]
    try:
        import pwd

        places.append(pwd.getpwuid(os.getuid()).pw_dir)
    except (ImportError, KeyError):
        pass  # not on Windows; a number without an account has no home
    return tuple(Path(os.path.realpath(place)) for place in places if place.startswith(os.sep))
