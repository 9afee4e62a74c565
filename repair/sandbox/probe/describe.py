"""Failures as plain data: exception, message, and where in the file under repair they passed."""

from __future__ import annotations

import os
from typing import Any

from .absent import absent
from .aside import aside

_MESSAGE = 600
_FRAMES = 40
#: This package and the standard library; what is installed is known by its folder.
_NOT_THEIRS = (os.path.dirname(os.path.abspath(__file__)), os.path.dirname(os.__file__))


@aside
def describe_exception(kind: Any, value: Any, traceback: Any, target: str) -> dict[str, Any]:
    """``{"exception", "message", "frames": [[path, line, function]…], "lines": […]}``.

    ``frames`` runs from the outermost call to the innermost, without those of this package, the
    standard library and installed packages; ``lines``
    are the 1-based lines of ``target`` among them. Where the exception is about a name, that and
    what is there in its place are told too (``absent``). Survives that the user's objects fail
    when they are asked.
    """
    frames, frame = [], None
    while traceback is not None:
        frame = traceback.tb_frame
        code = traceback.tb_frame.f_code
        frames.append([_absolute(code.co_filename), traceback.tb_lineno, code.co_name])
        traceback = traceback.tb_next
    frames = [frame for frame in frames if not frame[0].startswith(_NOT_THEIRS)]
    frames = [frame for frame in frames if "/site-packages/" not in frame[0]]
    frames = [frame for frame in frames if not frame[0].startswith("<frozen ")]
    if len(frames) > _FRAMES:
        frames = frames[: _FRAMES // 2] + frames[-_FRAMES // 2 :]
    try:
        message = str(value)
    except BaseException:
        message = "<the exception's text cannot be shown>"
    return {
        "exception": getattr(kind, "__name__", str(kind)),
        "message": message[:_MESSAGE],
        "frames": frames,
        "lines": [line for path, line, _name in frames if path == target],
        **absent(value, frame),
    }


def describe_text(exception: str, message: str) -> dict[str, Any]:
    """A failure that left no traceback."""
    return {"exception": exception, "message": message[-_MESSAGE:], "frames": [], "lines": []}


def _absolute(path: str) -> str:
    return path if path.startswith("<") else os.path.abspath(path)
