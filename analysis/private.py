"""The user's own folders and files of Pilotfish: caches, logs, the list of trusted folders.

No other user of the machine may read them, since they hold names and parts of the user's code.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import platformdirs


def own_folder(folder: Path) -> None:
    """Make ``folder`` and what is missing above it, open to the user alone (mode 0700).

    Pilotfish's own folder above it is shut, too, where an earlier version left it open. Raises
    ``OSError`` where the folder cannot be made.
    """
    missing = [place for place in (folder, *folder.parents) if not place.exists()]
    for place in reversed(missing):
        place.mkdir(mode=0o700, exist_ok=True)
    ours = {
        platformdirs.user_cache_dir("pilotfish"),
        platformdirs.user_log_dir("pilotfish", appauthor=False),
        platformdirs.user_config_dir("pilotfish", appauthor=False),
    }
    for place in (folder, *folder.parents):
        if str(place) in ours:
            with contextlib.suppress(OSError):
                place.chmod(0o700)


def own_file(path: Path) -> Path:
    """Make the file ``path``, if it is not there, readable to the user alone (mode 0600), and
    return it.

    Its folder may be one that others read: the user names it (``XDG_CACHE_HOME``) or has opened it.
    A file that cannot be made or changed is left to whoever opens it.
    """
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_CREAT | os.O_WRONLY | getattr(os, "O_NONBLOCK", 0), 0o600)
        os.close(descriptor)
        path.chmod(0o600)
    return path
