"""Files that a run replaces, as text in latin-1: any bytes at all."""

from __future__ import annotations

import os
from typing import Any


def replace(files: dict[str, Any]) -> dict[str, Any]:
    """Write ``files`` and return what stood there, ``None`` for what was not there."""
    before = {path: read(path) for path in files}
    write_all(files)
    return before


def write_all(files: dict[str, Any]) -> None:
    """Write each of ``files``; where the text is ``None`` the file is removed."""
    for path, text in files.items():
        _write(path, text)


def read(path: str) -> Any:
    """A file's bytes, ``None`` where there is none."""
    if not os.path.exists(path):
        return None
    with open(path, "rb") as stream:
        return stream.read().decode("latin-1")


def _write(path: str, text: Any) -> None:
    """Replace a file, with a time stamp that no compiled cache was made for."""
    if text is None:
        os.remove(path)
        return
    stamp = os.stat(path).st_mtime if os.path.exists(path) else 0
    with open(path, "wb") as stream:
        stream.write(text.encode("latin-1"))
    os.utime(path, (stamp + 86399, stamp + 86399))
