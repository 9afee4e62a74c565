"""What the sources have in common: how one says that it has nothing, and the check for room."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path

#: Errors of the operating system that mean: no room. ``EFBIG`` is a limit on the size of a file.
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class SourceUnavailable(Exception):  # noqa: N818 - the next source is tried; no error yet
    """This source cannot deliver now: try the next."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"{source}: {reason}")
        self.source = source
        self.reason = reason


def need_room(folder: Path, size: int) -> None:
    """Raise ``OSError`` (``ENOSPC``) when the disk of ``folder`` has less than ``size`` bytes."""
    free = shutil.disk_usage(folder).free
    if free < size:
        raise OSError(
            errno.ENOSPC, f"{size / 1e6:.0f} MB are needed and {free / 1e6:.0f} MB are free", folder
        )
