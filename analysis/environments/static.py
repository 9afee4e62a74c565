"""An interpreter's facts read from files alone: nothing of it is started or imported."""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

from analysis.environments.environment import Candidate, Environment
from analysis.environments.pth import added_folders

_VERSION = re.compile(r"^\s*(?P<major>\d+)\.(?P<minor>\d+)(?:\.(?P<micro>\d+))?")
_LIB = re.compile(r"^python(?P<major>3)\.(?P<minor>\d+)t?$")


def read(candidate: Candidate) -> Environment:
    """The environment of ``candidate``, as its files describe it.

    Where a file is missing or makes no sense, Pilotfish's own version and standard library stand
    in: their names are the best guess, and the packages are still the workspace's.
    """
    prefix = Path(candidate.executable).parent.parent
    settings = _pyvenv(prefix / "pyvenv.cfg")
    libs = _libraries(prefix)
    version = _version(settings, libs)
    stdlib = _stdlib(prefix, settings, version)
    site_packages = [lib / "site-packages" for lib in libs if (lib / "site-packages").is_dir()]
    windows = prefix / "Lib" / "site-packages"
    if windows.is_dir():
        site_packages.append(windows)
    if settings.get("include-system-site-packages", "").lower() == "true":
        site_packages += [
            folder
            for folder in (stdlib / "site-packages", stdlib / "dist-packages")
            if folder.is_dir()
        ]
    added = [folder for packages in site_packages for folder in added_folders(packages)]
    places = [stdlib, stdlib / "lib-dynload", *site_packages, *map(Path, added)]
    return Environment(
        executable=candidate.executable,
        version=version,
        stdlib=str(stdlib),
        sys_path=tuple(dict.fromkeys(str(place) for place in places if place.is_dir())),
        site_packages=tuple(map(str, site_packages)),
        origin=candidate.origin,
        started=False,
        why=candidate.why,
    )


def own_stdlib() -> Path:
    """The standard library that Pilotfish itself runs on."""
    return Path(sysconfig.get_paths()["stdlib"])


def _pyvenv(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[:65536]
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
        found = [p for p in (prefix / "lib").iterdir() if _LIB.match(p.name) and p.is_dir()]
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


def _stdlib(prefix: Path, settings: dict[str, str], version: tuple[int, int, int]) -> Path:
    name = f"python{version[0]}.{version[1]}"
    bases = [prefix]
    if settings.get("home"):
        bases.append(Path(settings["home"]).parent)
    for base in bases:
        for folder in (base / "lib" / name, base / "Lib"):
            if (folder / "os.py").is_file():
                return folder
    return own_stdlib()
