"""An interpreter's facts read from files alone: nothing of it is started or imported."""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

from analysis.environments.boundaries import may_be_base, may_be_named
from analysis.environments.environment import Environment, InterpreterCandidate
from analysis.environments.pth import added_folders
from analysis.text.files import is_file, is_folder, read_text

_VERSION = re.compile(r"^\s*(?P<major>\d+)\.(?P<minor>\d+)(?:\.(?P<micro>\d+))?")
#: A ``pyvenv.cfg`` is far smaller.
_MOST_BYTES = 65536
_LIB = re.compile(r"^python(?P<major>3)\.(?P<minor>\d+)t?$")


def read(candidate: InterpreterCandidate) -> Environment:
    """The environment of ``candidate``, as its files describe it.

    Where a file is missing or makes no sense, Pilotfish's own version and standard library stand
    in: their names are the best guess, and the packages are still the workspace's. A folder that
    :mod:`~analysis.environments.boundaries` forbids is passed over, whatever names it.
    """
    within = candidate.within
    prefix = Path(candidate.executable).parent.parent
    settings = _pyvenv(prefix / "pyvenv.cfg")
    libs = _libraries(prefix)
    version = _version(settings, libs)
    stdlib = _stdlib(prefix, settings, version, within)
    site_packages = [lib / "site-packages" for lib in libs if is_folder(lib / "site-packages")]
    windows = prefix / "Lib" / "site-packages"
    if is_folder(windows):
        site_packages.append(windows)
    if settings.get("include-system-site-packages", "").lower() == "true":
        site_packages += [
            folder
            for folder in (stdlib / "site-packages", stdlib / "dist-packages")
            if is_folder(folder)
        ]
    site_packages = [f for f in site_packages if may_be_named(f, within, stdlib)]
    added = [Path(f) for packages in site_packages for f in added_folders(packages)]
    added = [folder for folder in added if may_be_named(folder, within, stdlib)]
    places = [stdlib, stdlib / "lib-dynload", *site_packages, *added]
    return Environment(
        executable=candidate.executable,
        version=version,
        stdlib=str(stdlib),
        sys_path=tuple(dict.fromkeys(str(place) for place in places if is_folder(place))),
        site_packages=tuple(map(str, site_packages)),
        origin=candidate.origin,
        started=False,
        why=candidate.why,
        within=within,
    )


def own_stdlib() -> Path:
    """The standard library that Pilotfish itself runs on."""
    return Path(sysconfig.get_paths()["stdlib"])


def _pyvenv(path: Path) -> dict[str, str]:
    try:
        text = read_text(path, _MOST_BYTES)
    except OSError:
        return {}
    settings = {}
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            settings[key.strip().lower()] = value.strip()
    return settings


def _libraries(prefix: Path) -> list[Path]:
    try:
        found = [p for p in (prefix / "lib").iterdir() if _LIB.match(p.name) and is_folder(p)]
    except OSError:
        return []
    return sorted(found, key=lambda p: int(p.name.partition(".")[2].rstrip("t")), reverse=True)[:1]


def _version(settings: dict[str, str], libs: list[Path]) -> tuple[int, int, int]:
    text = settings.get("version") or settings.get("version_info") or ""
    match = _VERSION.match(text)
    if match:
        return int(match["major"]), int(match["minor"]), int(match["micro"] or 0)
    if libs:
        found = _LIB.match(libs[0].name)
        if found:
            return int(found["major"]), int(found["minor"]), 0
    return sys.version_info[:3]


def _stdlib(
    prefix: Path, settings: dict[str, str], version: tuple[int, int, int], within: str
) -> Path:
    name = f"python{version[0]}.{version[1]}"
    bases = [prefix]
    if settings.get("home"):
        bases.append(Path(settings["home"]).parent)
    for base in bases:
        for folder in (base / "lib" / name, base / "Lib"):
            if is_file(folder / "os.py") and may_be_base(base, within):
                return folder
    return own_stdlib()
