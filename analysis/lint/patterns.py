"""Glob patterns of paths, as ``.gitignore`` and ``[tool.pilotfish]`` write them.

``*`` and ``?`` stop at a slash, ``**`` does not. A pattern without a slash, but for one at its end,
holds at any depth; others begin at their root. A pattern that matches a folder holds for all in it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import PurePath

_PART = re.compile(r"(?P<deep>\*\*/)|(?P<rest>\*\*)|(?P<star>\*)|(?P<one>\?)|\[(?P<set>[^\]/]+)\]")


def matches(pattern: str, path: str, root: str) -> bool:
    """Whether ``path`` or a folder above it, below ``root``, fits ``pattern``."""
    try:
        relative = PurePath(path).relative_to(root)
    except ValueError:
        return False
    return fits(pattern, relative.as_posix())


def fits(pattern: str, relative: str) -> bool:
    """Whether the slash-separated ``relative`` path, or a folder on its way, fits ``pattern``."""
    return _compiled(pattern).match(relative) is not None


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.removeprefix("./").rstrip("/")
    anchored = "/" in body
    body = body.lstrip("/")
    parts, at = [], 0
    for match in _PART.finditer(body):
        parts.append(re.escape(body[at : match.start()]))
        at = match.end()
        if match["deep"]:
            parts.append("(?:[^/]+/)*")
        elif match["rest"]:
            parts.append(".*")
        elif match["star"]:
            parts.append("[^/]*")
        elif match["one"]:
            parts.append("[^/]")
        else:
            inside = match["set"].replace("\\", "\\\\")
            parts.append(f"[{'^' + inside[1:] if inside[0] == '!' else inside}]")
    parts.append(re.escape(body[at:]))
    prefix = "" if anchored else "(?:[^/]+/)*"
    try:
        return re.compile(f"{prefix}{''.join(parts)}(?:/.*)?$", re.DOTALL)
    except re.error:  # a set such as [z-a]: taken literally
        return re.compile(f"{prefix}{re.escape(body)}(?:/.*)?$", re.DOTALL)
