"""Packages that need not be installed: those that optional extras name."""

from __future__ import annotations

import configparser
import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from analysis.environments.environment import Environment
from analysis.text.files import read_text
from analysis.text.overlay import listing, read

#: As in ``distributions``: the longest METADATA files hold a manual.
_MOST_BYTES = 1 << 20
_NAME = re.compile(r"\s*(?P<name>[\w.-]+)")
_OF_AN_EXTRA = re.compile(r"^Requires-Dist:(?P<what>[^;\n]+);.*\bextra\b", re.MULTILINE)


def is_optional(module: str, root: str, environment: Environment) -> bool:
    """Whether an extra of the project at ``root`` or of an installed package names ``module``.

    A distribution counts as the module of its own name, ``-`` and ``.`` read as ``_``.
    """
    wanted = _normal(module)
    return wanted in _of_project(root) or any(
        wanted in _of_installed(folder, listing(folder).digest)
        for folder in environment.site_packages
    )


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "_", name).lower()


def _named(requirement: object) -> str:
    match = _NAME.match(requirement) if isinstance(requirement, str) else None
    return _normal(match["name"]) if match else ""


def _of_project(root: str) -> frozenset[str]:
    found: set[str] = set()
    try:
        project = tomllib.loads(read(str(Path(root, "pyproject.toml")))[0].decode())
    except (OSError, ValueError):
        project = {}
    for table in (project.get("dependency-groups"), project.get("project")):
        extras = table.get("optional-dependencies", table) if isinstance(table, dict) else {}
        for group in extras.values() if isinstance(extras, dict) else ():
            found.update(_named(each) for each in group if isinstance(group, list))
    try:
        settings = configparser.ConfigParser(interpolation=None)
        settings.read_string(read(str(Path(root, "setup.cfg")))[0].decode())
        extras = settings["options.extras_require"]
        found.update(
            _named(line) for group in extras.values() for line in re.split(r"[\n;]", group)
        )
    except (OSError, ValueError, KeyError, configparser.Error):
        pass
    return frozenset(found - {""})


@lru_cache(maxsize=64)
def _of_installed(folder: str, names: str) -> frozenset[str]:
    """What the packages in ``folder`` want for their extras; ``names``, the hash of the names in
    it, makes that old."""
    return frozenset(
        _named(match["what"]) for text in _metadata(folder) for match in _OF_AN_EXTRA.finditer(text)
    )


def _metadata(folder: str) -> Iterator[str]:
    for info in Path(folder).glob("*.dist-info"):
        try:
            yield read_text(info / "METADATA", _MOST_BYTES)
        except OSError:
            continue
