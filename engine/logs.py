"""Where the engine's log is, and what may be in it.

Text of the user's never is, above the level ``debug`` (invariant 7): what is logged are kinds of
requests, sizes, times and places in Pilotfish's own code.
"""

from __future__ import annotations

import logging
import logging.handlers
from io import TextIOWrapper
from pathlib import Path

import platformdirs

from analysis.private import own_file, own_folder

#: A log file larger than this is turned over; one older one is kept.
MOST_BYTES = 1_000_000


def log_folder() -> Path:
    """The folder of the logs, which may not exist."""
    return Path(platformdirs.user_log_dir("pilotfish", appauthor=False))


def stderr_log() -> Path | None:
    """File for what libraries and crashes print, turned over if large; ``None`` if unwritable."""
    path = log_folder() / "engine.stderr.log"
    try:
        own_folder(path.parent)
        if path.exists() and path.stat().st_size > MOST_BYTES:
            path.replace(path.with_suffix(".old.log"))
        own_file(path).open("ab").close()
    except OSError:
        return None
    return path


def start(level: str) -> None:
    """Let this process log to ``engine.log`` at ``level``; without a writable folder, nowhere."""
    root = logging.getLogger()
    root.setLevel(level.upper())
    if root.handlers:
        return
    try:
        own_folder(log_folder())
        handler: logging.Handler = _OwnFile(
            log_folder() / "engine.log", maxBytes=MOST_BYTES, backupCount=1, encoding="utf-8"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    root.addHandler(handler)


class _OwnFile(logging.handlers.RotatingFileHandler):
    """Each of its files can be read by the user alone."""

    def _open(self) -> TextIOWrapper:
        own_file(Path(self.baseFilename))
        return super()._open()
