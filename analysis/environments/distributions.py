"""Which installed distribution, in which version, a file belongs to."""

from __future__ import annotations

import csv
import io
import re
from functools import lru_cache
from pathlib import Path

from analysis.environments.environment import Environment
from analysis.text.files import read_text
from analysis.text.overlay import listing

#: The largest packages list some 20,000 files, in 3 MB.
_MOST_BYTES = 16 << 20
_INFO = re.compile(r"^(?P<name>[^-]+)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info$")


def looked_at(path: str, environment: Environment) -> str:
    """As in ``httpx 0.28.1`` or ``Python 3.11 standard library``; ``""`` for the user's own code.

    ``path`` is absolute, the file a fact was read from.
    """
    place = Path(path)
    if "third_party/typeshed/stdlib" in place.as_posix():
        return standard_library(environment)
    for folder in environment.site_packages:
        if place.is_relative_to(folder):
            top = place.relative_to(folder).parts[0].removesuffix(".py").removesuffix(".pyi")
            owners = owners_of(folder)
            return owners.get(top) or owners.get(top.removesuffix("-stubs")) or ""
    if place.is_relative_to(environment.stdlib):
        return standard_library(environment)
    return ""


def owners_of(folder: str) -> dict[str, str]:
    """Top-level names in site-packages ``folder`` → distribution and version, as
    ``httpx 0.28.1``."""
    return _owners(folder, listing(folder).digest)


def standard_library(environment: Environment) -> str:
    """How the standard library of ``environment`` is called in :func:`looked_at`."""
    return f"Python {environment.version[0]}.{environment.version[1]} standard library"


@lru_cache(maxsize=64)
def _owners(folder: str, names: str) -> dict[str, str]:
    """Top-level names of ``folder`` with the distribution and version that installed them.

    ``names``, the hash of the names in the folder, makes it old: each version of a package has a
    folder of its own name.
    """
    owners: dict[str, str] = {}
    for info in sorted(Path(folder).glob("*-info")):
        match = _INFO.match(info.name)
        if match is None:
            continue
        said = f"{match['name'].replace('_', '-')} {match['version']}"
        for top in _tops(info) or {match["name"]}:
            owners.setdefault(top, said)
    return owners


def _tops(info: Path) -> set[str]:
    try:
        listing = read_text(info / "top_level.txt", _MOST_BYTES)
        tops = {line.strip() for line in listing.splitlines() if line.strip()}
        if tops:
            return tops
    except OSError:
        pass
    try:
        record = read_text(info / "RECORD", _MOST_BYTES)
        rows = csv.reader(io.StringIO(record, newline=""))
        firsts = {Path(row[0]).parts[0] for row in rows if row and row[0]}
    except (OSError, csv.Error, IndexError):
        return set()
    names = {first.removesuffix(".py").removesuffix(".pyi").partition(".")[0] for first in firsts}
    return {n for n in names if n.isidentifier() or n.endswith("-stubs")} - {"__pycache__"}
