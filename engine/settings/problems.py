"""What is wrong with a setting, and where it stands in its file.

Problems are findings, so that an editor shows them as diagnostics; the command line prints them
all as errors. ``tomllib`` keeps no positions, so the line of a key is looked up in the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from analysis.findings import Finding, Severity
from engine.errors import SettingsError

#: Codes of findings in settings, by what is wrong.
UNKNOWN, WRONG_VALUE, NOT_FOR_PROJECTS, UNREADABLE = "PF001", "PF002", "PF003", "PF004"

_HEADER = re.compile(r"^\s*\[+\s*(?P<name>[^\[\]]+?)\s*\]+\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?P<key>[A-Za-z0-9_."' -]+?)\s*=""")


def problem(path: str, text: str, key: Sequence[str], code: str, message: str) -> Finding:
    """A finding at ``key`` (its table's names and its own) in ``text``."""
    line, start, end = locate(text, key)
    return Finding(path, line, start, line, end, code, Severity.ERROR, message, "pilotfish")


def unreadable(path: str, message: str, line: int = 0) -> Finding:
    """A finding about a whole file, at a 0-based line."""
    return Finding(path, line, 0, line, 0, UNREADABLE, Severity.ERROR, message, "pilotfish")


def locate(text: str, key: Sequence[str]) -> tuple[int, int, int]:
    """Line, first and behind-last column of ``key``, or of the nearest table above it, or the
    first line if neither is written in a way that this finds."""
    wanted = list(key)
    best, best_depth = (0, 0, 0), 0
    table: list[str] = []
    for number, line in enumerate(text.split("\n")):
        found: list[str] = []
        if header := _HEADER.match(line):
            found = table = _names(header["name"])
            span = header.span("name")
        elif entry := _KEY.match(line):
            found = [*table, *_names(entry["key"])]
            span = entry.span("key")
        depth = len(found)
        if found and best_depth < depth and found == wanted[:depth]:
            best, best_depth = (number, *span), depth
    return best


def _names(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", dotted)]


def refuse(problems: Sequence[Finding]) -> None:
    """Raise :class:`~engine.errors.SettingsError` if there are problems: for the first, with the
    others."""
    errors = []
    for finding in problems:
        place = f"{finding.path}:{finding.line + 1}" if finding.path else "options"
        what, _, help = finding.message.partition("; ")
        errors.append(SettingsError(what, where=place, help=help))
    if errors:
        errors[0].others = tuple(errors[1:])
        raise errors[0]
