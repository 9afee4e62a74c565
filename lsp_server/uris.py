"""Document URIs and the paths behind them."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit
from urllib.request import url2pathname


def path_of(uri: str) -> str:
    """The absolute path of a ``file:`` URI; ``""`` for any other (``untitled:`` and the like).

    Names are bytes: what is not UTF-8 comes through as the file system has it.
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return ""
    if parts.scheme != "file" or parts.netloc not in ("", "localhost"):
        return ""
    if os.name == "nt":
        return url2pathname(parts.path)
    path = os.fsdecode(unquote_to_bytes(parts.path))
    return path if path.startswith("/") and "\0" not in path else ""


def uri_of(path: str) -> str:
    """The ``file:`` URI of an absolute path."""
    return Path(path).as_uri()
